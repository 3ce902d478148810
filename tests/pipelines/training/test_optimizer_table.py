"""AdamW, RMSprop, LAMB and LARS, against their updates in NumPy."""

import json
import pathlib
import subprocess
import sys

import keras
import numpy as np
import pytest
import tensorflow as tf

import pipelines
from pipelines.training.optimizers import LAMB
from pipelines.training.optimizers import LARS
from pipelines.training.optimizers import OPTIMIZERS
from pipelines.training.optimizers import AdamW
from pipelines.training.optimizers import RMSpropTF
from pipelines.training.optimizers import with_rates

RATE, DECAY = 0.05, 0.3
SHAPES = {"kernel": (3, 2), "bias": (2,)}


def norm(array):
    return np.sqrt(np.sum(np.square(array)))


def adamw(weights, gradients, decay):
    """Loshchilov and Hutter 2017, with epsilon where torch has it."""
    first = second = 0.0
    for step, gradient in enumerate(gradients, start=1):
        first = 0.9 * first + 0.1 * gradient
        second = 0.999 * second + 0.001 * gradient**2
        weights = weights - RATE * decay * weights
        root = np.sqrt(second / (1 - 0.999**step)) + 1e-8
        weights = weights - RATE * first / (1 - 0.9**step) / root
    return weights


def rmsprop(weights, gradients, decay):
    """TensorFlow 1's: the mean of squares starts at 1."""
    squares, steps = 1.0, 0.0
    for gradient in gradients:
        gradient = gradient + decay * weights
        squares = 0.9 * squares + 0.1 * gradient**2
        steps = 0.9 * steps + RATE * gradient / np.sqrt(squares + 1e-3)
        weights = weights - steps
    return weights


def lamb(weights, gradients, decay):
    """You et al. 2019, algorithm 2; biases take Adam's step."""
    first = second = 0.0
    for number, gradient in enumerate(gradients, start=1):
        first = 0.9 * first + 0.1 * gradient
        second = 0.999 * second + 0.001 * gradient**2
        step = (first / (1 - 0.9**number)) / (
            np.sqrt(second / (1 - 0.999**number)) + 1e-6
        )
        if decay and weights.ndim > 1:
            step = step + decay * weights
            step = step * norm(weights) / norm(step)
        weights = weights - RATE * step
    return weights


def lars(weights, gradients, decay):
    """You et al. 2017, algorithm 1; biases take plain steps."""
    velocity = 0.0
    for gradient in gradients:
        local = 1.0
        if decay and weights.ndim > 1:
            local = 1e-3 * norm(weights)
            local = local / (norm(gradient) + decay * norm(weights))
            gradient = gradient + decay * weights
        velocity = 0.9 * velocity + RATE * local * gradient
        weights = weights - velocity
    return weights


BY_HAND = {"adamw": adamw, "rmsprop": rmsprop, "lamb": lamb, "lars": lars}


def build(name, rate=RATE, decay=DECAY):
    return OPTIMIZERS[name].build(rate, decay, 0.9)


def drawn(seed=0, steps=3):
    random = np.random.default_rng(seed)
    start = [random.normal(size=shape) for shape in SHAPES.values()]
    gradients = [
        [random.normal(size=shape) for shape in SHAPES.values()]
        for _ in range(steps)
    ]
    return start, gradients


def apply(optimizer, variables, gradients):
    optimizer.apply([tf.constant(g, tf.float32) for g in gradients], variables)


@pytest.mark.parametrize("graph", [False, True], ids=["eager", "graph"])
@pytest.mark.parametrize("decay", [0.0, DECAY])
@pytest.mark.parametrize("name", BY_HAND)
def test_three_steps_equal_numpy(name, decay, graph):
    start, steps = drawn()
    variables = [keras.Variable(value) for value in start]
    optimizer = build(name, decay=decay)
    optimizer.build(variables)
    step = lambda gradients: optimizer.apply(gradients, variables)  # noqa: E731
    step = tf.function(step) if graph else step
    for gradients in steps:
        step([tf.constant(g, tf.float32) for g in gradients])
    for i, (value, kind) in enumerate(zip(start, SHAPES, strict=True)):
        expected = BY_HAND[name](
            value,
            [gradients[i] for gradients in steps],
            decay if kind == "kernel" else 0.0,
        )
        np.testing.assert_allclose(
            variables[i].numpy(), expected, rtol=2e-5, atol=1e-6
        )


def test_kerass_own_rmsprop_is_another():
    start, steps = drawn()
    ours = [keras.Variable(value) for value in start]
    theirs = [keras.Variable(value) for value in start]
    keras_one = keras.optimizers.RMSprop(
        RATE, rho=0.9, momentum=0.9, epsilon=1e-3
    )
    for gradients in steps[:1]:
        apply(build("rmsprop", decay=0.0), ours, gradients)
        apply(keras_one, theirs, gradients)
    # Its mean of squares starts at 0: the first step is three times ours.
    moved = [np.abs(v[0].numpy() - start[0]).mean() for v in (ours, theirs)]
    assert moved[1] > 2 * moved[0]


@pytest.mark.parametrize("name", ["lamb", "lars"])
def test_nothing_to_compare_leaves_the_step_as_it_is(name):
    zero = keras.Variable(np.zeros((2, 2), "float32"))
    apply(build(name), [zero], [np.ones((2, 2))])
    expected = {"lamb": -RATE, "lars": -RATE}[name]
    np.testing.assert_allclose(zero.numpy(), expected, rtol=1e-5)
    still = keras.Variable(np.ones((2, 2), "float32"))
    apply(build(name, decay=0.0), [still], [np.zeros((2, 2))])
    np.testing.assert_array_equal(still.numpy(), np.ones((2, 2)))


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_rates_of_their_own(name):
    """A factor scales the update, with the decay that is in it."""
    start, (gradients, *_) = drawn()
    moved = []
    for factors in ((1.0, 1.0), (0.25, 0.5)):
        variables = [keras.Variable(value) for value in start]
        apply(with_rates(build(name), variables, factors), variables, gradients)
        after = [variable.numpy() for variable in variables]
        moved.append([a - b for a, b in zip(after, start, strict=True)])
    plain, scaled = moved
    for i, factor in enumerate((0.25, 0.5)):
        np.testing.assert_allclose(
            scaled[i], factor * plain[i], rtol=1e-3, atol=1e-6
        )


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_it_goes_on_from_its_variables(name):
    start, steps = drawn(steps=4)
    straight = [keras.Variable(value) for value in start]
    optimizer = build(name)
    for gradients in steps:
        apply(optimizer, straight, gradients)
    variables = [keras.Variable(value) for value in start]
    first = build(name)
    for gradients in steps[:2]:
        apply(first, variables, gradients)
    kept = [variable.numpy() for variable in first.variables]
    second = build(name)
    second.build(variables)
    assert len(second.variables) == len(kept) > 2
    for variable, value in zip(second.variables, kept, strict=True):
        variable.assign(value)
    for gradients in steps[2:]:
        apply(second, variables, gradients)
    for one, other in zip(straight, variables, strict=True):
        np.testing.assert_array_equal(one.numpy(), other.numpy())


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_a_loss_scale_changes_nothing(name):
    start, steps = drawn()
    plain = [keras.Variable(value) for value in start]
    scaled = [keras.Variable(value) for value in start]
    optimizer = build(name)
    wrapped = keras.optimizers.LossScaleOptimizer(
        build(name), initial_scale=1024.0
    )
    with_rates(wrapped, scaled, (1.0, 1.0))
    wrapped.learning_rate = RATE
    for gradients in steps:
        apply(optimizer, plain, gradients)
        apply(wrapped, scaled, [1024.0 * g for g in gradients])
    # What is not finite is left out, and costs half of the scale.
    apply(wrapped, scaled, [np.full(g.shape, np.inf) for g in steps[0]])
    assert float(wrapped.dynamic_scale) == 512.0
    for one, other in zip(plain, scaled, strict=True):
        np.testing.assert_allclose(one.numpy(), other.numpy(), rtol=1e-6)


@pytest.mark.parametrize(
    ("ours", "names"),
    [
        (AdamW(0.01, 0.2, beta_1=0.8), ("decay", "beta_1")),
        (LAMB(0.01, 0.2, 0.8, epsilon=1e-5), ("decay", "beta_1", "epsilon")),
        (LARS(0.01, 0.2, 0.8, trust=0.02), ("l2", "momentum", "trust")),
        (
            RMSpropTF(0.01, 0.2, 0.8, rho=0.7, epsilon=0.1),
            ("l2", "momentum", "rho", "epsilon"),
        ),
    ],
    ids=lambda value: type(value).__name__,
)
def test_configurations_round_trip(ours, names):
    theirs = keras.optimizers.deserialize(keras.optimizers.serialize(ours))
    assert type(theirs) is type(ours)
    assert theirs.get_config() == ours.get_config()
    for name in names:
        assert getattr(theirs, name) == getattr(ours, name)


_ROOT = pathlib.Path(pipelines.__file__).parents[1]
_TWO_DEVICES = """
import json

import keras
import numpy as np
import tensorflow as tf

tf.config.set_logical_device_configuration(
    tf.config.list_physical_devices("CPU")[0],
    [tf.config.LogicalDeviceConfiguration()] * 2,
)
from pipelines.training.optimizers import OPTIMIZERS
from pipelines.training.optimizers import with_rates

strategy = tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"])
random = np.random.default_rng(0)
start = [random.normal(size=s).astype("float32") for s in ((3, 2), (2,))]
steps = [[random.normal(size=v.shape).astype("float32") for v in start]
         for _ in range(3)]


def run(name, strategy, parts, scaled):
    with strategy.scope():
        variables = [keras.Variable(value) for value in start]
        optimizer = OPTIMIZERS[name].build(0.05, 0.3, 0.9)
        if scaled:
            optimizer = keras.optimizers.LossScaleOptimizer(
                optimizer, initial_scale=4.0)
        with_rates(optimizer, variables, (0.5, 1.0))
    scale = 4.0 if scaled else 1.0

    def replica_step(gradients):
        # Replicas' gradients are added up: a third and two thirds.
        number = tf.distribute.get_replica_context().replica_id_in_sync_group
        share = tf.cast(number + 1, tf.float32) / (3 if parts == 2 else 1)
        mine = [share * scale * gradient for gradient in gradients]
        optimizer.apply(mine, variables)

    @tf.function
    def step(gradients):
        strategy.run(replica_step, args=(gradients,))

    for gradients in steps:
        step([tf.constant(g) for g in gradients])
    copies = [
        [v.numpy().tolist() for v in
         strategy.experimental_local_results(each.value)]
        for each in variables
    ]
    return copies, len(optimizer.variables)


found = {}
for name in OPTIMIZERS:
    one, count = run(name, tf.distribute.get_strategy(), 1, False)
    for scaled in (False, True):
        two, many = run(name, strategy, 2, scaled)
        found[f"{name} {scaled}"] = [one, two, count, many]
print(json.dumps(found))
"""


@pytest.fixture(scope="module")
def two_devices():
    done = subprocess.run(
        [sys.executable, "-c", _TWO_DEVICES],
        capture_output=True,
        text=True,
        cwd=_ROOT,
        timeout=180,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return json.loads(done.stdout)


@pytest.mark.parametrize("scaled", [False, True], ids=["plain", "loss scale"])
@pytest.mark.parametrize("name", OPTIMIZERS)
def test_two_devices_do_what_one_does(two_devices, name, scaled):
    one, two, count, many = two_devices[f"{name} {scaled}"]
    # A loss scale has its counter, its scale and a rate and step of its own.
    assert many == count + (4 if scaled else 0)
    for single, copies in zip(one, two, strict=True):
        assert len(copies) == 2
        assert copies[0] == copies[1]
        np.testing.assert_allclose(copies[0], single[0], rtol=1e-5, atol=1e-7)
