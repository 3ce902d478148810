"""Our maps are those of grad-cam and captum; see `export_maps.py`."""

import json
import pathlib

import numpy as np
import pytest
from cases import CLASSES
from cases import SEED
from map_cases import CLASSES_ASKED
from map_cases import MAP_CASES
from map_cases import WINDOWS
from random_tensors import picture
from random_tensors import random_pixels
from their_tensors import their_tensors

import zoo
from pipelines.evaluation.explanations.explaining import explain
from pipelines.evaluation.explanations.faithfulness.imputation import imputed
from pipelines.evaluation.explanations.methods import occlusion
from pipelines.evaluation.explanations.network import ExplainedNetwork
from pipelines.evaluation.explanations.targets import Target

_HELD = json.loads(pathlib.Path(__file__).with_name("maps.json").read_text())
_TOLERANCE = 1e-4


@pytest.mark.parametrize(
    "case, row",
    list(zip(MAP_CASES, _HELD["maps"], strict=True)),
    ids=[case.model for case in MAP_CASES],
)
def test_maps_are_those_of_the_libraries(case, row, monkeypatch):
    monkeypatch.setattr(occlusion, "_WINDOW", 1 / WINDOWS)
    monkeypatch.setattr(occlusion, "_STEP", 1 / WINDOWS)
    model = zoo.create_model(
        case.model,
        origin=case.origin,
        classes=CLASSES,
        input_shape=(case.side, case.side, 3),
    )
    tensors = their_tensors(model, case.origin, case.gain)
    assert zoo.load_weights(model, tensors).initial == ()
    maps = explain(
        ExplainedNetwork(model, case.stage),
        random_pixels(case.side, SEED),
        Target(np.array(CLASSES_ASKED)),
        tuple(row["maps"]),
    )
    for name, theirs in row["maps"].items():
        ours, theirs = maps[name], np.array(theirs)
        if ours.shape[1] == case.side:
            ours = ours[:, :: case.every, :: case.every]
        assert ours.shape == theirs.shape
        if name == "eigen_cam":
            # The sign of a direction is anybody's.
            signs = np.sign((ours * theirs).sum(axis=(1, 2), keepdims=True))
            ours = ours * signs
        # Where a ReLU's input is 0 but for rounding, one library adds its
        # gradient at a point of the way and the other does not: that moves
        # the few pixels that it sees.
        part = 0.9 if name == "integrated_gradients" else 1.0
        error = np.quantile(np.abs(ours - theirs), part) / np.abs(theirs).max()
        assert error < _TOLERANCE, f"{name}: {error:.1e}"


def test_pixels_are_imputed_as_by_the_library():
    held = _HELD["imputed"]
    y, x = np.mgrid[:24, :24]
    missing = (y - 12) ** 2 + (x - 8) ** 2 < held["radius_squared"]
    found = imputed(picture(24, 24), missing)
    assert np.abs(found - np.array(held["pixels"])).max() < 0.01
