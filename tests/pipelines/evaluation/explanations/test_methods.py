"""Maps against formulas, sums and differences that need no gradient."""

import dataclasses

import keras
import numpy as np
import pytest

from pipelines.evaluation.explanations.explaining import explain
from pipelines.evaluation.explanations.glances import Glance
from pipelines.evaluation.explanations.methods import channel_maps
from pipelines.evaluation.explanations.methods import occlusion
from pipelines.evaluation.explanations.methods import pixel_gradients
from pipelines.evaluation.explanations.methods.table import METHODS
from pipelines.evaluation.explanations.names import NAMES
from pipelines.evaluation.explanations.names import RANDOM
from pipelines.evaluation.explanations.names import chosen
from pipelines.evaluation.explanations.network import ExplainedNetwork
from pipelines.evaluation.explanations.targets import Target
from zoo.errors import RequestError


def head_of(model):
    layer = model.get_layer("head_logits")
    return np.asarray(layer.kernel), np.asarray(layer.bias)


def test_each_name_is_a_method():
    assert list(NAMES) == list(METHODS)


def test_behind_global_pooling_the_weights_are_the_dense_ones(
    network, convolutional, pixels, target
):
    """Zhou et al., 2016: there Grad-CAM is CAM."""
    glance = Glance(network, pixels, target)
    kernel, _ = head_of(convolutional)
    _, height, width, _ = glance.activations.shape
    expected = kernel[:, target.classes].T / (height * width)
    weights = glance.gradients.mean(axis=(1, 2))
    assert np.abs(weights - expected).max() < 1e-7


@pytest.mark.parametrize("method", ["grad_cam", "hires_cam"])
def test_a_map_and_the_bias_are_the_logit(
    method, network, convolutional, pixels, target
):
    maps = explain(network, pixels, target, [method])[method]
    _, bias = head_of(convolutional)
    logits = np.asarray(convolutional(pixels))
    rows = np.arange(len(pixels))
    height, width = maps.shape[1:]
    total = maps.sum(axis=(1, 2))
    # Grad-CAM takes the mean of the gradients, each of which is the same.
    found = total + bias[target.classes]
    assert np.abs(found - logits[rows, target.classes]).max() < 1e-4
    assert height == width == 8


def test_gradients_are_finite_differences(network, pixels, target):
    glance = Glance(network, pixels[:1], target[:1])
    tail = keras.Model(network.stage.output, network.model.output)
    random = np.random.default_rng(0)
    for _ in range(5):
        place = tuple(random.integers(0, glance.features.shape[1:]))
        step = np.zeros_like(glance.features)
        step[0, *place] = 0.05
        up, down = (
            np.asarray(tail(glance.features + sign * step))[
                0, target.classes[0]
            ]
            for sign in (1, -1)
        )
        slope = (up - down) / 0.1
        assert abs(slope - glance.gradients[0, *place]) < 1e-3


def test_integrated_gradients_are_complete(network, pixels, target):
    maps = explain(network, pixels, target, ["integrated_gradients"])
    grey = np.broadcast_to(network.grey, pixels.shape).astype("float32")
    logits, nothing = network.logits(pixels), network.logits(grey)
    rows = np.arange(len(pixels))
    expected = (logits - nothing)[rows, target.classes]
    found = maps["integrated_gradients"].sum(axis=(1, 2))
    assert np.abs(found - expected).max() < 0.01 * np.abs(expected).max()


def test_two_classes_are_the_difference_of_their_maps(network, pixels):
    one, other = (np.full(3, number) for number in (0, 2))
    methods = ["grad_cam", "integrated_gradients"]
    both = explain(network, pixels, Target(one, other), methods)
    first = explain(network, pixels, Target(one), methods)
    second = explain(network, pixels, Target(other), methods)
    for name in methods:
        expected = first[name] - second[name]
        assert np.allclose(both[name], expected, atol=1e-4), name


def test_grad_cam_plus_plus_by_the_paper(network, pixels, target, monkeypatch):
    """Equation 19, of the exponential of the answer, channel by channel."""
    monkeypatch.setattr(channel_maps, "_EPSILON", 0)
    glance = Glance(network, pixels, target)
    found = METHODS["grad_cam_plus_plus"](glance)
    a, g = (
        each.astype("float64")
        for each in (glance.activations, glance.gradients)
    )
    expected = np.zeros(found.shape)
    for channel in range(a.shape[-1]):
        slope = g[..., channel]
        total = a[..., channel].sum(axis=(1, 2), keepdims=True)
        below = 2 * slope**2 + total * slope**3
        share = slope**2 / below
        weight = (share * np.maximum(slope, 0)).sum((1, 2), keepdims=True)
        expected += weight * a[..., channel]
    assert np.allclose(found, expected, rtol=1e-4)


def test_layer_cam_leaves_out_what_speaks_against(network, pixels, target):
    glance = Glance(network, pixels, target)
    assert (glance.activations >= 0).all()
    layer, hires = (
        METHODS[name](glance) for name in ("layer_cam", "hires_cam")
    )
    assert (layer >= 0).all() and (layer >= hires - 1e-6).all()


def test_eigen_cam_is_the_first_principal_component(network, pixels, target):
    from sklearn.decomposition import PCA

    glance = Glance(network, pixels, target)
    found = METHODS["eigen_cam"](glance)
    for heat, maps in zip(found, glance.activations, strict=True):
        places = maps.reshape(-1, maps.shape[-1])
        expected = PCA(1).fit_transform(places)[:, 0]
        correlation = np.corrcoef(heat.ravel(), expected)[0, 1]
        assert abs(abs(correlation) - 1) < 1e-4
        sizes = np.linalg.norm(places, axis=1)
        assert np.corrcoef(heat.ravel(), sizes)[0, 1] > 0


def test_score_cam_by_hand(network, convolutional, pixels, target):
    """One channel after the other, by Keras's own enlarging."""
    maps = np.asarray(network.activations(pixels[:1]))
    scores = []
    for channel in range(maps.shape[-1]):
        large = keras.ops.image.resize(maps[..., channel, None], (16, 16))
        large = np.asarray(large)[0]
        mask = (large - large.min()) / (large.max() - large.min() + 1e-8)
        shown = network.grey + mask * (pixels[0] - network.grey)
        logits = np.asarray(convolutional(shown[None].astype("float32")))
        scores.append(logits[0, target.classes[0]])
    weights = np.exp(scores - np.max(scores))
    expected = (maps[0] * (weights / weights.sum())).sum(axis=-1)
    found = explain(network, pixels[:1], target[:1], ["score_cam"])
    assert np.allclose(found["score_cam"][0], expected, atol=1e-4)


def test_occlusion_by_hand(network, pixels, target, monkeypatch):
    """Windows that do not overlap: each is how far the logit falls."""
    monkeypatch.setattr(occlusion, "_WINDOW", 1 / 2)
    monkeypatch.setattr(occlusion, "_STEP", 1 / 2)
    found = explain(network, pixels, target, ["occlusion"])["occlusion"]
    rows = np.arange(len(pixels))
    whole = network.logits(pixels)[rows, target.classes]
    for top in (0, 8):
        for left in (0, 8):
            covered = pixels.astype("float32")
            covered[:, top : top + 8, left : left + 8] = network.grey
            fall = whole - network.logits(covered)[rows, target.classes]
            window = found[:, top : top + 8, left : left + 8]
            assert np.allclose(window, fall[:, None, None], atol=1e-5)


def test_windows_cover_every_pixel():
    for side in (1, 3, 7, 16, 224):
        covered = np.zeros(side, int)
        for start, length in occlusion._spans(side):
            covered[start : start + length] += 1
        assert covered.min() >= 1, side


def test_smooth_grad_without_noise_is_the_gradient(
    network, pixels, target, monkeypatch
):
    monkeypatch.setattr(pixel_gradients, "NOISE", 0.0)
    found = explain(network, pixels, target, ["smooth_grad"])["smooth_grad"]
    asked = target.directions(3)
    slopes = np.abs(network.pixel_gradients(pixels, asked)).max(axis=-1)
    assert np.allclose(found, slopes, rtol=1e-4, atol=1e-6)


def test_rollout_by_hand(transformer):
    """Softmax, mean of the heads and products, all of it in NumPy."""
    random = np.random.default_rng(5)
    pixels = random.integers(0, 256, (2, 16, 24, 3), "uint8")
    network = ExplainedNetwork(transformer)
    assert network.stage.name == "stage2"
    target = Target(np.array([0, 1]))
    found = explain(network, pixels, target, ["attention_rollout"])
    flow = np.eye(7)
    for number in (1, 2, 3):
        layer = transformer.get_layer(f"stage{number}_attention_qkv")
        part = keras.Model(transformer.input, layer.output)
        packed = np.asarray(part(pixels), "float64").reshape(2, 7, 3, 2, 12)
        query, key = packed[:, :, 0], packed[:, :, 1]
        scores = np.einsum("bqhd,bkhd->bhqk", query, key) / np.sqrt(12)
        powers = np.exp(scores)
        shares = (powers / powers.sum(-1, keepdims=True)).mean(axis=1)
        flow = (shares + np.eye(7)) / 2 @ flow
    expected = flow[:, 0, 1:].reshape(2, 2, 3)
    assert np.allclose(found["attention_rollout"], expected, atol=1e-6)


def test_tokens_lie_as_patches_do(transformer):
    """What is changed in one patch is hot there and nowhere else."""
    network = ExplainedNetwork(transformer, "stem")
    plain = np.full((1, 16, 24, 3), 100, "uint8")
    spot = plain.copy()
    spot[:, 8:, 16:] = 250
    change = network.activations(spot) - network.activations(plain)
    changed = np.abs(change).max(axis=-1)[0] > 1e-6
    assert changed.tolist() == [[False] * 3, [False, False, True]]


def test_only_a_transformer_has_attention(network, pixels, target):
    with pytest.raises(RequestError, match="no transformer"):
        explain(network, pixels, target, ["attention_rollout"])


def test_batches_change_nothing(network, pixels, target, monkeypatch):
    names = [
        name
        for name in METHODS
        if name not in ("attention_rollout", "random", "smooth_grad")
    ]
    whole = explain(network, pixels, target, names)
    monkeypatch.setattr(ExplainedNetwork, "batch_size", lambda self, pixels: 2)
    parts = explain(network, pixels, target, names)
    for name in names:
        assert np.allclose(whole[name], parts[name], atol=2e-4), name


def test_a_random_map_is_another_for_each_picture(network, pixels, target):
    maps = explain(network, pixels, target, [RANDOM])[RANDOM]
    assert maps.shape == (3, 8, 8)
    assert abs(np.corrcoef(maps[0].ravel(), maps[1].ravel())[0, 1]) < 0.5
    again = explain(network, pixels, target, [RANDOM])[RANDOM]
    assert np.array_equal(maps, again)


def test_names_as_people_write_them():
    assert chosen(["Grad-CAM++", "gradcam"]) == (
        "grad_cam",
        "grad_cam_plus_plus",
        RANDOM,
    )
    assert chosen(["ALL"]) == tuple(NAMES)
    assert chosen(()) == tuple(n for n, row in NAMES.items() if row.is_cheap)
    with pytest.raises(RequestError, match=r"lime.* of: grad_cam"):
        chosen(["lime"])


def test_a_target_of_some_pictures():
    target = Target(np.array([0, 1, 2]), np.array([1, 2, 0]))
    some = target[1:]
    assert some.directions(3).tolist() == [[0, 1, -1], [-1, 0, 1]]
    assert dataclasses.asdict(some)["several"] is False
