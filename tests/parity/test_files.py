"""Files that another library wrote just now; see `export.py`."""

import pytest
from cases import CLASSES

import zoo


@pytest.mark.parity
def test_logits_are_those_of_the_library(exported, compare):
    side = exported["side"]
    model = zoo.create_model(
        exported["model"],
        weights=exported["file"],
        origin=exported["origin"],
        classes=CLASSES,
        input_shape=(side, side, 3),
    )
    compare(model, exported)
