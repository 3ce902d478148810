"""Every model of the zoo, built without weights: counts, stages, names.

In one file, so that each is built once.
"""

import keras
import pytest

import zoo
from zoo.cards import CARDS
from zoo.profile import count_macs
from zoo.profile import count_parameters
from zoo.stages import stage_name


def _counts(card):
    return (
        card.parameters,
        card.non_trainable,
        card.macs,
        card.input_size,
    )


@pytest.mark.parametrize("name", CARDS)
def test_models_are_what_their_cards_say(name, outline):
    model = outline(name)
    counted = (
        *count_parameters(model),
        count_macs(model),
        model.input_shape[1],
    )
    assert counted == _counts(CARDS[name])
    assert model.name == name
    assert zoo.preprocessing(model).image_size == CARDS[name].input_size


@pytest.mark.parametrize("name", CARDS)
def test_every_weighted_layer_is_in_exactly_one_stage(name, outline):
    model = outline(name)
    found = [
        layer for stage in zoo.stages(model) for layer in stage.weighted_layers
    ]
    weighted = [layer for layer in model.layers if layer.weights]
    assert {id(layer) for layer in found} == {id(layer) for layer in weighted}
    assert len(found) == len(weighted)
    assert sum(stage.parameters for stage in zoo.stages(model)) == sum(
        count_parameters(model)
    )


@pytest.mark.parametrize("name", CARDS)
def test_graphs_are_flat_and_layers_say_their_stage(name, outline):
    model = outline(name)
    names = [layer.name for layer in model.layers]
    assert names[:2] == ["pixels", "preprocessing"]
    assert all(stage_name(layer) for layer in names[2:])
    assert not any(isinstance(layer, keras.Model) for layer in model.layers)
