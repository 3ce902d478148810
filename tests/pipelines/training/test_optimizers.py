"""SGD with the papers' weight decay, against the update in NumPy."""

import keras
import numpy as np
import pytest

from pipelines.training.optimizers import SGDWithL2
from pipelines.training.optimizers import decays


def by_hand(start, gradients, rate, momentum, l2, nesterov=True):
    """Sutskever et al. 2013, as Keras writes it: v = m v - r g."""
    weights, velocity = start.astype("float64"), 0.0
    for gradient in gradients:
        gradient = gradient + l2 * weights
        velocity = momentum * velocity - rate * gradient
        if nesterov:
            weights = weights + momentum * velocity - rate * gradient
        else:
            weights = weights + velocity
    return weights


@pytest.mark.parametrize(
    ("momentum", "nesterov"), [(0.9, True), (0.9, False), (0.0, False)]
)
@pytest.mark.parametrize("l2", [0.0, 1e-4, 0.05])
def test_ten_steps_equal_numpy(momentum, nesterov, l2):
    random = np.random.default_rng(0)
    start = {"kernel": random.normal(size=(3, 3, 2, 4)), "scale": np.ones(4)}
    variables = [keras.Variable(value) for value in start.values()]
    steps = [
        [random.normal(size=v.shape) for v in variables] for _ in range(10)
    ]
    optimizer = SGDWithL2(0.1, l2=l2, momentum=momentum, nesterov=nesterov)
    for gradients in steps:
        optimizer.apply(
            [keras.ops.cast(g, "float32") for g in gradients], variables
        )
    for i, (name, value) in enumerate(start.items()):
        expected = by_hand(
            value,
            [gradients[i] for gradients in steps],
            0.1,
            momentum,
            l2 if name == "kernel" else 0.0,
            nesterov,
        )
        np.testing.assert_allclose(variables[i].numpy(), expected, atol=2e-5)


def test_biases_and_norms_do_not_decay(tiny):
    model = tiny()
    spared = {v.name for v in model.trainable_variables if not decays(v)}
    assert spared == {"gamma", "beta", "bias"}
    kernels = {v.name for v in model.trainable_variables if decays(v)}
    assert kernels == {"kernel"}
    before = [v.numpy() for v in model.trainable_variables]
    optimizer = SGDWithL2(0.1, l2=0.5, momentum=0.0, nesterov=False)
    zeros = [keras.ops.zeros(v.shape) for v in model.trainable_variables]
    optimizer.apply(zeros, model.trainable_variables)
    for variable, value in zip(model.trainable_variables, before, strict=True):
        factor = 0.95 if decays(variable) else 1.0
        np.testing.assert_allclose(variable.numpy(), factor * value, rtol=1e-6)


def test_its_defaults_are_those_of_the_papers():
    optimizer = SGDWithL2()
    assert optimizer.momentum == 0.9 and optimizer.nesterov
    assert optimizer.l2 == 0.0 and optimizer.weight_decay is None


def test_the_configuration_round_trips():
    ours = SGDWithL2(0.03, l2=2e-4, momentum=0.8, nesterov=False, name="mine")
    config = keras.optimizers.serialize(ours)
    theirs = keras.optimizers.deserialize(config)
    assert type(theirs) is SGDWithL2
    assert theirs.get_config() == ours.get_config()
    assert (theirs.l2, theirs.momentum, theirs.nesterov) == (2e-4, 0.8, False)
