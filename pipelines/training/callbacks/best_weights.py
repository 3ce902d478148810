"""The best epoch: its weights are kept, and a run that gets no better ends."""

import contextlib
from collections.abc import Callable

import keras

from pipelines.tasks.metric import Metric


class BestWeights(keras.callbacks.Callback):
    """The best of a whole run, however many phases it has; early stopping.

    `keras.callbacks.EarlyStopping` forgets what it has seen whenever training
    goes on, which a plan of several phases does.

    Args:
        patience: Epochs without a better value after which to stop; 0 for
            never.
        metric: Which number on held-out pictures says what is best.
        say: Tells a person something in one line.
        judged: Has the model hold what is judged (`Trainer.judged`), which
            is what is kept.
    """

    def __init__(
        self,
        patience: int,
        metric: Metric,
        say=print,
        judged: Callable = contextlib.nullcontext,
    ):
        super().__init__()
        self._judged = judged
        self.patience = patience
        self.metric = metric
        self.best = metric.worst
        self.best_epoch = None
        self._say = say
        self._weights = None
        self._waited = 0

    @property
    def stopped(self) -> bool:
        """Whether patience is at an end."""
        return 0 < self.patience <= self._waited

    def on_epoch_end(self, epoch, logs=None):
        value = (logs or {}).get(self.metric.held_out, self.metric.worst)
        if self.metric.is_better(value, self.best):
            self.best, self.best_epoch = value, epoch + 1
            with self._judged():
                self._weights = self.model.get_weights()
            self._waited = 0
            return
        self._waited += 1
        if self.stopped:
            self.model.stop_training = True

    def state(self) -> dict:
        weights = self._weights or []
        return {
            "best": self.best,
            "best_epoch": self.best_epoch,
            "waited": self._waited,
            **{f"{i:05d}": weight for i, weight in enumerate(weights)},
        }

    def restore(self, state: dict) -> None:
        self.best, self.best_epoch = state["best"], state["best_epoch"]
        self._waited = state["waited"]
        self._weights = [state[key] for key in sorted(state) if key.isdigit()]

    def take_best(self) -> bool:
        """Gives the model the weights of its best epoch, if there is one."""
        if not self._weights:
            return False
        self.model.set_weights(self._weights)
        self._say(
            f"weights of epoch {self.best_epoch} taken, the best by "
            f"{self.metric.held_out} ({self.best:.4f})"
        )
        return True
