"""Writes what TensorBoard shows of a run, while it runs."""

import pathlib

import keras
import numpy as np

from pipelines.tasks.metric import LOSS
from pipelines.tasks.task import Task
from pipelines.training.callbacks.event_files import EventFile
from pipelines.training.callbacks.stage_norms import StageNorms

# Log key, and the tag of its curve over epochs; what the task has stands
# before it, under one tag for the train and the validation writer, so that
# both curves are in one plot.
_TRAIN_ONLY = {
    "learning_rate": "epoch_learning_rate",
    "images_per_second": "speed/images_per_second",
    "input_wait": "speed/input_wait",
}
# What is written every some steps, beside what the task draws.
_STEPS = ("learning_rate", "images_per_second", "input_wait", "gradient_norm")
# What differs between any two runs, and what is no single value.
_NOT_COMPARED = ("output", "class_names")


class TensorBoard(keras.callbacks.Callback):
    """Curves over steps and epochs, norms, settings, and pictures as trained.

    `keras.callbacks.TensorBoard` wants Keras's own loop; this one needs only
    the logs. Curves over epochs go to the folder's `train` and `validation`,
    counted in epochs; curves over steps and the settings to the folder
    itself, counted in steps.

    Args:
        folder: The run's folder.
        task: What is learned.
        pictures: uint8 `(pictures, height, width, 3)` to show, or None.
        config: The settings, shown as a table and compared among runs.
        scalar_steps: Steps between two points of a curve over steps.
        resumed_at: Steps that were done before, where a run goes on; what was
            written after them is not shown any more.
    """

    def __init__(
        self,
        folder,
        task: Task,
        pictures=None,
        *,
        config: dict | None = None,
        scalar_steps: int = 50,
        resumed_at: int | None = None,
    ):
        super().__init__()
        folder = pathlib.Path(folder)
        self.scalar_steps = scalar_steps
        told = (LOSS, *task.metrics)
        drawn = [metric.name for metric in told if metric.is_drawn]
        self._step_tags = {name: f"steps/{name}" for name in (*drawn, *_STEPS)}
        self._tags = {metric.name: metric.tag for metric in told}
        self._held_out_tags = {metric.held_out: metric.tag for metric in told}
        self._steps = EventFile(folder)
        self._epochs = {
            name: EventFile(folder / name) for name in ("train", "validation")
        }
        self._step = resumed_at or 0
        self._written = self._step // scalar_steps
        self._norms = None
        # Its weights when the present epoch began, of a run that goes on.
        self._begun_with = {}
        self._is_in_epoch = False
        # Which epoch is the first is not known before it begins.
        self._forget_epochs = bool(resumed_at)
        self._loggers = []
        if resumed_at:
            self._steps.restart(resumed_at + 1)
        else:
            self._start(folder.name, config or {}, pictures)
        self._flush()

    def _start(self, name, config, pictures):
        for file in (self._steps, *self._epochs.values()):
            file.restart(0)
        if pictures is not None:
            self._epochs["train"].picture("augmented", grid(pictures))
        if config:
            self._steps.text("settings", as_table(config))
            self._steps.settings(comparable(config), trial=name)

    def also(self, loggers) -> None:
        """Has others take the same numbers, at the same steps.

        Args:
            loggers: Of `pipelines.training.loggers`, newly opened.
        """
        self._loggers = list(loggers)
        if self._forget_epochs:
            self._each(lambda logger: logger.restart("", self._step + 1))
            return
        for part in ("", *self._epochs):
            self._each(lambda logger, part=part: logger.restart(part, 0))

    def on_train_begin(self, logs=None):
        if self._norms is None:
            self._norms = StageNorms(self.model)
            self._norms.count_from(self._begun_with)

    def on_epoch_begin(self, epoch, logs=None):
        if not self._forget_epochs:
            return
        # Pictures and all else that belongs to no epoch has the step 0.
        for part, file in self._epochs.items():
            file.restart(epoch + 1)
            self._each(
                lambda logger, part=part: logger.restart(part, epoch + 1)
            )
        self._forget_epochs = False

    def on_train_batch_end(self, batch, logs=None):
        self._is_in_epoch = True
        # Keras makes a float of it.
        self._step = int((logs or {}).get("global_step", self._step + 1))
        interval = self._step // self.scalar_steps
        # An epoch's last step has a point, however short the epoch is.
        is_last = batch + 1 == (self.params or {}).get("steps")
        if not logs or (interval == self._written and not is_last):
            return
        self._written = interval
        self._write("", self._step, _tagged(self._step_tags, logs))

    def on_epoch_end(self, epoch, logs=None):
        logs = logs or {}
        values = _tagged(self._tags | _TRAIN_ONLY, logs)
        if self._norms is not None:
            values |= self._norms.measure()
        self._is_in_epoch = False
        self._write("train", epoch + 1, values)
        held_out = _tagged(self._held_out_tags, logs)
        self._write("validation", epoch + 1, held_out)
        self._flush()

    def on_train_end(self, logs=None):
        self._flush()

    def state(self) -> dict:
        """What the next points depend on: changes count from an epoch's start.

        Between two epochs the model's own weights are those.
        """
        norms = self._norms if self._is_in_epoch else None
        return {"written": self._written, **(norms.last if norms else {})}

    def restore(self, state: dict) -> None:
        self._written = state["written"]
        self._begun_with = {k: v for k, v in state.items() if k != "written"}
        self._is_in_epoch = bool(self._begun_with)

    def sync(self):
        """Brings to the disk what was written up to now."""
        for file in (self._steps, *self._epochs.values()):
            file.sync()
        self._each(lambda logger: logger.sync())

    def close(self, *, ended: bool = True):
        """Writes what is still in memory and closes the files.

        Args:
            ended: Whether the run came to its end.
        """
        for file in (self._steps, *self._epochs.values()):
            file.close()
        self._each(lambda logger: logger.close(ended=ended))

    def _write(self, part: str, step: int, values: dict[str, float]) -> None:
        """Writes the points of a part, which is empty for curves over steps."""
        file = self._epochs[part] if part else self._steps
        file.scalars(step, values)
        self._each(lambda logger: logger.scalars(part, step, values))

    def _each(self, do) -> None:
        """Does something with each logger, and without one that cannot."""
        for logger in list(self._loggers):
            try:
                do(logger)
            except logger.errors as error:
                self._loggers.remove(logger)
                print(
                    f"{type(logger).__name__} takes no more points "
                    f"({error}); the run goes on without it"
                )

    def _flush(self):
        for file in (self._steps, *self._epochs.values()):
            file.flush()


def _tagged(tags: dict[str, str], logs: dict) -> dict[str, float]:
    """Returns the numbers that the logs have, under their tags."""
    return {
        tag: logs[key] for key, tag in tags.items() if logs.get(key) is not None
    }


def as_table(config: dict) -> str:
    """Writes settings as a table in Markdown.

    Example:

    ```python
    from pipelines.training.callbacks.tensorboard import as_table
    assert as_table({"seed": 0}).splitlines()[-1] == "| `seed` | 0 |"
    ```
    """
    rows = ["| setting | value |", "|---|---|"]
    for name, value in config.items():
        if isinstance(value, (list, tuple)):
            value = ", ".join(map(str, value))
        text = str(value).replace("|", "\\|").replace("\n", " ")
        rows.append(f"| `{name}` | {text} |")
    return "\n".join(rows)


def comparable(config: dict) -> dict:
    """Returns the settings that runs can be compared by.

    Numbers, strings and booleans stay; what was not set is "none".
    """
    return {
        name: _single(value)
        for name, value in config.items()
        if name not in _NOT_COMPARED
    }


def _single(value) -> bool | int | float | str:
    if isinstance(value, (bool, int, float, str)):
        return value
    return "none" if value is None else str(value)


def grid(pictures: np.ndarray, columns: int = 8) -> np.ndarray:
    """Puts pictures of one size side by side, in rows.

    Args:
        pictures: uint8 `(pictures, height, width, 3)`.
        columns: Pictures in a row; a row that is not full is left out,
            unless it is the only one.

    Returns:
        uint8 `(rows * height, columns * width, 3)`.
    """
    pictures = np.asarray(pictures)
    columns = min(columns, len(pictures))
    rows = len(pictures) // columns
    _, height, width, channels = pictures.shape
    table = pictures[: rows * columns].reshape(
        rows, columns, height, width, channels
    )
    return table.swapaxes(1, 2).reshape(
        rows * height, columns * width, channels
    )
