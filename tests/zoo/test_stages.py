"""Stages: every weighted layer is in exactly one, in every model."""

import itertools

import keras
import pytest

import zoo
from zoo.cards import CARDS
from zoo.errors import RequestError
from zoo.stages import stage_name


def test_stages_are_in_the_order_of_the_graph(outline):
    for name, count in (
        ("alexnet", 6),
        ("alexnet_cifar", 2),
        ("resnet50", 4),
        ("resnet20", 3),
        ("efficientnet_b0", 8),
        ("efficientnetv2_b0", 7),
        ("efficientnetv2_m", 8),
        ("mobilenetv3_small", 7),
        ("mobilenetv3_large", 8),
        ("vit_b16", 12),
    ):
        model = outline(name)
        found = zoo.stages(model)
        middle = [f"stage{i}" for i in range(1, count + 1)]
        expected = ["stem", *middle, "head"]
        assert [stage.name for stage in found] == expected
        assert found[-1].output is model.output
        (logits,) = found[-1].weighted_layers
        assert logits.name == "head_logits"
        for stage, following in itertools.pairwise(found):
            assert stage.layers[-1] is not following.layers[0]


def test_a_stage_ends_where_the_next_begins(outline):
    # Features taken at a stage's output must be all that the next one sees.
    for name in CARDS:
        found = zoo.stages(outline(name))
        for stage, following in itertools.pairwise(found):
            own = {layer.name for layer in following.layers}
            for layer in following.layers:
                for node in layer._inbound_nodes:
                    for parent in node.parent_nodes:
                        source = parent.operation
                        assert (
                            source.name in own or source is stage.layers[-1]
                        ), (name, layer.name, source.name)


def test_a_layer_without_a_stage_is_named():
    model = keras.Sequential(
        [keras.Input((2,)), keras.layers.Dense(1, name="extra")], name="odd"
    )
    with pytest.raises(RequestError) as caught:
        zoo.stages(model)
    assert "The layer 'extra' of 'odd' has weights but no stage" in str(
        caught.value
    )


@pytest.mark.parametrize(
    ("layer", "stage"),
    [
        ("stem_conv", "stem"),
        ("stage12_block3_conv1_bn", "stage12"),
        ("head_logits", "head"),
        ("stage_1", None),
        ("headless", None),
        ("pixels", None),
    ],
)
def test_the_name_says_the_stage(layer, stage):
    assert stage_name(layer) == stage
