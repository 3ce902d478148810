"""A file of features: back as it was, whole or not at all, safe to open."""

import dataclasses
import zipfile

import numpy as np
import pytest

from pipelines.features.table import FeatureTable
from pipelines.features.table import Provenance
from pipelines.features.table import load_features
from pipelines.features.table import save_features
from zoo.errors import IntegrityError
from zoo.errors import RequestError
from zoo.preprocessing import Preprocessing

RECIPE = Provenance(
    "resnet20",
    "cifar10",
    "stage2",
    False,
    Preprocessing(48, (1, 2, 3), (4, 5, 6), 0.5, "bicubic"),
    "0" * 64,
    "/photos",
)


@pytest.fixture
def table():
    return FeatureTable(
        np.arange(24, dtype="float32").reshape(3, 2, 4),
        np.array(["/a/short", "/a/löng \udcff name.jpg", ""]),
        np.array([1, -1, 0], "int32"),
        ("ant", "bee & co"),
        np.array(["train", "", "validation"]),
        RECIPE,
    )


def test_it_comes_back_as_it_was(table, tmp_path):
    path = tmp_path / "features.npz"
    save_features(table, path)
    assert [file.name for file in tmp_path.iterdir()] == ["features.npz"]
    found = load_features(path)
    for field in ("features", "names", "labels", "parts"):
        old, new = getattr(table, field), getattr(found, field)
        np.testing.assert_array_equal(old, new)
        assert old.dtype.kind == new.dtype.kind
    assert found.class_names == table.class_names
    assert found.recipe == RECIPE and len(found) == 3
    assert [found.label_of(i) for i in range(3)] == ["bee & co", "", "ant"]


def test_numpy_reads_it_without_us(table, tmp_path):
    save_features(table, tmp_path / "f.npz")
    with np.load(tmp_path / "f.npz") as file:
        assert sorted(file.files) == [
            "class_names",
            "features",
            "labels",
            "names",
            "parts",
            "recipe",
        ]
        assert file["features"].dtype == "float32"
        assert file["labels"].dtype == "int32"


def test_no_class_names(table, tmp_path):
    bare = dataclasses.replace(
        table, class_names=(), labels=np.full(3, -1, "int32")
    )
    save_features(bare, tmp_path / "f.npz")
    assert load_features(tmp_path / "f.npz").class_names == ()


def test_nothing_is_written_over(table, tmp_path):
    path = tmp_path / "f.npz"
    path.write_text("mine")
    with pytest.raises(RequestError, match="is there already"):
        save_features(table, path)
    assert path.read_text() == "mine"
    with pytest.raises(RequestError, match=r"written as \.npz"):
        save_features(table, tmp_path / "f.csv")
    with pytest.raises(RequestError, match="no folder"):
        save_features(table, tmp_path / "none" / "f.npz")


def test_half_a_file_is_never_there(table, tmp_path, monkeypatch):
    def full(*_, **__):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(np, "savez", full)
    with pytest.raises(OSError, match="No space"):
        save_features(table, tmp_path / "f.npz")
    assert list(tmp_path.iterdir()) == []


def test_every_flipped_byte_of_the_features_is_noticed(table, tmp_path):
    path = tmp_path / "f.npz"
    save_features(table, path)
    whole = path.read_bytes()
    place = whole.index(table.features.tobytes())
    for offset in (0, 40, table.features.nbytes - 1):
        damaged = bytearray(whole)
        damaged[place + offset] ^= 1
        path.write_bytes(damaged)
        with pytest.raises(IntegrityError, match=r"f\.npz is damaged"):
            load_features(path)
    path.write_bytes(whole[:-30])
    with pytest.raises(IntegrityError, match=r"f\.npz is damaged"):
        load_features(path)


@pytest.mark.parametrize(
    ("change", "pattern"),
    [
        ({"features": np.zeros((3, 4), "int64")}, "features is of type int64"),
        ({"features": np.zeros(3)}, r"features have the shape \(3,\)"),
        ({"names": np.array(["a", "b"])}, r"names have .*expected \(3,\)"),
        ({"labels": np.array([0, 1, 2])}, "a label is no place in 2"),
        ({"labels": np.array([0, 1, -2])}, "a label is no place in 2"),
        ({"names": np.array([1, 2, 3], object)}, "[Oo]bject arrays"),
        ({"recipe": np.array("{}")}, "preprocessing"),
        ({"recipe": np.array("[1]")}, "damaged"),
        ({"parts": None}, "parts"),
    ],
)
def test_what_is_no_table_is_refused(table, tmp_path, change, pattern):
    members = {
        "features": table.features,
        "names": table.names,
        "labels": table.labels,
        "class_names": np.array(table.class_names),
        "parts": table.parts,
        "recipe": np.array(RECIPE.as_json()),
    } | change
    path = tmp_path / "f.npz"
    np.savez(path, **{k: v for k, v in members.items() if v is not None})
    with pytest.raises(IntegrityError, match=pattern):
        load_features(path)


def test_a_file_that_unpacks_to_more_is_not_unpacked(table, tmp_path):
    path = tmp_path / "f.npz"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("features.npy", b"\0" * 10_000_000)
    assert path.stat().st_size < 50_000
    with pytest.raises(IntegrityError, match=r"features\.npy is compressed"):
        load_features(path)


def test_there_is_none(tmp_path):
    with pytest.raises(RequestError, match=r"no file of features .*none\.npz"):
        load_features(tmp_path / "none.npz")
