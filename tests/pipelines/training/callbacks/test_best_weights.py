"""Early stopping over several phases."""

import contextlib

import keras
import numpy as np
import pytest

from pipelines.tasks.classification import TOP1
from pipelines.training.callbacks import BestWeights


class Watched:
    """Plays a run: sets a weight to the epoch's number, then tells a value."""

    def __init__(self, patience):
        self.model = keras.Sequential(
            [keras.Input((1,)), keras.layers.Dense(1)]
        )
        self.said = []
        self.callback = BestWeights(patience, TOP1, say=self.said.append)
        self.callback.set_model(self.model)
        self.epoch = 0

    def phase(self, values):
        self.callback.on_train_begin()
        self.model.stop_training = False
        for value in values:
            self.model.set_weights(
                [np.full((1, 1), self.epoch + 1.0), np.zeros(1)]
            )
            self.callback.on_epoch_end(self.epoch, {"val_top1": value})
            self.epoch += 1
            if self.model.stop_training:
                return True
        return False

    def restored(self):
        self.callback.take_best()
        return self.model.get_weights()[0].item()


@pytest.mark.parametrize(
    ("patience", "phases", "stopped", "best"),
    [
        (2, [[0.5, 0.6], [0.6, 0.5]], [False, True], 2),
        (2, [[0.5, 0.4], [0.6, 0.5]], [False, False], 3),
        (3, [[0.5, 0.4, 0.3, 0.2, 0.9]], [True], 1),
        (1, [[float("nan"), 0.1]], [True], None),
    ],
)
def test_patience_counts_over_phases(patience, phases, stopped, best):
    run = Watched(patience)
    assert [run.phase(values) for values in phases] == stopped
    assert run.callback.stopped == any(stopped)
    if best:
        assert run.restored() == best and run.callback.best_epoch == best
        assert f"weights of epoch {best} taken" in run.said[0]


def test_nothing_to_restore():
    run = Watched(2)
    run.model.set_weights([np.full((1, 1), 9.0), np.zeros(1)])
    assert run.restored() == 9 and not run.said


def test_its_state_goes_on():
    first, again = Watched(2), Watched(2)
    first.phase([0.5, 0.4])
    again.callback.restore(first.callback.state())
    again.epoch = 2
    assert again.phase([0.3]) and again.restored() == 1


def test_without_patience_the_best_is_kept_and_nothing_stops():
    watched = Watched(patience=0)
    assert not watched.phase([0.5, 0.9, 0.1])
    assert not watched.phase([0.2] * 40) and not watched.callback.stopped
    assert watched.restored() == 2.0
    assert watched.said == [
        "weights of epoch 2 taken, the best by val_top1 (0.9000)"
    ]


def test_what_is_judged_is_what_is_kept():
    """A running mean was judged: nobody has judged the weights beside it."""
    run = Watched(2)
    kernel = run.model.layers[0].kernel

    @contextlib.contextmanager
    def judged():
        held = kernel.numpy()
        kernel.assign(held * 100)
        yield
        kernel.assign(held)

    run.callback = BestWeights(
        2, TOP1, say=run.said.append, judged=lambda: judged()
    )
    run.callback.set_model(run.model)
    assert run.phase([0.4, 0.6, 0.5, 0.5])
    assert kernel.numpy().item() == 4
    assert run.callback.take_best() and kernel.numpy().item() == 200


def test_no_epoch_was_the_best():
    run = Watched(1)
    assert run.phase([float("nan")]) and run.callback.take_best() is False
