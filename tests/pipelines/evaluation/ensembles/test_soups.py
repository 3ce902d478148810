"""Means of weights, what they are worth, and statistics that fit them."""

import keras
import numpy as np
import pytest

import zoo
from pipelines.batches.evaluation_data import evaluation_data
from pipelines.evaluation.ensembles.ancestry import check_relatives
from pipelines.evaluation.ensembles.ancestry import relationship
from pipelines.evaluation.ensembles.fresh_statistics import FreshStatistics
from pipelines.evaluation.ensembles.soups import Cook
from pipelines.evaluation.ensembles.soups import Worth
from pipelines.evaluation.ensembles.soups import mean_of_weights
from zoo.errors import RequestError
from zoo.preprocessing import Preprocessing


def noisy(model, share, seed):
    """The weights of a model, each array moved by a share of its own size."""
    random = np.random.default_rng(seed)
    return [
        each + share * each.std() * random.normal(size=each.shape)
        for each in model.get_weights()
    ]


def test_a_mean_of_one_and_of_equals_is_itself(tiny):
    weights = tiny().get_weights()
    for models in ([weights], [weights] * 2, [weights] * 5):
        for ours, own in zip(mean_of_weights(models), weights, strict=True):
            assert ours.dtype == own.dtype
            np.testing.assert_array_equal(ours, own)


@pytest.mark.parametrize("seed", range(20))
def test_greedy_is_never_worse_than_the_best_member(seed):
    """On the pictures that choose, whatever the weights are worth."""
    random = np.random.default_rng(seed)
    models = [[random.normal(size=3)] for _ in range(5)]
    wanted = random.normal(size=3)

    def judge(weights):
        # Steps, so that many are worth the same.
        apart = float(np.abs(weights[0] - wanted).sum())
        return Worth(-round(apart), -round(apart, 1))

    cook = Cook(models, judge, lambda weights: [-weights[0]])
    soup = cook.greedy()
    assert soup.worth >= max(judge(model) for model in models)
    expected = mean_of_weights([models[place] for place in soup.members])
    sign = -1 if soup.fresh else 1
    np.testing.assert_array_equal(soup.weights[0], sign * expected[0])
    assert judge(soup.weights) == soup.worth
    # Both ways are tried of each that is no model by itself.
    tried = [(each.members, each.fresh) for each in cook.tried]
    several = {members for members, _ in tried if len(members) > 1}
    assert {(each, True) for each in several} <= set(tried)
    assert not any(fresh for members, fresh in tried if len(members) == 1)


def test_statistics_by_hand(tiny, coloured):
    """Layer by layer in NumPy, each batch by its own statistics."""
    keras.utils.set_random_seed(3)
    model = tiny()
    examples = coloured(5)
    data = evaluation_data(
        examples, Preprocessing(16, crop_fraction=1.0), batch_size=4
    )
    weights = noisy(model, 0.3, 1)
    found = FreshStatistics(model, data).measure(weights)
    model.set_weights(found)
    norms = FreshStatistics.of(model)
    pictures = np.concatenate(
        [images[: int(sum(valid))] for images, _, valid in data.dataset]
    )
    first = keras.Model(model.input, norms[0].input)(pictures).numpy()
    mean, variance = first.mean((0, 1, 2)), first.var((0, 1, 2))
    np.testing.assert_allclose(norms[0].moving_mean, mean, atol=1e-4)
    np.testing.assert_allclose(norms[0].moving_variance, variance, rtol=1e-3)
    # Of the second layer the batches differ in what flows in.
    between = keras.Model(norms[0].output, norms[1].input)
    seen = []
    for start in range(0, 10, 4):
        batch = first[start : start + 4]
        scaled = (batch - batch.mean((0, 1, 2))) / np.sqrt(
            batch.var((0, 1, 2)) + norms[0].epsilon
        )
        scaled = scaled * norms[0].gamma.numpy() + norms[0].beta.numpy()
        seen.append(between(scaled).numpy())
    seen = np.concatenate(seen)
    np.testing.assert_allclose(
        norms[1].moving_mean, seen.mean((0, 1, 2)), atol=1e-3
    )
    np.testing.assert_allclose(
        norms[1].moving_variance, seen.var((0, 1, 2)), rtol=1e-2
    )
    # Nothing else has moved.
    moved = {id(v) for n in norms for v in (n.moving_mean, n.moving_variance)}
    for variable, own in zip(model.weights, weights, strict=True):
        if id(variable) not in moved:
            np.testing.assert_array_equal(variable, own.astype("float32"))


def test_relatives_are_known_through_noise():
    """As far as learning moves a network; a new head changes nothing."""
    ancestor = zoo.create_model("resnet20", weights="cifar10")
    zoo.set_class_names(ancestor, [f"c{i}" for i in range(10)])
    children = {}
    for seed in (1, 2):
        child = zoo.create_model("resnet20")
        zoo.set_class_names(child, zoo.class_names(ancestor))
        # As much noise as there was weight.
        child.set_weights(noisy(ancestor, 1.0, seed))
        children[f"child{seed}"] = child
    assert 0.4 < relationship(*children.values()) < 0.6
    check_relatives(children)
    stranger = zoo.create_model("resnet20")
    zoo.set_class_names(stranger, zoo.class_names(ancestor))
    assert abs(relationship(ancestor, stranger)) < 0.1
    with pytest.raises(RequestError, match="no ancestor in common"):
        check_relatives({"ancestor": ancestor, "stranger": stranger})


def test_what_has_no_mean_is_said(tiny):
    models = {"one": tiny(("a", "b")), "other": tiny(("b", "a"))}
    with pytest.raises(RequestError, match="their classes or the order"):
        check_relatives(models)
    models["other"] = zoo.create_model("alexnet_cifar", classes=2)
    with pytest.raises(RequestError, match="other and one differ in their"):
        check_relatives(models)
