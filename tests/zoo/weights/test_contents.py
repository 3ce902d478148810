"""How many classes a file has, by whatever name its head goes."""

import numpy as np
import pytest
import safetensors.numpy

from zoo import efficientnet
from zoo.weights import translation
from zoo.weights.contents import HEAD
from zoo.weights.contents import Contents
from zoo.weights.facts import Facts


def _contents(tensors, tables=()):
    return Contents("w.h5", tensors, Facts(), tuple(tables))


def _head(table, *, numbered):
    """A head of ten classes, as a file of that kind calls it."""
    tensors = {HEAD[0]: np.zeros((4, 10)), HEAD[1]: np.zeros(10)}
    names = {row.ours: row.theirs for row in table.rows(list(HEAD))}
    layer = names[HEAD[1]].rpartition("/")[0]
    if numbered:
        names = {HEAD[0]: f"{layer}/0", HEAD[1]: f"{layer}/1"}
    return {names[ours]: tensor for ours, tensor in tensors.items()}


@pytest.mark.parametrize(
    "table", translation.TABLES, ids=lambda table: table.family + table.library
)
def test_every_library_s_head_is_counted(table):
    assert _contents(_head(table, numbered=False), [table]).classes == 10
    assert _contents({"other": np.zeros(3)}, [table]).classes is None


@pytest.mark.parametrize(
    "table",
    [table for table in translation.TABLES if table.library == "keras"],
    ids=lambda table: table.family,
)
def test_a_head_that_is_only_numbered_is_counted(table):
    assert _contents(_head(table, numbered=True), [table]).classes == 10


@pytest.mark.parametrize("name", ["head_logits/bias", "head_logits/1"])
def test_a_head_of_ours_is_counted(name):
    assert _contents({name: np.zeros(10)}).classes == 10
    assert _contents({name: np.float32(1)}).classes is None


def test_damage_is_left_to_the_loading():
    table = next(
        table
        for table in translation.TABLES
        if (table.family, table.library) == ("resnet", "keras")
    )
    # A bias whose mean is missing cannot be folded.
    assert _contents({"conv1_conv/bias": np.ones(3)}, [table]).classes is None


def test_a_model_has_the_classes_of_a_file_that_numbers_them(
    mobile, fill, values, as_theirs, tmp_path
):
    model = fill(mobile("keras"))
    numbers = {"kernel": 0, "bias": 1, "gamma": 0, "beta": 1}
    numbers |= {"moving_mean": 2, "moving_variance": 3}
    numbered = {}
    for name, tensor in as_theirs(model, "efficientnet", "keras").items():
        layer, _, variable = name.rpartition("/")
        numbered[f"{layer}/{numbers[variable]}"] = tensor
    path = tmp_path / "net.safetensors"
    safetensors.numpy.save_file(numbered, path)
    spec = efficientnet.EfficientNetSpec(
        "efficientnet_b0", efficientnet.compound_scaling(phi=-4)
    )
    loaded = efficientnet.EfficientNet(
        spec, input_shape=(32, 32, 3), weights=path
    )
    assert loaded.output_shape == (None, 5)
    head = values(loaded)[HEAD[0]]
    assert np.array_equal(head, values(model)[HEAD[0]])
