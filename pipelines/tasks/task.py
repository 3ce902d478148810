"""A task: what is learned, as all that trains, judges and shows it reads it.

The trainer, its callbacks, checkpoints, evaluation, prediction and pages know
no labels and no metric by name: they ask a `Task`.
"""

import abc
import dataclasses
from collections.abc import Callable
from collections.abc import Mapping
from collections.abc import Sequence
from typing import TypeAlias

import keras
import numpy as np
import tensorflow as tf

from pipelines.data.examples import Examples
from pipelines.pages.sections import Section
from pipelines.tasks.metric import Metric

# Of all examples on the host, or of a batch on a device; of some tasks several
# by their names or places.
Arrays: TypeAlias = np.ndarray | Mapping[str, np.ndarray] | Sequence[np.ndarray]
Tensors: TypeAlias = tf.Tensor | Mapping[str, tf.Tensor] | Sequence[tf.Tensor]


@dataclasses.dataclass(frozen=True, eq=False)
class Judged:
    """What a model makes of some pictures.

    Args:
        examples: The pictures.
        outputs: What the model returns of them, in their order.
        metrics: What `Task.measure` returns of that, and perhaps more.
        sections: What else was found, and is shown behind a report's own.
        drawn: Given the places of some of the pictures, returns what the
            model looks at on each, as pictures for a page; None where nobody
            asks.
    """

    examples: Examples
    outputs: Arrays
    metrics: dict
    sections: tuple[Section, ...] = ()
    drawn: Callable[[list[int]], list[str]] | None = None


class Task(abc.ABC):
    """What is learned.

    `targets` are what a batch has beside its inputs, `outputs` what the
    model returns; both may be arrays or nested structures of arrays whose
    first axis are the examples. Only the task looks into them.

    Attributes:
        sums: What a step adds up over its examples beside the loss, as
            `count` returns it. Checkpoints hold sums in this order.
        metrics: What is told of a model beside its loss.
        decides: Which of them says what the best weights are.
        loss_words: What the loss is that `measure` returns, and its unit.
        template: Of the report, in `pipelines/pages/templates`.
        several: Whether an answer may name any number of classes.
        class_names: In label order; none where a task has no classes.
        about: What there is to learn in a few words, such as "3 classes".
    """

    sums: tuple[str, ...]
    metrics: tuple[Metric, ...]
    decides: Metric
    loss_words: tuple[str, str]
    template: str = "report.html"
    several: bool = False
    class_names: tuple[str, ...] = ()
    about: str

    @classmethod
    def of(cls, settings: object, examples: Examples) -> "Task":
        """Returns the task of a run.

        Args:
            settings: Of the run, as `pipelines.runs.config.RunConfig` has
                them.
            examples: The pictures to learn from.

        Raises:
            DataError: They do not fit.
        """
        return cls()

    @property
    def shown(self) -> tuple[Metric, ...]:
        """The metrics that a line to a person tells."""
        return self.metrics

    @property
    def facts(self) -> dict:
        """What a run's `config.json` notes of it."""
        return {}

    @abc.abstractmethod
    def build(self, create: Callable[..., keras.Model]) -> keras.Model:
        """Returns a network with the head that learns this.

        Args:
            create: `zoo.create_model`, with all but the head's arguments.
        """

    @abc.abstractmethod
    def loss(self, targets: Tensors, outputs: Tensors) -> tf.Tensor:
        """Returns the loss of each example, float32 `(batch,)`.

        Called on each device with its part of the batch; a task whose
        examples are compared with each other gathers them by itself.
        """

    @abc.abstractmethod
    def count(self, targets: Tensors, outputs: Tensors) -> list[tf.Tensor]:
        """Returns what `sums` names of a device's examples: scalars."""

    def means(self, sums: dict[str, float]) -> dict[str, float]:
        """Returns what the logs of training show, out of an epoch's sums.

        Args:
            sums: `loss`, what `sums` names, and `examples`.
        """
        return {
            name: float(sums[name] / sums["examples"])
            for name in ("loss", *self.sums)
        }

    @abc.abstractmethod
    def measure(self, outputs: Arrays, targets: Arrays) -> dict:
        """Returns `examples`, `loss` and what `metrics` names, exactly.

        Args:
            outputs: Of all examples, arrays.
            targets: Of the same examples: `Examples.labels`.
        """

    def tuned(self, outputs: Arrays, targets: Arrays) -> "Task":
        """Returns the task with what is chosen once training is done.

        Args:
            outputs: Of pictures of the training part that were not learned
                from (`Splits.aside`).
            targets: Of the same pictures.
        """
        return self

    def note_in(self, model: keras.Model) -> None:  # noqa: B027
        """Writes what was chosen into a model, beside its class names."""

    def details(self, outputs: Arrays, examples: Examples) -> dict:
        """Returns what `metrics.json` of an evaluation has beside that."""
        return {}

    def tables(
        self, outputs: Arrays, examples: Examples
    ) -> dict[str, list[list]]:
        """Returns what a report shows beside single numbers, as data.

        Args:
            outputs: Of all examples, arrays.
            examples: The same ones.

        Returns:
            Rows by what they are about, their names first.
        """
        return {}

    def mean(self, outputs: list) -> Arrays:
        """Returns the outputs that several ones of the same examples mean.

        Args:
            outputs: Those of each view of a picture, or of each model.
        """
        return outputs[0] if len(outputs) == 1 else np.mean(outputs, axis=0)

    @abc.abstractmethod
    def answers(self, outputs: Arrays, most: int | None) -> list:
        """Returns what is said of one picture, the likeliest first.

        Each answer has a text (`str`), `as_json()`, and `said`: whether it
        is likely enough. Answers that are classes have a `name` and a
        `probability`.

        Args:
            outputs: Of one picture, without an axis of examples.
            most: How many answers at most; None for what is usual.
        """

    @abc.abstractmethod
    def table(self, outputs: Arrays, examples: Examples) -> list[list]:
        """Returns the rows of `predictions.csv`, their names first."""

    def page(self, judged: Judged) -> dict:
        """Returns what the report's template asks for.

        `tiles`, the headline, are in it: (value, what it is).
        """
        return {"tiles": self.tiles(judged.metrics)}

    def tiles(self, metrics: dict) -> list[tuple[str, str]]:
        """The headline of a report, the number that decides first."""
        kind, unit = self.loss_words
        return [
            *(_tile(metric, metrics) for metric in self.shown),
            (f"{metrics['loss']:.3f}", f"loss, {kind} in {unit}"),
        ]

    def told(self, metrics: dict, digits: int = 1) -> str:
        """Says the metrics that are shown, in one line."""
        return ", ".join(
            each.told(metrics[each.name], digits) for each in self.shown
        )


def _tile(metric: Metric, metrics: dict) -> tuple[str, str]:
    value = metrics[metric.name]
    return f"{value:.1%}" if metric.is_share else f"{value:.3f}", metric.title
