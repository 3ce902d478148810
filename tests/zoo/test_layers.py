"""The zoo's own layers, against NumPy."""

import keras
import ml_dtypes
import numpy as np
import pytest
import tensorflow as tf

from zoo import layers
from zoo.layers import InnerAveragePooling2D
from zoo.layers import grouped
from zoo.preprocessing import Preprocessing
from zoo.preprocessing import imagenet


def _lrn(x, radius, bias, alpha, beta):
    """The formula of the paper's section 3.3, term by term."""
    x = np.asarray(x, "float64")
    y = np.empty_like(x)
    channels = x.shape[-1]
    for i in range(channels):
        low, high = max(0, i - radius), min(channels - 1, i + radius)
        energy = (x[..., low : high + 1] ** 2).sum(-1)
        y[..., i] = x[..., i] / (bias + alpha * energy) ** beta
    return y


@pytest.mark.parametrize(
    ("radius", "bias", "alpha", "beta", "channels"),
    [
        (2, 2.0, 1e-4, 0.75, 96),
        (1, 1.0, 0.5, 0.5, 7),
        (3, 1.5, 0.01, 1.0, 5),
        (5, 2.0, 1e-3, 0.75, 3),
        (0, 1.0, 1.0, 0.5, 4),
    ],
)
def test_lrn_is_the_formula_of_the_paper(radius, bias, alpha, beta, channels):
    generator = np.random.default_rng(1)
    x = generator.normal(0, 30, (2, 3, 4, channels)).astype("float32")
    layer = layers.LocalResponseNormalization(radius, bias, alpha, beta)
    expected = _lrn(x, radius, bias, alpha, beta)
    np.testing.assert_allclose(layer(x), expected, rtol=1e-5, atol=1e-5)


def test_lrn_does_not_divide_alpha_by_n():
    x = np.random.default_rng(2).normal(0, 100, (1, 2, 2, 9)).astype("float32")
    divided = _lrn(x, 2, 2.0, 1e-4 / 5, 0.75)
    actual = np.asarray(layers.LocalResponseNormalization()(x))
    assert np.abs(actual - divided).max() > 1


@pytest.mark.parametrize(
    ("dtype", "precision"), [("bfloat16", 2**-8), ("float16", 2**-11)]
)
def test_lrn_computes_in_float32_under_mixed_precision(dtype, precision):
    x = np.random.default_rng(3).normal(0, 150, (2, 3, 3, 16))
    x = x.astype(getattr(ml_dtypes, dtype, dtype))
    layer = layers.LocalResponseNormalization(
        bias=1.0, alpha=1.0, dtype=f"mixed_{dtype}"
    )
    y = layer(keras.ops.convert_to_tensor(x))
    assert keras.backend.standardize_dtype(y.dtype) == dtype
    # The squares of 5 channels add up to more than float16 can hold.
    expected = _lrn(x.astype("float64"), 2, 1.0, 1.0, 0.75)
    y = np.asarray(keras.ops.cast(y, "float32"))
    np.testing.assert_allclose(y, expected, rtol=precision, atol=1e-7)


def test_pixel_scaling_is_exact_for_every_pixel():
    record = imagenet(16)
    pixels = np.arange(256, dtype="uint8").reshape(1, 16, 16, 1)
    pixels = np.repeat(pixels, 3, -1)
    layer = layers.PixelScaling(record, dtype="mixed_bfloat16")
    expected = (pixels - np.array(record.mean)) / np.array(record.std)
    for dtype in ("uint8", "int32", "float32"):
        y = layer(pixels.astype(dtype))
        assert keras.backend.standardize_dtype(y.dtype) == "float32"
        np.testing.assert_allclose(y, expected, atol=1e-6)
    assert layer.weights == []


def test_drop_path_drops_whole_examples_at_its_rate():
    x = np.ones((4000, 2, 2, 3), "float32")
    y = np.asarray(layers.DropPath(0.25, seed=7)(x, training=True))
    kept = y[:, 0, 0, 0] > 0
    assert np.allclose(y[kept], 1 / 0.75) and not y[~kept].any()
    # Five standard deviations of 4000 throws.
    assert abs(kept.mean() - 0.75) < 5 * (0.25 * 0.75 / 4000) ** 0.5
    assert (np.asarray(layers.DropPath(0.25)(x, training=False)) == x).all()
    assert np.allclose(layers.DropPath(0.9)(x[:1, 0], training=False), 1)


@pytest.mark.parametrize(("channels", "before"), [(4, 1), (7, 2), (2, 0)])
def test_the_shortcut_of_option_a_is_exact(channels, before):
    x = np.random.default_rng(4).normal(size=(2, 5, 6, 2)).astype("float32")
    y = layers.SubsampleAndPadChannels(channels, stride=2)(x)
    expected = np.zeros((2, 3, 3, channels), "float32")
    expected[..., before : before + 2] = x[:, ::2, ::2]
    assert (np.asarray(y) == expected).all()


def test_split_channels_are_the_halves():
    x = np.arange(24.0, dtype="float32").reshape(1, 2, 2, 6)
    parts = layers.SplitChannels(3)(x)
    assert [np.asarray(part)[0, 0, 0].tolist() for part in parts] == [
        [0, 1],
        [2, 3],
        [4, 5],
    ]


def _convolve_each_group(x, kernel, groups, stride):
    parts = zip(
        tf.split(x, groups, -1), tf.split(kernel, groups, -1), strict=True
    )
    return tf.concat(
        [tf.nn.conv2d(part, own, stride, "SAME") for part, own in parts], -1
    )


@pytest.mark.parametrize(
    ("policy", "tolerance"), [("float32", 1e-5), ("mixed_bfloat16", 0.02)]
)
@pytest.mark.parametrize("stride", [1, 2])
def test_a_grouped_convolution_and_its_gradients_are_those_of_each_group(
    stride, policy, tolerance
):
    generator = np.random.default_rng(6)
    x = tf.constant(generator.normal(size=(2, 7, 8, 12)), "float32")
    layer = layers.GroupedConv2D(
        *(24, 3, stride), padding="same", groups=3, dtype=policy, use_bias=False
    )
    layer.build(x.shape)
    kernel = tf.constant(layer.kernel)
    (variable,) = layer.weights
    assert variable.shape == (3, 3, 4, 24)
    with tf.GradientTape(persistent=True) as tape:
        tape.watch((x, kernel))
        y = tf.cast(layer(x), "float32")
        expected = _convolve_each_group(x, kernel, 3, stride)
        energy, own = tf.reduce_sum(y**2), tf.reduce_sum(expected**2)
    for actual, wanted in (
        (y, expected),
        (tape.gradient(energy, x), tape.gradient(own, x)),
        (
            tape.gradient(energy, variable.value),
            tape.gradient(own, kernel),
        ),
    ):
        limit = tolerance * np.abs(wanted).max()
        np.testing.assert_allclose(actual, wanted, atol=limit)


@pytest.mark.parametrize("here", [[], ["GPU:0"]])
def test_the_gpu_that_counts_is_one_that_may_be_used(monkeypatch, here):
    """It may be there and hidden from the program."""
    made, real = [], grouped._with_gradients_by_group

    def noted(*arguments):
        made.append(arguments)
        return real(*arguments)

    devices = {"list_logical_devices": here, "list_physical_devices": ["GPU:0"]}
    for name, found in devices.items():
        monkeypatch.setattr(tf.config, name, lambda kind, found=found: found)
    monkeypatch.setattr(grouped, "_with_gradients_by_group", noted)
    layers.GroupedConv2D(8, 3, groups=4)(tf.zeros((1, 5, 5, 8)))
    assert bool(made) is not bool(here)


def test_a_grouped_convolution_is_one_operation_of_tensorflow():
    layer = layers.GroupedConv2D(8, 3, groups=4)
    run = tf.function(layer).get_concrete_function(tf.zeros((1, 5, 5, 8)))
    kinds = [operation.type for operation in run.graph.get_operations()]
    assert kinds.count("Conv2D") == 1
    # XLA's would be a call, which is not exported.
    assert not [kind for kind in kinds if "Call" in kind or "Split" in kind]


@pytest.mark.parametrize("dtype", ["float32", "mixed_bfloat16"])
@pytest.mark.parametrize("scale", [1, 1e6])
@pytest.mark.parametrize(
    ("pool", "stride", "border"), [(3, 2, 1), (4, 3, 1), (5, 1, 2), (2, 2, 0)]
)
def test_padded_pooling_never_lets_the_border_win(
    pool, stride, border, scale, dtype
):
    x = -scale * np.random.default_rng(5).uniform(1, 2, (2, 7, 8, 3))
    x = x.astype(ml_dtypes.bfloat16).astype("float32")
    layer = layers.PaddedMaxPooling2D(pool, stride, border, dtype=dtype)
    sides = ((0, 0), (border, border), (border, border), (0, 0))
    padded = np.pad(x, sides, constant_values=-np.inf)
    height, width = ((n + 2 * border - pool) // stride + 1 for n in (7, 8))
    expected = np.empty((2, height, width, 3))
    for row in range(height):
        for column in range(width):
            top, left = stride * row, stride * column
            window = padded[:, top : top + pool, left : left + pool]
            expected[:, row, column] = window.max((1, 2))
    y = np.asarray(keras.ops.cast(layer(x), "float32"))
    assert (y == expected).all()


def test_padded_pooling_takes_the_gradient_back_to_the_winner():
    x = tf.constant(np.random.default_rng(6).normal(size=(1, 6, 6, 2)))
    with tf.GradientTape() as tape:
        tape.watch(x)
        total = tf.reduce_sum(layers.PaddedMaxPooling2D(3, 2)(x))
    gradient = tape.gradient(total, x).numpy()
    # 3 x 3 windows, each of which has one winner in each channel.
    assert gradient.sum() == 3 * 3 * 2
    assert gradient[0, 0, 0].max() <= 1 and (gradient == gradient // 1).all()


@pytest.mark.parametrize("border", [-1, 2])
def test_padded_pooling_refuses_wide_borders(border):
    with pytest.raises(ValueError, match=f"Received: border={border}"):
        layers.PaddedMaxPooling2D(3, 2, border=border)


def test_logits_are_float32_under_every_policy():
    head = layers.Logits(3, dtype="mixed_float16")
    y = head(np.full((1, 8), 300.0, "float16"))
    assert keras.backend.standardize_dtype(y.dtype) == "float32"
    assert np.isfinite(np.asarray(y)).all()


@pytest.mark.parametrize(
    ("layer", "changed"),
    [
        (
            layers.PixelScaling(
                Preprocessing(
                    48, (1, 2, 3), (4, 5, 6), 0.5, interpolation="bicubic"
                ),
                name="a",
            ),
            ("preprocessing",),
        ),
        (
            layers.LocalResponseNormalization(3, 1.5, 0.2, 0.6),
            ("depth_radius", "bias", "alpha", "beta"),
        ),
        (layers.DropPath(0.3, seed=5), ("rate", "seed")),
        (layers.SubsampleAndPadChannels(12, 3), ("channels", "stride")),
        (layers.SplitChannels(3), ("parts",)),
        (layers.GroupedConv2D(6, 3, groups=2), ("filters", "groups")),
        (layers.PatchTokens(name="a"), ("name",)),
        (layers.SelfAttention(3), ("heads",)),
        (layers.ClassToken(name="a"), ("name",)),
        (
            layers.InnerAveragePooling2D(3, 2, padding="same"),
            ("pool_size", "strides", "padding"),
        ),
        (
            layers.PaddedMaxPooling2D(5, 3, border=2),
            ("pool_size", "strides", "border"),
        ),
        (
            layers.Logits(
                2,
                class_names=("a", "b"),
                activation="softmax",
                use_bias=False,
                kernel_initializer="zeros",
            ),
            ("units", "class_names", "activation", "use_bias"),
        ),
        (
            layers.MeanLogits(2, class_names=("a", "b")),
            ("units", "class_names"),
        ),
        (layers.MiddleWindow(24, 0.875), ("image_size", "part")),
    ],
    ids=lambda value: type(value).__name__,
)
def test_configurations_survive_a_round_trip(layer, changed):
    config = layer.get_config()
    assert all(key in config for key in changed)
    copy = keras.saving.deserialize_keras_object(
        keras.saving.serialize_keras_object(layer)
    )
    assert type(copy) is type(layer)
    assert copy.get_config() == config
    for key in changed:
        assert getattr(copy, key) == getattr(layer, key)
    registered = keras.saving.get_registered_name(type(layer))
    assert registered == f"zoo>{type(layer).__name__}"


def test_every_layer_is_covered_by_the_round_trip():
    own = {
        name
        for name, value in vars(layers).items()
        if isinstance(value, type) and issubclass(value, keras.layers.Layer)
    }
    (mark,) = test_configurations_survive_a_round_trip.pytestmark
    assert {type(layer).__name__ for layer, _ in mark.args[1]} == own


@pytest.mark.parametrize(
    ("layer", "shape"),
    [
        (layers.LocalResponseNormalization(), (None, 5, None, 8)),
        (layers.SubsampleAndPadChannels(9, 2), (None, 5, None, 8)),
        (layers.PaddedMaxPooling2D(3, 2), (None, 5, None, 8)),
        (layers.DropPath(0.5), (None, 5, None, 8)),
    ],
    ids=lambda value: type(value).__name__,
)
def test_declared_shapes_are_those_that_come_out(layer, shape):
    declared = layer.compute_output_shape(shape)
    assert declared == layer(keras.Input(shape[1:])).shape
    y = layer(np.zeros((2, 5, 6, 8), "float32"))
    for said, is_ in zip(declared, y.shape, strict=True):
        assert said in (None, is_)


def test_pixels_divided_by_255_are_warned_about_once(tiny, pictures):
    model = tiny("resnet_cifar")
    images = pictures(32, 2)
    model(np.zeros_like(images, "float32"))  # Says nothing either way.
    with pytest.warns(UserWarning, match="at most 1\\. A model .* 0…255"):
        model(images / np.float32(images.max()))
    model(images / np.float32(255))
    right = tiny("resnet_cifar")
    right(images.astype("float32"))
    right(images / np.float32(255))
    tiny("resnet_cifar")(images // 200)  # Nearly black, and right.


def test_a_border_counts_for_nothing():
    x = np.random.default_rng(0).normal(size=(2, 6, 7, 3)).astype("float32")
    layer = InnerAveragePooling2D(3, 2, padding="same")
    expected = keras.layers.AveragePooling2D(3, 2, padding="same")(x)
    assert np.array_equal(layer(x), expected)
    by_hand = layer._sums(x) / layer._sums(np.ones((1, 6, 7, 1), "float32"))
    np.testing.assert_allclose(by_hand, expected, atol=1e-6)
