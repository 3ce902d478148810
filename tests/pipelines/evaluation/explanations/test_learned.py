"""Kernels and maps that are shown, against the network's own numbers."""

import keras
import numpy as np

from pipelines.evaluation.explanations.learned.feature_maps import feature_maps
from pipelines.evaluation.explanations.learned.kernels import first_kernels
from pipelines.evaluation.explanations.learned.section import learned_section
from zoo.alexnet import AlexNet
from zoo.alexnet import AlexNetSpec
from zoo.alexnet import ConvSpec


def test_kernels_are_the_first_convolution_s(convolutional):
    layer = convolutional.get_layer("stem_conv")
    kernel = np.zeros(layer.kernel.shape, "float32")
    kernel[1, 1, :, 0] = (2, -2, 1)
    before = np.asarray(layer.kernel)
    layer.kernel.assign(kernel)
    try:
        (shown,) = first_kernels(convolutional)
    finally:
        layer.kernel.assign(before)
    assert shown.shape == (8, 3, 3, 3)
    # No part of it is grey; all of it is largest at 2.
    assert shown[0, 1, 1].tolist() == [255, 0, 191]
    assert (shown[1:] == 128).all()


def test_towers_are_parts_of_their_own():
    spec = AlexNetSpec(
        "towers",
        convolutions=(
            ConvSpec(6, 3, then=("max_pool",)),
            ConvSpec(4, 3, towers=2),
        ),
        hidden=(),
        image_size=16,
        smallest=1,
        classes=2,
    )
    model = AlexNet(spec)
    parts = first_kernels(model)
    assert [len(part) for part in parts] == [3, 3]
    own = np.asarray(model.get_layer("stem_conv").kernel)[..., 3]
    bright = own == own.max()
    assert (parts[1][0] == 255)[bright].all()


def test_the_liveliest_maps_of_each_stage(convolutional, transformer):
    random = np.random.default_rng(0)
    picture = random.integers(0, 256, (16, 16, 3), "uint8")
    found = feature_maps(convolutional, picture)
    assert list(found) == ["stem", "stage1", "stage2"]
    output = convolutional.get_layer("stage2_block1_relu").output
    maps = np.asarray(keras.Model(convolutional.input, output)(picture[None]))
    spread = maps[0].std(axis=(0, 1))
    channel, shown = found["stage2"][0]
    assert channel == spread.argmax() and shown.shape == (8, 8)
    own = maps[0, ..., channel]
    assert shown[np.unravel_index(own.argmax(), own.shape)] == 255
    assert shown.min() == 0
    patches = feature_maps(transformer, np.zeros((16, 24, 3), "uint8"))
    assert patches["stage1"][0][1].shape == (2, 3)


def test_a_section_of_the_page(convolutional):
    picture = np.zeros((16, 16, 3), "uint8")
    found = learned_section(convolutional, picture, "black.png")
    assert [row["count"] for row in found["kernels"]] == [8]
    assert [stage["name"] for stage in found["stages"]][-1] == "stage2"
    assert all(
        shown["picture"].startswith("data:image/jpeg;base64,")
        for stage in found["stages"]
        for shown in stage["maps"]
    )
