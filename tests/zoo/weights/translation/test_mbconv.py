"""The names of EfficientNet, EfficientNetV2 and MobileNetV3 elsewhere."""

import numpy as np
import pytest

from zoo.weights import translation
from zoo.weights.files import variable_names
from zoo.weights.translation.efficientnet import pixel_statistics

FAMILIES = ("efficientnet", "efficientnetv2", "mobilenetv3")
LIBRARIES = ("torchvision", "timm", "keras")


def _table(family, library):
    (table,) = (
        table
        for table in translation.TABLES
        if (table.family, table.library) == (family, library)
    )
    return table


def _rows(outline, name, library):
    family = name.partition("_")[0]
    names = list(variable_names(outline(name)))
    rows = _table(family, library).rows(names)
    return {row.ours: row.theirs for row in rows}


# Read in the state dicts of torchvision 0.28, timm 1.0.31 and Keras 3.15.
NAMES = (
    ("efficientnet_b0", "torchvision", "stem_conv", "features.0.0"),
    ("efficientnet_b0", "torchvision", "stem_conv_bn", "features.0.1"),
    (
        "efficientnet_b0",
        "torchvision",
        "stage1_block1_project",
        "features.1.0.block.2.0",
    ),
    (
        "efficientnet_b0",
        "torchvision",
        "stage4_block3_se_expand",
        "features.4.2.block.2.fc2",
    ),
    ("efficientnet_b0", "torchvision", "stage8_conv_bn", "features.8.1"),
    ("efficientnet_b0", "timm", "stage1_block1_project_bn", "blocks.0.0.bn2"),
    ("efficientnet_b0", "timm", "stage2_block1_project_bn", "blocks.1.0.bn3"),
    (
        "efficientnet_b0",
        "timm",
        "stage2_block1_se_reduce",
        "blocks.1.0.se.conv_reduce",
    ),
    ("efficientnet_b0", "timm", "stage8_conv", "conv_head"),
    *(
        ("efficientnet_lite0", "efficientnet_lite_pytorch", ours, theirs)
        for ours, theirs in (
            ("stem_conv_bn", "_bn0"),
            ("stage1_block1_depthwise_bn", "_blocks.0._bn1"),
            ("stage2_block1_expand", "_blocks.1._expand_conv"),
            ("stage7_block1_project", "_blocks.15._project_conv"),
            ("stage8_conv_bn", "_bn1"),
            ("head_logits", "_fc"),
        )
    ),
    (
        "efficientnet_lite4",
        "timm",
        "stage7_block1_project",
        "blocks.6.0.conv_pwl",
    ),
    ("mobilenetv3_small_minimal", "keras", "stage7_conv", "conv_2"),
    ("efficientnet_b0", "keras", "stage6_block4_depthwise", "block6d_dwconv"),
    ("efficientnet_b0", "keras", "stage6_block4_depthwise_bn", "block6d_bn"),
    (
        "efficientnet_b7",
        "keras",
        "stage6_block13_expand",
        "block6m_expand_conv",
    ),
    (
        "efficientnetv2_s",
        "torchvision",
        "stage1_block2_conv",
        "features.1.1.block.0.0",
    ),
    (
        "efficientnetv2_s",
        "torchvision",
        "stage2_block1_project_bn",
        "features.2.0.block.1.1",
    ),
    ("efficientnetv2_s", "torchvision", "stage7_conv", "features.7.0"),
    ("efficientnetv2_l", "torchvision", "stage8_conv", "features.8.0"),
    ("efficientnetv2_s", "timm", "stage1_block1_conv", "blocks.0.0.conv"),
    ("efficientnetv2_s", "timm", "stage2_block1_expand", "blocks.1.0.conv_exp"),
    (
        "efficientnetv2_b0",
        "keras",
        "stage1_block1_conv",
        "block1a_project_conv",
    ),
    (
        "efficientnetv2_b0",
        "keras",
        "stage4_block1_depthwise",
        "block4a_dwconv2",
    ),
    (
        "mobilenetv3_small",
        "torchvision",
        "stage3_block2_depthwise",
        "features.5.block.1.0",
    ),
    (
        "mobilenetv3_large",
        "torchvision",
        "stage3_block1_se_reduce",
        "features.4.block.2.fc1",
    ),
    ("mobilenetv3_small", "torchvision", "stage6_conv", "features.12.0"),
    ("mobilenetv3_large", "torchvision", "stage7_conv_bn", "features.16.1"),
    ("mobilenetv3_large", "torchvision", "stage8_conv", "classifier.0"),
    ("mobilenetv3_large", "timm", "stage7_conv_bn", "blocks.6.0.bn1"),
    ("mobilenetv3_large", "timm", "stage8_conv", "conv_head"),
    (
        "mobilenetv3_large",
        "keras",
        "stage6_block3_se_expand",
        "expanded_conv_14_squeeze_excite_conv_1",
    ),
    (
        "mobilenetv3_large",
        "keras",
        "stage1_block1_depthwise",
        "expanded_conv_depthwise",
    ),
    ("mobilenetv3_small", "keras", "stage7_conv", "conv_2"),
)


@pytest.mark.parametrize(("name", "library", "ours", "theirs"), NAMES)
def test_layers_are_called_as_there(name, library, ours, theirs, outline):
    rows = _rows(outline, name, library)
    found = {
        row.rpartition("/" if library == "keras" else ".")[0]
        for own, row in rows.items()
        if own.rpartition("/")[0] == ours
    }
    assert found == {theirs}


@pytest.mark.parametrize("library", LIBRARIES)
@pytest.mark.parametrize("family", FAMILIES)
def test_tables_turn_there_and_back(family, library, tiny):
    table, generator = _table(family, library), np.random.default_rng(0)
    ours = {
        name: generator.normal(size=variable.shape)
        for name, variable in variable_names(tiny(family)).items()
    }
    theirs = translation.to_theirs(table, ours)
    assert len(theirs) == len(ours)
    assert table in translation.recognise(theirs)
    back = translation.to_ours(table, theirs, reversed(list(ours)))
    assert back.keys() == ours.keys()
    for name, tensor in ours.items():
        np.testing.assert_array_equal(back[name], tensor, err_msg=name)


KINDS = {
    "efficientnet_b0": ("torchvision", "timm", "keras"),
    "efficientnet_b7": ("torchvision", "timm", "keras"),
    "efficientnet_lite0": ("timm", "efficientnet_lite_pytorch"),
    "efficientnetv2_b3": ("timm", "keras"),
    "efficientnetv2_s": ("torchvision", "timm", "keras"),
    "efficientnetv2_l": ("torchvision", "timm", "keras"),
    "mobilenetv3_small": ("torchvision", "timm", "keras"),
    "mobilenetv3_large": ("torchvision", "timm", "keras"),
    "mobilenetv3_large_minimal": ("timm", "keras"),
}


@pytest.mark.parametrize(
    ("name", "library"),
    [(name, library) for name, kinds in KINDS.items() for library in kinds],
)
def test_a_file_is_recognised_as_one_kind(name, library, outline):
    names = _rows(outline, name, library).values()
    kinds = [
        (table.family, table.library) for table in translation.recognise(names)
    ]
    assert kinds == [(name.partition("_")[0], library)]


def test_kernels_turn_as_their_operation_wants():
    table = _table("mobilenetv3", "torchvision")
    names = [
        "stage1_block1_depthwise/kernel",
        "stage1_block1_project/kernel",
        "stage2_conv/kernel",
        "stage3_conv/kernel",
        "head_logits/kernel",
    ]
    theirs = {
        "features.1.block.0.0.weight": np.arange(18).reshape(2, 1, 3, 3),
        "features.1.block.1.0.weight": np.arange(6).reshape(3, 2, 1, 1),
        "features.2.0.weight": np.arange(12).reshape(4, 3, 1, 1),
        "classifier.0.weight": np.arange(20).reshape(5, 4),
        "classifier.3.weight": np.arange(30).reshape(6, 5),
    }
    ours = translation.to_ours(table, theirs, names)
    depthwise, project, last, pooled, head = (ours[name] for name in names)
    assert depthwise.shape == (3, 3, 2, 1) and depthwise[1, 2, 1, 0] == 14
    assert project.shape == (1, 1, 2, 3) and project[0, 0, 1, 2] == 5
    assert last.shape == (1, 1, 3, 4) and last[0, 0, 2, 1] == 5
    assert pooled.shape == (1, 1, 4, 5) and pooled[0, 0, 3, 1] == 7
    assert head.shape == (5, 6) and head[4, 1] == 9


def test_files_of_keras_2_name_mobilenetv3_by_folders():
    table = _table("mobilenetv3", "keras")
    # As the reader names what `Conv/BatchNorm` and `Conv` are stored as.
    theirs = {
        "Conv/Conv/kernel": np.zeros((3, 3, 3, 16)),
        "Conv/BatchNorm/Conv/BatchNorm/gamma": np.zeros(16),
        "expanded_conv/depthwise/expanded_conv/depthwise/depthwise_kernel": (
            np.zeros((3, 3, 16, 1))
        ),
        "expanded_conv/squeeze_excite/Conv_1/expanded_conv/squeeze_excite/"
        "Conv_1/bias": np.zeros(16),
        "expanded_conv_1/expand/BatchNorm/expanded_conv_1/expand/BatchNorm/"
        "moving_mean": np.zeros(72),
        "Conv_1/BatchNorm/Conv_1/BatchNorm/beta": np.zeros(576),
        "Logits/kernel": np.zeros((1, 1, 1024, 1000)),
    }
    names = [
        "stem_conv/kernel",
        "stem_conv_bn/gamma",
        "stage1_block1_depthwise/kernel",
        "stage1_block1_se_expand/bias",
        "stage2_block1_expand_bn/moving_mean",
        "stage3_conv_bn/beta",
        "head_logits/kernel",
    ]
    assert [kind.library for kind in translation.recognise(theirs)] == ["keras"]
    assert translation.to_ours(table, theirs, names).keys() == set(names)


def test_a_file_of_keras_may_number_its_variables():
    table = _table("efficientnet", "keras")
    theirs = {
        "block1a_dwconv/0": np.zeros((3, 3, 8, 1)),
        "block1a_bn/3": np.full(8, 3.0),
        "block1a_bn/0": np.zeros(8),
        "block1a_se_reduce/0": np.zeros((1, 1, 8, 2)),
        "block1a_se_reduce/1": np.ones(2),
        "normalization/0": np.zeros(3),
        "normalization/2": np.zeros(()),
    }
    names = [
        "stage1_block1_depthwise/kernel",
        "stage1_block1_depthwise_bn/moving_variance",
        "stage1_block1_depthwise_bn/gamma",
        "stage1_block1_se_reduce/kernel",
        "stage1_block1_se_reduce/bias",
    ]
    ours = translation.to_ours(table, theirs, names)
    assert ours.keys() == set(names)
    assert ours["stage1_block1_depthwise_bn/moving_variance"][0] == 3


MEAN, STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)


@pytest.mark.parametrize(
    ("mean", "variance", "std"),
    [
        (MEAN, STD, STD),
        (MEAN, tuple(s**2 for s in STD), STD),
        ((0, 0, 0), (1, 1, 1), (1, 1, 1)),
    ],
)
@pytest.mark.parametrize("names", [("mean", "variance"), ("0", "1")])
def test_efficientnet_s_file_says_how_pixels_are_scaled(
    mean, variance, std, names
):
    tensors = {
        f"normalization_2/{names[0]}": np.float32(mean),
        f"normalization_2/{names[1]}": np.float32(variance),
        f"normalization_2/{'count' if names[0] == 'mean' else 2}": np.int64(0),
    }
    table = _table("efficientnet", "keras")
    assert table.pixels is pixel_statistics
    found = table.pixels(tensors)
    np.testing.assert_allclose(found, 255 * np.array((mean, std)), rtol=1e-6)


def test_a_file_without_normalization_says_nothing_of_pixels():
    assert pixel_statistics({"stem_conv/kernel": np.zeros(3)}) is None
    assert pixel_statistics({"normalization/mean": np.zeros(3)}) is None
