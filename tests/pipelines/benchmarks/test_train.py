"""The benchmark of training: equal networks, turns, and what is counted."""

import keras
import numpy as np
import pytest

import zoo
from pipelines.benchmarks import train
from pipelines.benchmarks.keras_networks import NETWORKS
from pipelines.benchmarks.keras_networks import KerasNetwork
from pipelines.benchmarks.taking_turns import TurnLoop
from pipelines.benchmarks.taking_turns import take_turns
from zoo.errors import RequestError


def learnt(model):
    """Sizes of what is learnt, without what Keras's own have too many of."""
    return sum(
        int(np.prod(variable.shape)) for variable in model.trainable_variables
    )


def test_the_cifar_resnet_is_the_same_network():
    theirs = NETWORKS["resnet20"].theirs(32, 10)
    ours = zoo.create_model("resnet20", classes=10, input_shape=(32, 32, 3))
    assert learnt(theirs) == learnt(ours) == 269_722
    shapes = [tuple(v.shape) for v in ours.trainable_variables]
    assert [tuple(v.shape) for v in theirs.trainable_variables] == shapes


def test_the_networks_of_keras_are_the_published_ones():
    # Keras's ResNet-50 has biases in its convolutions besides 25,557,032.
    assert learnt(NETWORKS["resnet50"].theirs(64, 1000)) == 25_583_592
    assert learnt(NETWORKS["efficientnet_b0"].theirs(64, 1000)) == 5_288_548


def quickly_traced(image_size, classes):
    pixels = keras.Input((image_size, image_size, 3))
    x = keras.layers.GlobalAveragePooling2D()(pixels)
    return keras.Model(pixels, keras.layers.Dense(classes)(x))


def test_a_row_for_each_side_and_precision(monkeypatch):
    small = KerasNetwork(quickly_traced, 32, 4, 2, 10)
    monkeypatch.setitem(NETWORKS, "resnet20", small)
    told = []
    rows = train.benchmark_train(
        ("resnet20",),
        precisions=("float32",),
        image_size=16,
        rounds=2,
        progress=lambda done, whole: told.append((done, whole)),
    )
    ours, theirs = rows
    assert ours["name"] == "ours, resnet20, float32"
    assert theirs["name"] == "keras, resnet20, float32"
    assert theirs["ratio_to_keras"] == 1.0
    assert ours["ratio_to_keras"] > 0
    for row in rows:
        assert row["images_per_second"] > 0 and row["seconds_tracing"] > 0
    assert told == [(1, 3), (2, 3), (3, 3)]


class Timed:
    """A loop that has been timed: the first turn does not count."""

    def __init__(self, *seconds):
        self.seconds = list(seconds)
        self.seconds_tracing = 7.0


def test_medians_of_speeds_and_of_ratios_within_a_round():
    sides = {
        ("ours", "float32"): Timed(1.0, 2.0, 4.0),
        ("keras", "float32"): Timed(3.0, 2.0, 6.0),
    }
    network = KerasNetwork(None, 32, batch_size=8, steps=3, classes=10)
    ours, theirs = train._rows("net", sides, ["float32"], network)
    assert ours == {
        "name": "ours, net, float32",
        "images_per_second": 12.0,
        "ratio_to_keras": 1.5,
        "seconds_tracing": 7.0,
    }
    assert theirs["images_per_second"] == 8.0


def test_one_loop_runs_at_a_time():
    order = []

    def fit(name):
        def run(turn):
            for epoch in range(3):
                turn.on_epoch_begin(epoch)
                order.append(name)
                turn.on_train_batch_end(0)
                turn.on_epoch_end(epoch)

        return run

    loops = [TurnLoop(fit("a")), TurnLoop(fit("b"))]
    take_turns(loops, 3, lambda done: order.append(done))
    assert order == ["b", "a", 1, "a", "b", 2, "b", "a", 3]
    assert [len(loop.seconds) for loop in loops] == [2, 2]


def test_what_goes_wrong_in_a_loop_is_said():
    def fit(turn):
        raise RuntimeError("no memory left")

    with pytest.raises(RuntimeError, match="no memory left"):
        TurnLoop(fit).go()


@pytest.mark.parametrize(
    ("names", "precisions", "message"),
    [
        (("vgg",), ("float32",), "`models` is some of: resnet50, "),
        ((), ("float32",), "Received: none"),
        (("resnet20",), ("int8",), "`precisions` is some of: float32, "),
    ],
)
def test_what_is_not_known(names, precisions, message):
    with pytest.raises(RequestError) as wrong:
        train.benchmark_train(names, precisions=precisions)
    assert message in str(wrong.value)
