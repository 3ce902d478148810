"""The zoo by name."""

import pytest

import zoo
from zoo import resnet
from zoo.cards import CARDS
from zoo.cards import ModelInfo
from zoo.errors import RequestError
from zoo.registry import create_model
from zoo.variants import find_variant
from zoo.variants import nearest
from zoo.weights.listing import markdown_table


def test_list_models_takes_shell_patterns():
    assert zoo.list_models() == list(CARDS)
    expected = [f"efficientnet_b{i}" for i in range(8)]
    assert zoo.list_models("efficientnet_b*") == expected
    assert zoo.list_models("vit*") == ["vit_s16", "vit_b16"]
    assert zoo.list_models("resnet5?") == ["resnet50", "resnet56"]
    assert zoo.list_models("*_cifar") == ["alexnet_cifar", "efficientnet_cifar"]
    assert zoo.list_models("vgg*") == []


def test_list_models_can_ask_for_weights():
    pretrained = zoo.list_models(pretrained=True)
    assert pretrained == [
        name for name in CARDS if zoo.model_info(name).weights
    ]


@pytest.mark.parametrize("call", [zoo.model_info, zoo.create_model])
def test_unknown_names_are_answered_with_the_nearest(call):
    with pytest.raises(RequestError) as caught:
        call("resnet-50")
    message = str(caught.value)
    assert message.startswith("No model is called 'resnet-50'. Nearest: ")
    assert "resnet50," in message.partition("Nearest: ")[2]
    assert message.endswith("All: zoo.list_models().")
    with pytest.raises(RequestError, match="Nearest: efficientnet_b0"):
        call("EfficientNetB0")


def test_model_info_is_a_card():
    info = zoo.model_info("efficientnet_b4")
    assert info.family == "efficientnet" and info.input_size == 380
    assert info.macs == 4_393_771_024
    assert "Tan and Le" in info.paper
    assert isinstance(info.weights, tuple)


@pytest.mark.parametrize(
    "name",
    [
        "alexnet_cifar",
        "resnet32",
        "efficientnet_b0",
        "efficientnetv2_b0",
        "mobilenetv3_small",
        "vit_s16",
    ],
)
def test_create_model_passes_everything_on(name, no_weights):
    with no_weights():
        model = create_model(
            name,
            classes=7,
            input_shape=(48, 64, 3),
            classifier_activation="softmax",
        )
        features = create_model(name, include_top=False)
    assert model.input_shape == (None, 48, 64, 3)
    assert model.output_shape == (None, 7)
    assert model.get_layer("head_logits").activation.__name__ == "softmax"
    assert len(features.output_shape) == (3 if name == "vit_s16" else 4)
    assert "head_logits" not in [layer.name for layer in features.layers]


@pytest.mark.parametrize("name", ["thin_net", "wide_resnext7_x"])
def test_a_variant_is_a_row_and_a_card(name, monkeypatch, tmp_path):
    spec = resnet.ResNetSpec(name, (1, 1), widths=(8, 16), groups=4)
    card = ModelInfo(name, "resnet", "None", 4_000, 200, 10**6, 224)
    monkeypatch.setitem(resnet.VARIANTS, name, spec)
    monkeypatch.setitem(CARDS, name, card)
    assert zoo.list_models(name) == [name] and zoo.model_info(name) == card
    model = zoo.create_model(name, classes=3)
    assert model.name == name and model.output_shape == (None, 3)
    assert [stage.name for stage in zoo.stages(model)] == [
        *("stem", "stage1", "stage2", "head")
    ]
    assert f"| {name} | 0.00 M |" in markdown_table()
    path = tmp_path / "own.safetensors"
    zoo.save_weights(model, path)
    again = zoo.create_model(name, weights=path)
    for ours, read in zip(model.weights, again.weights, strict=True):
        assert (ours.numpy() == read.numpy()).all()
    with pytest.raises(RequestError, match="It has none"):
        zoo.create_model(name, weights="imagenet")


def test_unknown_weights_are_named():
    with pytest.raises(RequestError) as caught:
        create_model("alexnet_cifar", weights="imagenet21k")
    message = str(caught.value)
    assert "No weights called 'imagenet21k' are known for 'alexnet_cifar'" in (
        message
    )
    assert "Expected None, a name, hf://ORGANISATION/MODEL" in message


def test_nearest_names_come_best_first():
    known = ["resnet18", "resnet50", "alexnet"]
    assert nearest("resnet5", known)[0] == "resnet50"
    assert nearest("zzz", known, 2) == ["alexnet", "resnet18"]
    row = object()
    assert find_variant({}, row) is row
