"""keras.applications, which is here anyway, from random weights."""

import h5py
import keras
import numpy as np
import pytest
from cases import CASES
from cases import CLASSES
from cases import SEED
from keras.src.legacy.saving import legacy_h5_format
from random_tensors import random_pixels
from random_tensors import random_tensors

import zoo


def _save_legacy(model, path):
    """As the files that keras.applications downloads are made."""
    with h5py.File(path, "w") as file:
        legacy_h5_format.save_weights_to_hdf5_group(file, model)


_ENDINGS = {
    ".h5": _save_legacy,
    ".weights.h5": keras.Model.save_weights,
    ".keras": keras.Model.save,
}
_KERAS = [case for case in CASES if case.origin == "keras"]
# One format for each of those that always run.
_ALWAYS = dict(
    zip(
        [case for case in _KERAS if case.always],
        [".h5", ".weights.h5"] * len(_KERAS),
        strict=False,
    )
)


def _parameters():
    for case in _KERAS:
        for ending in _ENDINGS:
            always = _ALWAYS.get(case) == ending
            yield pytest.param(
                case,
                ending,
                marks=() if always else pytest.mark.parity,
                id=case.model + ending,
            )


def _reference(case):
    """The model of keras.applications, and what it does to pixels."""
    module, function = case.theirs.split(".")
    options = {"minimalistic": True} if "minimal" in case.model else {}
    model = getattr(keras.applications, function)(
        weights=None,
        input_shape=(case.side, case.side, 3),
        classes=CLASSES,
        classifier_activation=None,
        **options,
    )
    variables = {
        f"{layer.name}/{variable.name}": variable
        for layer in model.layers
        # Its numbers say how pixels are scaled, and are none to be drawn.
        if not isinstance(layer, keras.layers.Normalization)
        for variable in layer.weights
    }
    shapes = {name: variable.shape for name, variable in variables.items()}
    values = random_tensors(shapes, SEED, case.gain, case.pixel_scale)
    for name, value in values.items():
        variables[name].assign(value)
    return model, getattr(keras.applications, module).preprocess_input


@pytest.mark.parametrize(("case", "ending"), [*_parameters()])
def test_logits_are_those_of_keras(case, ending, compare, tmp_path):
    reference, preprocess = _reference(case)
    path = tmp_path / f"theirs{ending}"
    _ENDINGS[ending](reference, path)
    pixels = random_pixels(case.side, SEED).astype("float32")
    logits = np.asarray(reference(preprocess(pixels)))
    del reference
    model = zoo.create_model(
        case.model,
        weights=path,
        origin="keras",
        classes=CLASSES,
        input_shape=(case.side, case.side, 3),
    )
    version = keras.__version__
    compare(model, {**vars(case), "logits": logits, "version": version}, ending)
