"""A network taken apart: stages, sizes, backends, classes by their names."""

import os
import subprocess
import sys

import keras
import numpy as np
import pytest

import zoo
from pipelines.evaluation.explanations.network import ExplainedNetwork
from pipelines.evaluation.explanations.stages import mapped_stages
from pipelines.evaluation.explanations.targets import Target
from pipelines.evaluation.explanations.targets import class_number
from pipelines.evaluation.explanations.targets import target_of
from zoo.errors import RequestError

# Run under another backend with the same weights; draws maps into a file.
_PROGRAM = """
import sys

import keras
import numpy as np

from pipelines.evaluation.explanations.explaining import explain
from pipelines.evaluation.explanations.network import ExplainedNetwork
from pipelines.evaluation.explanations.targets import Target

backend, folder, *methods = sys.argv[1:]
if keras.backend.backend() != backend:
    raise SystemExit(f"KERAS_BACKEND is not {backend}")
model = keras.models.load_model(f"{folder}/tiny.keras")
pixels = np.load(f"{folder}/pixels.npy")
target = Target(np.array([0, 2, 1]), np.array([1, 1, 0]))
maps = explain(ExplainedNetwork(model), pixels, target, methods)
np.savez(f"{folder}/{backend}.npz", **maps)
"""


def test_jax_draws_the_maps_of_tensorflow(convolutional, pixels, tmp_path):
    methods = ["grad_cam", "layer_cam", "integrated_gradients", "occlusion"]
    convolutional.save(tmp_path / "tiny.keras")
    np.save(tmp_path / "pixels.npy", pixels)
    found = {}
    for backend in ("jax", "tensorflow"):
        done = subprocess.run(
            [sys.executable, "-c", _PROGRAM, backend, tmp_path, *methods],
            env={**os.environ, "KERAS_BACKEND": backend},
            capture_output=True,
            text=True,
            timeout=300,
        )
        assert done.returncode == 0, done.stderr
        with np.load(tmp_path / f"{backend}.npz") as maps:
            found[backend] = dict(maps)
    for name in methods:
        one, other = found["jax"][name], found["tensorflow"][name]
        error = np.abs(one - other).max() / np.abs(other).max()
        assert error < 1e-4, name


def test_another_backend_is_refused(convolutional, monkeypatch):
    network = ExplainedNetwork(convolutional)
    monkeypatch.setattr(keras.backend, "backend", lambda: "torch")
    with pytest.raises(RequestError, match=r"tensorflow and jax\. Received"):
        network.logits(np.zeros((1, 16, 16, 3), "uint8"))


def test_stages_without_a_place_have_no_map(convolutional, transformer):
    names = [stage.name for stage in mapped_stages(convolutional)]
    assert names == ["stem", "stage1", "stage2"]
    # The head sees the class token of the last stage alone.
    names = [stage.name for stage in mapped_stages(transformer)]
    assert names == ["stem", "stage1", "stage2"]
    with pytest.raises(RequestError, match="one of: stem, stage1, stage2"):
        ExplainedNetwork(transformer, "stage3")


def test_a_network_of_another_size_shares_nothing_it_could_confuse(
    convolutional,
):
    larger = ExplainedNetwork(zoo.resized(convolutional, (16, 32, 3)))
    pixels = np.zeros((1, 16, 32, 3), "uint8")
    assert larger.activations(pixels).shape == (1, 8, 16, 16)
    expected = np.asarray(zoo.resized(convolutional, (16, 32, 3))(pixels))
    assert np.allclose(larger.logits(pixels), expected, atol=1e-5)


def test_logits_are_those_in_front_of_a_softmax(convolutional, pixels):
    config = convolutional.get_config()
    config["layers"][-1]["config"]["activation"] = "softmax"
    sure = keras.Model.from_config(config)
    sure.set_weights(convolutional.get_weights())
    assert np.allclose(np.asarray(sure(pixels)).sum(axis=1), 1)
    logits = ExplainedNetwork(sure).logits(pixels)
    expected = np.asarray(convolutional(pixels))
    assert np.allclose(logits, expected, atol=1e-4)


def test_a_model_of_another_kind_has_no_head():
    body = zoo.create_model("resnet20", include_top=False)
    with pytest.raises(RequestError, match="no head of the zoo"):
        ExplainedNetwork(body)


def test_probabilities_of_a_target():
    logits = np.array([[2.0, 0.0, 1.0]])
    one = Target(np.array([0]))
    powers = np.exp(logits[0])
    assert np.isclose(one.probability(logits)[0], powers[0] / powers.sum())
    two = Target(np.array([0]), np.array([2]))
    assert np.isclose(two.probability(logits)[0], 1 / (1 + np.exp(-1)))
    several = Target(np.array([1]), several=True)
    assert several.probability(logits)[0] == 0.5


def test_what_is_asked_by_names(convolutional):
    logits = np.array([[3.0, 2.0, 1.0], [0.0, 5.0, 2.0]])
    likeliest = target_of(convolutional, logits, None, None)
    assert likeliest.classes.tolist() == [0, 1]
    # Held against what is the likeliest itself, it is the next one.
    found = target_of(convolutional, logits, None, "Ant")
    assert found.classes.tolist() == [1, 1]
    assert found.against.tolist() == [0, 0]
    assert class_number(convolutional, " FLY ", "class") == 2
    with pytest.raises(RequestError, match="Nearest: fly"):
        class_number(convolutional, "flyy", "class")
