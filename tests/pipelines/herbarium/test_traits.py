"""The herbarium as a table of traits."""

import csv
import dataclasses
import doctest

import numpy as np
import pytest
from PIL import Image

from pipelines import herbarium
from pipelines.data.sources.opening import open_splits
from pipelines.herbarium import traits
from pipelines.herbarium.grounds import GROUNDS
from pipelines.herbarium.species import SPECIES
from pipelines.herbarium.species import Leaf

COLOURS = ("white", "red", "yellow", "green", "blue", "violet", "pink")


def rows_of(table):
    with open(table, newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def table(tmp_path_factory):
    folder = tmp_path_factory.mktemp("herbarium") / "deep" / "traits"
    return herbarium.write_traits(folder, seed=3, train=9, val=4)


def test_every_row_says_colour_leaf_and_ground(table):
    rows = rows_of(table)
    assert tuple(rows[0]) == ("filename", "split", *traits.TRAITS)
    assert [row["split"] for row in rows] == ["train"] * 9 + ["val"] * 4
    for row in rows:
        shown = {name for name in traits.TRAITS if row[name] == "1"}
        assert all(row[name] in "01" for name in traits.TRAITS)
        assert len(shown & set(COLOURS)) == 1
        assert len(shown & {ground.name for ground in GROUNDS}) == 1
        leaves = {name for name in shown if name.endswith(" leaf")}
        assert len(leaves) <= 1 and len(shown) == 2 + len(leaves)
        Image.open(table.parent / row["filename"]).load()
    assert len(traits.TRAITS) == 18


def test_it_is_read_as_several_classes_a_picture(table):
    splits = open_splits(str(table))
    assert splits.train.several and len(splits.validation) == 4
    assert splits.train.class_names == tuple(sorted(traits.TRAITS))


def test_the_same_seed_draws_the_same_and_another_others(table, tmp_path):
    def bytes_of(path):
        return [
            (path.parent / row["filename"]).read_bytes()
            for row in rows_of(path)
        ]

    told = []
    again = herbarium.write_traits(
        tmp_path / "again", seed=3, train=9, val=4,
        progress=lambda *done: told.append(done),
    )  # fmt: skip
    assert again.read_bytes() == table.read_bytes()
    assert bytes_of(again) == bytes_of(table)
    assert told == [(number, 13) for number in range(1, 14)]
    other = herbarium.write_traits(tmp_path / "other", seed=4, train=9, val=4)
    assert not set(bytes_of(other)) & set(bytes_of(table))


@pytest.mark.parametrize(
    ("hue", "saturation", "name"),
    [
        ((0, 20), (0.8, 1), "red"), ((350, 358), (0.8, 1), "red"),
        ((40, 60), (0.8, 1), "yellow"), ((350, 380), (0.8, 1), "red"),
        ((270, 290), (0.8, 1), "violet"), ((0, 20), (0, 0.35), "white"),
    ],
)  # fmt: skip
def test_what_a_colour_is_called(hue, saturation, name):
    tint = dataclasses.replace(
        SPECIES[0].tints[0], hue=hue, saturation=saturation
    )
    assert traits.colour_of(tint) == name


def test_every_leaf_and_colour_of_the_species_has_a_trait():
    for species in SPECIES:
        for tint in species.tints:
            assert traits.colour_of(tint) in COLOURS
        if isinstance(species, Leaf):
            assert f"{species.build} leaf" in traits.TRAITS


def test_what_is_there_is_left_alone(tmp_path):
    place = tmp_path / "traits"
    place.mkdir()
    (place / "mine.txt").write_text("mine")
    with pytest.raises(
        FileExistsError, match="expected a new or empty"
    ) as caught:
        herbarium.write_traits(place, train=1, val=1)
    assert caught.value.filename == str(place)
    assert [each.name for each in place.iterdir()] == ["mine.txt"]
    (place / "mine.txt").unlink()
    assert herbarium.write_traits(place, train=1, val=1).is_file()


@pytest.mark.parametrize("kind", [".", "link", "lost link"])
def test_an_empty_folder_may_be_anywhere(tmp_path, monkeypatch, kind):
    place = tmp_path / "here"
    if kind != "lost link":
        place.mkdir()
        monkeypatch.chdir(place)
    folder = "." if kind == "." else tmp_path / "link"
    if kind != ".":
        folder.symlink_to(place)
    table = herbarium.write_traits(folder, train=1, val=1)
    # Where it is said to be, and where it was asked for.
    assert table.samefile(place / "traits.csv")
    assert sorted(each.name for each in place.iterdir()) == [
        "pictures",
        "traits.csv",
    ]
    assert {each.name for each in tmp_path.iterdir()} <= {"here", "link"}


def test_the_set_may_be_where_the_process_is(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for _ in range(2):
        folder = herbarium.write(".", train_per_class=1, val_per_class=1)
        assert len(list(folder.glob("train/*/*.jpg"))) == 16


def test_a_call_that_is_interrupted_leaves_nothing(tmp_path):
    def stop(done, total):
        if done == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        herbarium.write_traits(
            tmp_path / "traits", train=3, val=1, progress=stop
        )
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("wrong", [{"seed": -1}, {"train": 0}, {"val": 1.5}])
def test_arguments_out_of_range(tmp_path, wrong):
    with pytest.raises(ValueError, match=f"{next(iter(wrong))}: expected"):
        herbarium.write_traits(tmp_path / "traits", **wrong)
    assert not np.any([*tmp_path.iterdir()])


def test_the_examples_run():
    result = doctest.testmod(traits)
    assert result.attempted > 0 and result.failed == 0
