"""Freezing: flags of layers, rates of stages, and the cut between them."""

import keras
import numpy as np
import pytest

import zoo
from pipelines.devices.batch_norm import trainable_copy
from pipelines.training.fine_tuning.freezing import cut_at
from pipelines.training.fine_tuning.freezing import freeze_below
from zoo.errors import RequestError


@pytest.fixture(scope="module", params=["plain", "fused"])
def model(request, tiny):
    return tiny() if request.param == "plain" else trainable_copy(tiny())


@pytest.mark.parametrize("norm_frozen", [True, False])
@pytest.mark.parametrize("stage", ["stem", "stage1", "stage2", "head"])
def test_the_flags_of_every_layer(model, stage, norm_frozen):
    freeze_below(model, stage, freeze_batch_norm=norm_frozen)
    names = [each.name for each in zoo.stages(model)]
    for each in zoo.stages(model):
        above = names.index(each.name) >= names.index(stage)
        for layer in each.layers:
            norm = isinstance(layer, keras.layers.BatchNormalization)
            expected = above and not (norm and norm_frozen)
            assert layer.trainable == expected, layer.name


def test_what_learns_grows_from_the_head_down(model):
    sizes = []
    for stage in ("head", "stage2", "stage1", "stem"):
        freeze_below(model, stage, freeze_batch_norm=True)
        sizes.append([len(model.trainable_variables), model.name])
    assert [size for size, _ in sizes] == [2, 4, 6, 7]
    freeze_below(model, "stem")
    assert len(model.trainable_variables) == 7 + 2 * 5


def test_a_stage_that_there_is_not(model):
    message = r"'tiny' has no stage 'stage3'\. All: stem, stage1, stage2, head"
    with pytest.raises(RequestError, match=message):
        freeze_below(model, "stage3")


def test_the_parts_are_the_model(tiny):
    model = tiny()
    pixels = np.random.default_rng(0).integers(0, 256, (2, 16, 16, 3), "uint8")
    frozen, train, evaluate = cut_at(model, "stage2", (12, 12, 3))
    smaller = zoo.resized(model, (12, 12, 3))
    few = pixels[:, :12, :12]
    np.testing.assert_allclose(train(frozen(few)), smaller(few), atol=1e-6)
    below, _ = zoo.split(model, "stage2")
    np.testing.assert_allclose(
        evaluate(below(pixels)), model(pixels), atol=1e-6
    )
    kernel = model.get_layer("head_logits").kernel
    assert train.get_layer("head_logits").kernel is kernel
