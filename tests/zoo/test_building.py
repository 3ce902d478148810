"""What all builders share."""

import collections
import inspect
import re

import pytest

import zoo
from zoo.alexnet import AlexNet
from zoo.efficientnet import EfficientNet
from zoo.efficientnetv2 import EfficientNetV2
from zoo.mobilenetv3 import MobileNetV3
from zoo.preprocessing import Preprocessing
from zoo.registry import create_model
from zoo.resnet import ResNet
from zoo.vit import ViT

_SHARED = {
    "weights": None,
    "origin": None,
    "classes": None,
    "include_top": True,
    "input_shape": None,
    "classifier_activation": None,
    "preprocessing": None,
    "name": None,
}
_SECTIONS = ("Args", "Returns", "Raises", "Example")
_FRAME = r'(```\w*|\w+:|""")?'
_OWN = {
    AlexNet: ("alexnet", {}),
    ResNet: ("resnet50", {}),
    EfficientNet: (
        "efficientnet_b0",
        {"scaling": None, "stem_stride": None, "drop_path_rate": 0.2},
    ),
    EfficientNetV2: ("efficientnetv2_b0", {"drop_path_rate": 0.2}),
    MobileNetV3: ("mobilenetv3_large", {"drop_path_rate": 0.0}),
    ViT: ("vit_s16", {"drop_path_rate": 0.0}),
}


@pytest.mark.parametrize("build", _OWN, ids=lambda build: build.__name__)
def test_a_builder_shows_all_of_its_arguments(build):
    variant, *options = inspect.signature(build).parameters.values()
    default, own = _OWN[build]
    assert (variant.name, variant.default) == ("variant", default)
    assert {each.name: each.default for each in options} == own | _SHARED
    assert {each.kind for each in options} == {variant.KEYWORD_ONLY}


@pytest.mark.parametrize("build", _OWN, ids=lambda build: build.__name__)
def test_another_argument_is_refused_with_the_nearest(build):
    with pytest.raises(TypeError) as caught:
        build("no such variant", wieghts="imagenet")
    assert str(caught.value) == (
        f"{build.__name__}() got an unexpected keyword argument 'wieghts'. "
        "Nearest: weights."
    )
    with pytest.raises(TypeError, match="positional"):
        build("no such variant", "imagenet")


def test_create_model_takes_what_every_builder_takes():
    _, *options = inspect.signature(create_model).parameters.values()
    assert {each.name: each.default for each in options} == _SHARED
    assert create_model("resnet20", name="mine").name == "mine"


@pytest.mark.parametrize("build", [*_OWN, create_model])
def test_help_says_what_each_argument_is(build):
    for name in inspect.signature(build).parameters:
        assert f"\n    {name}: " in build.__doc__
    assert "**options" not in build.__doc__
    order = [build.__doc__.index(f"\n{name}:\n") for name in _SECTIONS]
    assert order == sorted(order)


@pytest.mark.parametrize(
    ("word", "ours"),
    [
        ("pretrained", 'weights="imagenet"'),
        ("num_classes", "classes"),
        ("in_chans", "input_shape=(height, width, channels)"),
        ("checkpoint_path", "weights"),
    ],
)
@pytest.mark.parametrize("build", [ResNet, create_model])
def test_the_words_of_timm_are_answered_with_ours(build, word, ours):
    with pytest.raises(TypeError) as caught:
        build("resnet20", **{word: 1})
    assert f"argument {word!r}. Here it is `{ours}`" in str(caught.value)


def _lines(build):
    """What a function says, without fences and headings of sections."""
    lines = inspect.getsource(build).splitlines()
    lines = [line.strip() for line in lines]
    return [line for line in lines if not re.fullmatch(_FRAME, line)]


def test_builders_repeat_little_of_each_other():
    functions = [_lines(build) for build in (*_OWN, create_model)]
    counts = collections.Counter(
        line for lines in functions for line in set(lines)
    )
    repeated = [
        line for lines in functions for line in lines if counts[line] >= 4
    ]
    assert len(repeated) < 60


def test_every_option_arrives():
    record = Preprocessing(32, (1, 2, 3), (4, 5, 6))
    model = ResNet(
        "resnet20",
        classes=3,
        input_shape=(24, 40, 3),
        classifier_activation="softmax",
        preprocessing=record,
        name="mine",
    )
    assert (model.name, model.output_shape) == ("mine", (None, 3))
    assert zoo.preprocessing(model) == record.at(24)
    assert model.layers[-1].activation.__name__ == "softmax"
    assert ResNet("resnet20", include_top=False).output_shape[1:] == (8, 8, 64)
