"""A run is judged by no picture that it has learned from."""

import shutil
from pathlib import Path

import pytest

from pipelines.data.sources.opening import open_held_out
from pipelines.data.sources.opening import open_splits
from pipelines.evaluation.held_out import pictures_to_judge
from pipelines.runs import split_list
from pipelines.runs.run_folder import CONFIG
from pipelines.runs.run_folder import RunFolder
from pipelines.runs.split_list import read_split
from pipelines.runs.split_list import write_split
from zoo.errors import DataError


@pytest.fixture
def begun(picture_folder, tmp_path):
    """Returns a function: writes what a run has when it begins."""

    def begin(data=None, seed=3, name="run"):
        data = str(data or picture_folder / "train")
        splits = open_splits(data, seed=seed)
        folder = tmp_path / name
        with RunFolder(folder) as run:
            run.write_json(CONFIG, {"data": data})
            write_split(folder, splits)
        return folder, splits

    return begin


@pytest.mark.parametrize("hashed", [True, False])
def test_the_list_is_a_manifest(begun, hashed, monkeypatch):
    if not hashed:
        monkeypatch.setattr(split_list, "HASHED", 5)
    folder, splits = begun()
    again = open_splits(str(folder / "split.csv"))
    for part in ("train", "validation"):
        ours, theirs = getattr(splits, part), getattr(again, part)
        assert list(theirs.names) == list(ours.names)
        assert theirs.labels.tolist() == ours.labels.tolist()
        assert theirs.class_names == ours.class_names
        assert (theirs.sha256 is not None) == hashed
    header = (folder / "split.csv").read_text().splitlines()[0]
    assert header == "path,label,split" + ",size,sha256" * hashed
    assert read_split(str(folder / "model.keras" / ".." / "x")) is None


@pytest.mark.parametrize("hashed", [True, False])
def test_the_own_data_gives_what_was_held_out(
    begun, hashed, monkeypatch, picture_folder
):
    if not hashed:
        monkeypatch.setattr(split_list, "HASHED", 5)
    folder, splits = begun()
    monkeypatch.chdir(picture_folder)
    for data in (str(picture_folder / "train"), "train", "./train/"):
        chosen = pictures_to_judge(str(folder), data)
        found = {str(Path(name).resolve()) for name in chosen.examples.names}
        assert found == set(splits.validation.names)
        assert chosen.note == "3 pictures that the run held out"
        labels = zip(chosen.examples.names, chosen.examples.labels, strict=True)
        names = chosen.examples.class_names
        assert all(Path(n).parent.name == names[i] for n, i in labels)


def test_a_part_of_its_own(begun, picture_folder):
    folder, splits = begun(picture_folder)
    chosen = pictures_to_judge(str(folder), str(picture_folder))
    assert list(chosen.examples.names) == list(splits.validation.names)
    assert len(open_held_out(str(picture_folder))) == len(chosen.examples)
    with pytest.raises(DataError, match="12 of the 12 pictures were learned"):
        pictures_to_judge(str(folder), str(picture_folder), part="train")


def test_pictures_that_were_learned_from_are_refused(
    begun, picture_folder, tmp_path
):
    folder, _ = begun()
    copied = tmp_path / "elsewhere"
    shutil.copytree(picture_folder / "train", copied)
    with pytest.raises(DataError) as caught:
        pictures_to_judge(str(folder), str(copied))
    assert caught.value.exit_code == 3
    assert "9 of the 12 pictures were learned from" in str(caught.value)
    assert f"`data={folder}/split.csv`" in str(caught.value)
    chosen = pictures_to_judge(str(folder), str(copied), allow_seen=True)
    assert len(chosen.examples) == 12
    other = pictures_to_judge(str(folder), str(picture_folder / "val"))
    assert other.note == "0 of the 6 pictures were learned from"
    own = pictures_to_judge(str(folder), str(folder / "split.csv"))
    assert own.note == "0 of the 3 pictures were learned from"


def test_a_model_that_nobody_knows_is_judged_by_all(picture_folder, tmp_path):
    chosen = pictures_to_judge(str(tmp_path), str(picture_folder / "train"))
    assert len(chosen.examples) == 12 and chosen.note == ""
    assert pictures_to_judge("resnet20", str(picture_folder)).note == ""


def test_pictures_that_moved_are_known_by_their_bytes(
    begun, picture_folder, tmp_path
):
    home = tmp_path / "home"
    shutil.copytree(picture_folder / "train", home)
    folder, splits = begun(home)
    expected = sorted(splits.validation.encoded([0, 1, 2]))
    for path in sorted(home.rglob("*.*")):
        path.rename(path.with_stem(f"moved-{path.stem}"))
    chosen = pictures_to_judge(str(folder), str(home))
    assert sorted(chosen.examples.encoded([0, 1, 2])) == expected
    shutil.rmtree(home)
    shutil.copytree(picture_folder / "val", home)
    with pytest.raises(DataError, match="holds none of the 3 pictures that"):
        pictures_to_judge(str(folder), str(home))


def test_a_picture_that_changed_is_named(begun, picture_folder, tmp_path):
    home = tmp_path / "home"
    shutil.copytree(picture_folder / "train", home)
    folder, splits = begun(home)
    with open(splits.validation.names[0], "ab") as file:
        file.write(b"\0")
    with pytest.raises(DataError, match="is not the file that the manifest"):
        pictures_to_judge(str(folder), str(home))


def test_pictures_that_are_no_files(begun, picture_folder, tmp_path):
    from pipelines.data.packing.packing import pack

    packed = str(tmp_path / "packed")
    pack(open_splits(str(picture_folder / "train"), seed=3), packed)
    folder, splits = begun(packed)
    chosen = pictures_to_judge(str(folder), packed)
    assert list(chosen.examples.names) == list(splits.validation.names)
    every = [*range(len(splits.validation))]
    assert chosen.examples.encoded(every) == splits.validation.encoded(every)
