"""What ends a run that nobody stopped, said so that it can be mended."""

import re

import keras
import tensorflow as tf

from pipelines.batches.training_data import TrainingData
from pipelines.data.checks import name_bad_picture
from pipelines.runs.interruption import Interrupted
from zoo.errors import DataError

# Steps in a row that a loss scale may leave out before it is stuck.
_STUCK = 20
_NAMED = 8
_OF_A_PICTURE = (tf.errors.InvalidArgumentError, tf.errors.NotFoundError)
_TASK = re.compile(r"task:(\d+)")
_OF_THE_GRAPH = re.compile(r"\[\[|while calling|RecvBuf")
# Batches that a pipeline may have begun.
_READ_AHEAD = 8


class Diverged(DataError):
    """The loss is no finite number any more, or no step is taken any more."""


class WorkerLost(Exception):
    """Another process of the run is gone; what was saved is there."""

    exit_code = 75


class NotWritten(Exception):
    """All steps are taken, and what came of them cannot be written."""

    exit_code = 75


def not_a_number(train: TrainingData, step: int, epoch: int) -> Diverged:
    """Returns what to say of a loss that is no finite number.

    Args:
        train: What was trained on.
        step: Where it happened, counted from 0.
        epoch: The same.
    """
    return Diverged(
        f"The loss is no finite number at step {step + 1:,} (epoch "
        f"{epoch + 1}). Its batch holds {_names(train, step)}. Lower "
        "`learning_rate`, give `clip_norm=1`, or look at these pictures; "
        "checkpoints hold finite weights only."
    )


def explained(
    error: tf.errors.OpError,
    train: TrainingData,
    step: int,
    *,
    alone: bool,
    stop=None,
) -> Exception:
    """Returns what an error of TensorFlow's means for a run.

    Args:
        error: What was raised in the middle of a run.
        train: What was trained on.
        step: Steps that had been taken.
        alone: Whether no other process takes part.
        stop: True where this process was asked to stop; has the `name` of
            what asked it.
    """
    # What is raised while a picture is read arrives as text.
    said = re.search(r"DataError: (.+)", error.message)
    if said:
        return DataError(said.group(1))
    if isinstance(error, _OF_A_PICTURE):
        steps = range(step, step + _READ_AHEAD)
        indices = [i for each in steps for i in train.indices_of(each)]
        return name_bad_picture(train.examples, indices) or error
    if alone:
        return error
    if stop:
        return Interrupted(
            f"stopped by {stop.name} after step {step:,}, where another "
            "worker had ended before all could save. The same commands go on "
            "from the last checkpoint"
        )
    return WorkerLost(
        f"another worker is gone at step {step:,} ({_reason(error.message)}). "
        "Start all workers again with the same commands: they go on from the "
        "last checkpoint"
    )


def _reason(message: str) -> str:
    """Returns who is gone, where an error says it, and why."""
    lines = [line.strip() for line in message.splitlines() if line.strip()]
    telling = [line for line in lines if "unhealthy" in line]
    reason = (telling or lines or ["no reason given"])[0]
    # Behind these begins what only TensorFlow's own graph explains.
    reason = _OF_THE_GRAPH.split(reason)[0].strip(" :;,.")[:200]
    who = _TASK.search(message)
    return f"worker {int(who[1]) + 1}: {reason}" if who else reason


def _names(train: TrainingData, step: int) -> str:
    names = [str(train.examples.names[i]) for i in train.indices_of(step)]
    more = len(names) - _NAMED
    rest = f" and {more} more" if more > 0 else ""
    return ", ".join(names[:_NAMED]) + rest


class LossScaleWatch:
    """Watches the loss scale of float16: it leaves steps out that overflow."""

    def __init__(self, optimizer):
        self.is_used = isinstance(
            optimizer, keras.optimizers.LossScaleOptimizer
        )
        self._optimizer = optimizer
        self._taken, self._since = -1, 0

    def check(self, step: int) -> None:
        """Refuses to go on where no step is taken any more.

        Raises:
            Diverged: The scale is below 1, or 20 steps were left out.
        """
        taken = int(self._optimizer.inner_optimizer.iterations.numpy())
        scale = float(self._optimizer.dynamic_scale.numpy())
        if taken != self._taken:
            self._taken, self._since = taken, step
        left_out = step - self._since
        if scale < 1 or left_out >= _STUCK:
            raise Diverged(
                f"No step was taken in the last {left_out} of {step:,}: every "
                f"one overflows float16, whose loss scale is down to "
                f"{scale:g}. Give `precision=bfloat16` or float32, or a lower "
                "`learning_rate`."
            )
