"""The zoo under JAX and torch computes what it computes under TensorFlow."""

import inspect
import os
import subprocess
import sys

import numpy as np
import pytest

import zoo
from zoo.efficientnet import EfficientNet
from zoo.resnet import ResNet
from zoo.resnet import ResNetSpec
from zoo.vit import ViT
from zoo.vit import ViTSpec

_NAMES = (
    *("resnet20", "resnext", "alexnet_cifar", "efficientnet_b0"),
    *("efficientnetv2_b0", "mobilenetv3_small", "vit"),
)


def build(name):
    """A model of 32 pixels and 10 classes; each backend runs this source."""
    small = {"input_shape": (32, 32, 3), "classes": 10}
    if name == "efficientnet_b0":
        return EfficientNet(name, stem_stride=1, **small)
    if name == "resnext":
        return ResNet(
            ResNetSpec(name, (1, 1), widths=(8, 16), groups=4), **small
        )
    if name == "vit":
        spec = ViTSpec(name, channels=48, blocks=3, heads=4, patch_size=8)
        return ViT(spec, **small)
    return zoo.create_model(name, **small)


_PROGRAM = """
import sys

import keras
import numpy as np

import zoo
from zoo.efficientnet import EfficientNet
from zoo.resnet import ResNet
from zoo.resnet import ResNetSpec
from zoo.vit import ViT
from zoo.vit import ViTSpec

{build}

backend, folder, *names = sys.argv[1:]
if keras.backend.backend() != backend:
    raise SystemExit(f"KERAS_BACKEND is not {backend}")
pixels = np.load(f"{folder}/pixels.npy")


def run(model, pixels):
    if backend == "torch":
        return model(pixels)
    import jax

    trainable = [v.value for v in model.trainable_variables]
    others = [v.value for v in model.non_trainable_variables]
    return jax.jit(model.stateless_call)(trainable, others, pixels)[0]


for name in names:
    # Drawing the initial weights would take JAX most of the time.
    if backend == "torch":
        model = build(name)
    else:
        with keras.StatelessScope(initialize_variables=False):
            model = build(name)
        keras.backend.clear_session()
    report = zoo.load_weights(model, f"{folder}/{name}.safetensors")
    if report.initial:
        raise SystemExit(str(report))
    zoo.set_class_names(model, map(str, range(10)))
    logits = run(model, pixels)
    zoo.decode_predictions(logits, model=model)
    np.save(f"{folder}/{name}.npy", keras.ops.convert_to_numpy(logits))
if "tensorflow" in sys.modules:
    raise SystemExit("the zoo imported tensorflow")
"""


@pytest.fixture(
    scope="module",
    params=["jax", pytest.param("torch", marks=pytest.mark.parity)],
)
def folder(tmp_path_factory, request):
    """Weights, pictures, and the logits that another backend makes of them.

    Torch lies in an environment of its own, `ZOO_TORCH_PYTHON`.
    """
    backend = request.param
    torch = os.environ.get("ZOO_TORCH_PYTHON", sys.executable)
    interpreters = {"jax": sys.executable, "torch": torch}
    folder = tmp_path_factory.mktemp(backend)
    generator = np.random.default_rng(0)
    pixels = generator.integers(0, 256, (2, 32, 32, 3), "uint8")
    np.save(folder / "pixels.npy", pixels)
    for name in _NAMES:
        model = build(name)
        zoo.save_weights(model, folder / f"{name}.safetensors")
        np.save(folder / f"{name}_expected.npy", np.asarray(model(pixels)))
    program = _PROGRAM.replace("{build}", inspect.getsource(build))
    done = subprocess.run(
        [
            *(interpreters[backend], "-c", program, backend, str(folder)),
            *_NAMES,
        ],
        env={**os.environ, "KERAS_BACKEND": backend, "JAX_PLATFORMS": "cpu"},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    return folder


@pytest.mark.parametrize("name", _NAMES)
def test_logits_are_those_of_tensorflow(name, folder):
    logits = np.load(folder / f"{name}.npy")
    expected = np.load(folder / f"{name}_expected.npy")
    assert logits.dtype == "float32" and np.ptp(expected) > 0
    np.testing.assert_allclose(logits, expected, atol=1e-4)
