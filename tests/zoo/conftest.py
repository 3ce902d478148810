"""What several tests of the zoo build on."""

import contextlib
import dataclasses
import functools

import keras
import numpy as np
import pytest

import zoo
from zoo import alexnet
from zoo import efficientnet
from zoo import efficientnetv2
from zoo import mobilenetv3
from zoo import resnet
from zoo import vit
from zoo.compound_scaling import Scaling
from zoo.compound_scaling import StageSpec
from zoo.preprocessing import Preprocessing


@contextlib.contextmanager
def _no_weights():
    with keras.StatelessScope(initialize_variables=False):
        yield
    # Keras would initialise all of them when the next such scope ends.
    keras.backend.clear_session(free_memory=False)


@pytest.fixture(scope="session")
def no_weights():
    """Builds models of any size in a second: nothing is initialised."""
    return _no_weights


@functools.cache
def _outline(name):
    with _no_weights():
        return zoo.create_model(name)


@pytest.fixture(scope="session")
def outline():
    """Builds a model of the zoo by name: all of its shapes, no weights."""
    return _outline


_TINY = {"repeats": (2, 1), "widths": (8, 16)}
_RESNETS = {
    "resnet_basic": {"bottleneck": False},
    "resnet_bottleneck": {},
    "resnet_v1": {"stride_in": 1},
    "resnet_v2": {"preactivation": True},
    "resnext": {"groups": 4, "width_factor": 2},
    "resnet_d": {"stem": "deep", "shortcut": "average"},
    "resnet_cifar": {"bottleneck": False, "stem": "cifar", "shortcut": "pad"},
}
_ALEXNET_SIDES = {"alexnet": 67, "alexnet_owt": 96, "alexnet_cifar": 32}
_OTHERS = {
    "efficientnetv2": (
        efficientnetv2.EfficientNetV2,
        efficientnetv2.EfficientNetV2Spec(
            "efficientnetv2",
            (
                StageSpec(3, 1, 8, 8, 1, 1, se_ratio=0.0, fused=True),
                StageSpec(3, 2, 8, 16, 4, 2, se_ratio=0.0, fused=True),
                StageSpec(3, 2, 16, 24, 4, 2),
            ),
            Scaling(1.0, 1.0, 32, 0.2),
            Preprocessing(32, (128,) * 3, (128,) * 3),
            top_filters=32,
        ),
    ),
    "mobilenetv3": (
        mobilenetv3.MobileNetV3,
        mobilenetv3.MobileNetV3Spec(
            "mobilenetv3",
            (
                mobilenetv3.MobileNetV3Stage(3, (8,), 8, True, "relu", 1),
                mobilenetv3.MobileNetV3Stage(
                    5, (24, 32), 16, True, "hard_silu", 2
                ),
            ),
            last_filters=48,
            top_filters=32,
            stem_filters=8,
        ),
    ),
    "vit": (
        vit.ViT,
        vit.ViTSpec("vit", channels=24, blocks=2, heads=3, patch_size=8),
    ),
}
FORMS = (*_ALEXNET_SIDES, *_RESNETS, "efficientnet", *_OTHERS)


def build_tiny(form, side=None, **arguments):
    """Builds a small model of a family's form."""
    if form in _OTHERS:
        builder, spec = _OTHERS[form]
        default = 32
        arguments.setdefault("drop_path_rate", 0.2)
    elif form in _RESNETS:
        spec = resnet.ResNetSpec(form, **_TINY, **_RESNETS[form])
        builder, default = resnet.ResNet, 32
    elif form == "efficientnet":
        scaling = efficientnet.compound_scaling(phi=-4)
        spec = efficientnet.EfficientNetSpec(form, scaling)
        builder, default = efficientnet.EfficientNet, 32
        arguments["stem_stride"] = 1
    else:
        spec = alexnet.VARIANTS[form]
        hidden = (24, 16) if spec.hidden else ()
        spec = dataclasses.replace(spec, hidden=hidden)
        builder, default = alexnet.AlexNet, _ALEXNET_SIDES[form]
    side = side or default
    arguments.setdefault("input_shape", (side, side, 3))
    return builder(spec, **arguments)


@pytest.fixture
def tiny():
    return build_tiny


@functools.cache
def _shared(form):
    record = Preprocessing(64, (1, 2, 3), (90, 80, 70), 0.9, "bicubic")
    model = build_tiny(form, classes=3, preprocessing=record, name="mine")
    zoo.set_class_names(model, ("ant", "bee", "cat"))
    return model


@pytest.fixture(scope="session")
def shared():
    """Builds a form once, with nothing left at its default; do not change."""
    return _shared


@pytest.fixture
def pictures():
    """Returns a function: random uint8 pictures of a side."""

    def make(side, count=4, seed=0):
        generator = np.random.default_rng(seed)
        return generator.integers(0, 256, (count, side, side, 3), "uint8")

    return make


def convolve(x, kernel, stride=1):
    """A convolution without padding, in NumPy and float64."""
    x, kernel = np.asarray(x, "float64"), np.asarray(kernel, "float64")
    side = kernel.shape[0]
    height = (x.shape[1] - side) // stride + 1
    width = (x.shape[2] - side) // stride + 1
    y = np.zeros((x.shape[0], height, width, kernel.shape[-1]))
    for row in range(height):
        for column in range(width):
            top, left = row * stride, column * stride
            window = x[:, top : top + side, left : left + side]
            y[:, row, column] = np.tensordot(window, kernel, 3)
    return y


@pytest.fixture(name="convolve")
def _convolve():
    return convolve


def pytest_generate_tests(metafunc):
    if "form" in metafunc.fixturenames:
        metafunc.parametrize("form", FORMS)
