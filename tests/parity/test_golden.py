"""What other libraries computed once, from weights made anew here."""

import json
import pathlib

import numpy as np
import pytest
from cases import CASES
from cases import CLASSES
from their_tensors import their_tensors

import zoo
from zoo.weights.files import variable_names

_GOLDEN = json.loads(
    pathlib.Path(__file__).with_name("golden.json").read_text()
)


@pytest.mark.parametrize(
    "row", _GOLDEN, ids=[f"{row['model']}-{row['origin']}" for row in _GOLDEN]
)
def test_logits_are_those_of_the_library(row, compare):
    model = zoo.create_model(
        row["model"],
        origin=row["origin"],
        classes=CLASSES,
        input_shape=(row["side"], row["side"], 3),
    )
    tensors = their_tensors(
        model, row["origin"], row["gain"], row["pixel_scale"]
    )
    report = zoo.load_weights(model, tensors)
    assert set(report.matched) == set(variable_names(model))
    assert report.skipped == report.initial == ()
    compare(model, row)


def test_every_case_is_there():
    assert {(row["model"], row["origin"]) for row in _GOLDEN} == {
        (case.model, case.origin)
        for case in CASES
        if case.always and case.origin != "keras"
    }


def test_pictures_show_in_the_logits():
    """Else logits would be right, however wrong what is done to pixels."""
    for row in _GOLDEN:
        first, second = np.array(row["logits"])
        spread = np.abs(first - second).max() / np.abs(first).max()
        assert spread > 0.02, row["model"]
