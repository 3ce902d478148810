"""Opening a data set by what `data` says."""

import numpy as np

from pipelines.data.sources import opening
from pipelines.data.sources.opening import open_held_out
from pipelines.data.sources.opening import open_splits


def test_a_folder(picture_folder):
    splits = open_splits(str(picture_folder))
    assert splits.train.class_names == ("blue", "green", "red")
    np.testing.assert_array_equal(splits.train.counts(), [4, 4, 4])
    held_out = open_held_out(str(picture_folder))
    assert held_out.names == splits.validation.names and len(held_out) == 6


def test_the_seed_decides_what_is_held_out(picture_folder):
    only = str(picture_folder / "train")
    held = [open_splits(only, seed=s).validation.names for s in range(4)]
    assert len(set(held)) > 1 and all(len(names) == 3 for names in held)
    assert len(open_held_out(only)) == 12


def test_the_built_in_set(picture_folder, monkeypatch):
    monkeypatch.setattr(
        opening.herbarium, "prepare", lambda **options: picture_folder
    )
    assert len(open_splits("herbarium").train) == 12
    assert len(open_held_out("herbarium")) == 6
