"""The Vision Transformer, against NumPy."""

import math

import keras
import numpy as np
import pytest
import tensorflow as tf

import zoo
from zoo import layers
from zoo.errors import RequestError
from zoo.layers import DropPath
from zoo.vit import VARIANTS
from zoo.vit import ViT
from zoo.vit import plan_blocks
from zoo.vit import resample_position_embeddings


def _attend(qkv, heads):
    """Attention, token by token, in NumPy and float64."""
    qkv = np.asarray(qkv, "float64")
    channels = qkv.shape[-1] // 3
    depth = channels // heads
    query, key, value = (
        qkv[..., i * channels :][..., :channels] for i in range(3)
    )
    y = np.empty_like(query)
    for picture in range(qkv.shape[0]):
        for head in range(heads):
            own = slice(head * depth, (head + 1) * depth)
            for token in range(qkv.shape[1]):
                scores = key[picture, :, own] @ query[picture, token, own]
                shares = np.exp(scores / math.sqrt(depth))
                shares /= shares.sum()
                y[picture, token, own] = shares @ value[picture, :, own]
    return y


@pytest.mark.parametrize(
    ("dtype", "tolerance"), [("float32", 1e-5), ("mixed_bfloat16", 0.05)]
)
def test_attention_is_the_formula_of_the_paper(dtype, tolerance):
    x = np.random.default_rng(0).normal(size=(2, 7, 3 * 12)).astype("float32")
    layer = layers.SelfAttention(3, dtype=dtype)
    y = np.asarray(keras.ops.cast(layer(x), "float32"))
    np.testing.assert_allclose(y, _attend(x, 3), atol=tolerance)


def test_attention_is_that_of_keras():
    generator = np.random.default_rng(1)
    x = generator.normal(size=(2, 6, 12)).astype("float32")
    theirs = keras.layers.MultiHeadAttention(3, 4)
    theirs.build((2, 6, 12), (2, 6, 12))
    values = [generator.normal(size=v.shape) for v in theirs.get_weights()]
    theirs.set_weights(values)
    kernels = [kernel.reshape(12, 12) for kernel in values[:6:2]]
    biases = [bias.reshape(12) for bias in values[1:6:2]]
    qkv = x @ np.concatenate(kernels, 1) + np.concatenate(biases)
    y = layers.SelfAttention(3)(qkv.astype("float32"))
    y = np.asarray(y) @ values[6].reshape(12, 12) + values[7]
    np.testing.assert_allclose(y, theirs(x, x), rtol=1e-4, atol=1e-4)


def test_attention_survives_scores_that_overflow():
    x = np.full((1, 4, 3 * 8), 100.0, "float32")
    x[:, 1] = -100
    y = np.asarray(layers.SelfAttention(2)(x))
    np.testing.assert_allclose(y[0, 0], 100, atol=1e-4)
    with pytest.raises(ValueError, match="Received: 24 channels for 3 x 5"):
        layers.SelfAttention(5)(x)


def _norm(x, layer):
    gamma, beta = layer.get_weights()
    centred = x - x.mean(-1, keepdims=True)
    return (
        centred / np.sqrt((centred**2).mean(-1, keepdims=True) + 1e-6) * (gamma)
        + beta
    )


def _gelu(x):
    return x * (1 + np.vectorize(math.erf)(x / math.sqrt(2))) / 2


def test_the_whole_model_is_that_of_the_paper(tiny, pictures):
    model = tiny("vit", classes=4)
    generator = np.random.default_rng(2)
    for variable in model.trainable_variables:
        variable.assign(generator.normal(0, 0.2, variable.shape))

    def dense(x, name):
        kernel, bias = model.get_layer(name).get_weights()
        return x @ kernel.reshape(-1, kernel.shape[-1]) + bias

    pixels = pictures(32, 2)
    x = pixels / 127.5 - 1.0
    # 4 x 4 patches of 8 x 8 pixels, each a row.
    x = x.reshape(2, 4, 8, 4, 8, 3).transpose(0, 1, 3, 2, 4, 5)
    x = dense(x.reshape(2, 16, 192), "stem_patches")
    token, positions = model.get_layer("stem_tokens").get_weights()
    token = np.broadcast_to(token, (2, 1, 24))
    x = np.concatenate([token, x], 1) + positions
    for block in ("stage1", "stage2"):
        name = f"{block}_attention"
        y = dense(_norm(x, model.get_layer(f"{name}_norm")), f"{name}_qkv")
        x = x + dense(_attend(y, 3), f"{name}_project")
        name = f"{block}_mlp"
        y = dense(_norm(x, model.get_layer(f"{name}_norm")), f"{name}_expand")
        x = x + dense(_gelu(y), f"{name}_project")
    x = _norm(x, model.get_layer("stage2_norm"))
    expected = dense(x[:, 0], "head_logits")
    actual = np.asarray(model(pixels))
    assert np.abs(actual - expected).max() < 1e-5 * np.abs(expected).max()


def test_stages_are_blocks_and_the_last_holds_the_norm(outline):
    model = outline("vit_s16")
    found = {stage.name: stage for stage in zoo.stages(model)}
    assert list(found) == [
        "stem",
        *(f"stage{i}" for i in range(1, 13)),
        "head",
    ]
    assert found["stem"].parameters == 768 * 384 + 384 + 384 + 197 * 384
    block = 12 * 384**2 + 13 * 384
    counts = [found[f"stage{i}"].parameters for i in range(1, 13)]
    assert counts == [block] * 11 + [block + 2 * 384]
    assert found["stage12"].layers[-1].name == "stage12_norm"
    assert found["stage12"].output.shape == (None, 197, 384)
    for layer in model.layers:
        if isinstance(layer, keras.layers.LayerNormalization):
            assert layer.epsilon == 1e-6


def test_queries_keys_and_values_start_as_three_matrices(tiny):
    kernel = tiny("vit").get_layer("stage1_attention_qkv").get_weights()[0]
    limit = (6 / (24 + 24)) ** 0.5
    assert 0.97 * limit < np.abs(kernel).max() <= limit


def test_drop_path_reaches_its_rate_in_the_last_block(no_weights):
    assert [b.drop_path_rate for b in plan_blocks(VARIANTS["vit_s16"])] == (
        [0] * 12
    )
    with no_weights():
        model = ViT(drop_path_rate=0.11)
    rates = {
        layer.name: layer.rate
        for layer in model.layers
        if isinstance(layer, DropPath)
    }
    assert len(rates) == 22
    for i in range(2, 13):
        for branch in ("attention", "mlp"):
            rate = rates[f"stage{i}_{branch}_drop_path"]
            assert rate == pytest.approx(0.01 * (i - 1))
    with pytest.raises(RequestError, match="`drop_path_rate` is in"):
        ViT(drop_path_rate=1.0)


@pytest.mark.parametrize("shape", [(224, 230, 3), (None, 224, 3), (8, 16, 3)])
def test_sides_are_multiples_of_the_patch(shape):
    with pytest.raises(RequestError) as caught:
        ViT(input_shape=shape)
    assert "fixed sides that are multiples of 16" in str(caught.value)
    assert f"input_shape={shape}" in str(caught.value)


def test_preprocessing_is_that_of_the_paper_s_code(outline):
    record = zoo.preprocessing(outline("vit_b16"))
    assert record.mean == record.std == (127.5, 127.5, 127.5)
    assert (record.crop_fraction, record.interpolation) == (0.9, "bicubic")


@pytest.mark.parametrize("new", [(14, 14), (24, 18), (7, 5), (1, 1)])
def test_positions_are_resampled_as_pictures_are(new):
    old = np.random.default_rng(3).normal(size=(1 + 14 * 10, 4))
    found = resample_position_embeddings(old, (14, 10), new)
    picture = old[1:].reshape(14, 10, 4)
    expected = tf.image.resize(picture, new, "bicubic", antialias=True)
    np.testing.assert_allclose(
        found[1:], np.reshape(expected, (-1, 4)), atol=1e-5
    )
    np.testing.assert_allclose(found[0], old[0], atol=1e-6)
    assert found.dtype == "float32"


def test_the_same_grid_is_the_identity_and_ramps_stay_ramps():
    ramp = np.arange(8.0)[:, None] * np.ones((8, 2))
    old = ramp.reshape(16, 1)
    same = resample_position_embeddings(old, (8, 2), (8, 2))
    np.testing.assert_allclose(same, old, atol=1e-6)
    new = resample_position_embeddings(old, (8, 2), (16, 2))
    inner = new.reshape(16, 2)[4:-4]
    np.testing.assert_allclose(np.diff(inner, axis=0), 0.5, atol=1e-6)


def test_resampled_positions_fit_a_model_of_another_size(tiny):
    small, large = tiny("vit"), tiny("vit", side=48)
    values = dict(
        zip(
            ("class_token", "position_embeddings"),
            small.get_layer("stem_tokens").get_weights(),
            strict=True,
        )
    )
    target = large.get_layer("stem_tokens")
    assert [v.name for v in target.weights] == list(values)
    new = resample_position_embeddings(
        values["position_embeddings"], (4, 4), (6, 6)
    )
    target.position_embeddings.assign(new)
    assert target.class_token.shape == values["class_token"].shape


@pytest.mark.parametrize(
    ("shape", "old", "new", "message"),
    [
        ((18, 4), (4, 4), (6, 6), "16 tokens, and one for the class"),
        ((1, 17, 4), (4, 4), (6, 6), "Received: (1, 17, 4)"),
        ((17, 4), (4, 4), (0, 6), "new_grid=(0, 6)"),
    ],
)
def test_positions_that_do_not_fit_their_grid_are_named(
    shape, old, new, message
):
    with pytest.raises(RequestError) as caught:
        resample_position_embeddings(np.zeros(shape), old, new)
    assert message in str(caught.value)
