"""Every picture of a data set, and where it is later."""

import dataclasses
import pathlib

import numpy as np
import pytest

from pipelines.features.pictures import PictureFinder
from pipelines.features.pictures import lasting_names
from pipelines.features.pictures import open_every_picture
from pipelines.features.pictures import open_queries
from pipelines.features.table import FeatureTable
from pipelines.features.table import Provenance
from zoo.errors import DataError
from zoo.errors import RequestError
from zoo.preprocessing import Preprocessing


def table_of(examples, parts, data):
    recipe = Provenance(
        "resnet20", None, "pooled", True, Preprocessing(32), "0" * 64, data
    )
    names = lasting_names(examples)
    return FeatureTable(
        np.zeros((len(names), 2), "float32"),
        names,
        examples.labels,
        examples.class_names,
        parts,
        recipe,
    )


def test_both_parts_are_taken(picture_folder):
    examples, parts = open_every_picture(str(picture_folder))
    assert len(examples) == 18
    assert parts.tolist() == ["train"] * 12 + ["validation"] * 6
    assert examples.labels.tolist() == [
        *np.repeat([0, 1, 2], 4),
        *np.repeat([0, 1, 2], 2),
    ]
    wanted = [17, 0, 12, 5, 17]
    assert examples.encoded(wanted) == [
        pathlib.Path(examples.names[i]).read_bytes() for i in wanted
    ]


def test_a_part_that_was_made_up_is_none(picture_folder):
    examples, parts = open_every_picture(str(picture_folder / "train"))
    assert set(parts.tolist()) == {""} and len(set(examples.names)) == 12


def test_pictures_without_folders_have_no_label(picture_folder):
    folder = picture_folder / "train" / "red"
    examples, parts = open_every_picture(str(folder))
    assert examples.labels.tolist() == [-1] * 4 and examples.class_names == ()
    assert parts.tolist() == [""] * 4
    assert sorted(examples.names) == sorted(map(str, folder.iterdir()))


def test_there_are_none(tmp_path):
    with pytest.raises(DataError, match="no class folders"):
        open_every_picture(str(tmp_path))
    with pytest.raises(RequestError, match="no folder"):
        open_every_picture(str(tmp_path / "none"))


def test_files_are_found_by_their_absolute_path(picture_folder, monkeypatch):
    monkeypatch.chdir(picture_folder)
    table = table_of(*open_every_picture("."), ".")
    assert table.names[0] == str(picture_folder / "train" / "blue" / "0.png")
    monkeypatch.chdir("/")
    finder = PictureFinder(table)
    expected = (picture_folder / "train" / "blue" / "0.png").read_bytes()
    assert finder.find(0) == expected


def test_what_is_gone_is_none(picture_folder):
    examples, parts = open_every_picture(str(picture_folder))
    table = table_of(examples, parts, str(picture_folder))
    table.names[1] = str(picture_folder / "train" / "gone.jpg")
    table.names[2] = str(picture_folder)
    finder = PictureFinder(table)
    assert [finder.find(i) is None for i in range(4)] == [
        False,
        True,
        True,
        False,
    ]


def test_pictures_inside_other_files_are_opened_again(
    picture_folder, monkeypatch
):
    examples, parts = open_every_picture(str(picture_folder))
    packed = dataclasses.replace(
        examples, names=[f"record {i}" for i in range(18)]
    )
    module = "pipelines.features.pictures.open_every_picture"
    opened = []
    monkeypatch.setattr(
        module, lambda data: opened.append(data) or (packed, parts)
    )
    table = table_of(packed, parts, "tfds:some")
    finder = PictureFinder(table)
    assert finder.find(3) == examples.encoded([3])[0]
    assert finder.find(4) == examples.encoded([4])[0]
    assert opened == ["tfds:some"]
    table.names[5] = "record 500"
    assert finder.find(5) is None

    def refuse(data):
        raise RequestError("moved")

    monkeypatch.setattr(module, refuse)
    finder = PictureFinder(table)
    assert finder.find(3) is None and finder.find(4) is None


def test_queries(picture_folder, tmp_path):
    path = picture_folder / "train" / "red" / "1.jpg"
    examples = open_queries([str(path)])
    assert examples.encoded([0]) == [path.read_bytes()]
    with pytest.raises(RequestError, match=r"no picture .*none\.jpg"):
        open_queries([str(tmp_path / "none.jpg")])
    (tmp_path / "text.jpg").write_text("text")
    with pytest.raises(DataError, match=r"text\.jpg: "):
        open_queries([str(path), str(tmp_path / "text.jpg")])
