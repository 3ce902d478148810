"""A task: what is learned, as all that trains, judges and shows it reads it.

The trainer, its callbacks, checkpoints, evaluation, prediction and pages know
no labels and no metric by name: they ask a `Task`.
"""

import abc
import dataclasses
import math
from collections.abc import Callable

import keras
import numpy as np

from pipelines.data.examples import Examples


@dataclasses.dataclass(frozen=True)
class Metric:
    """A number that says how good a model is: one row, read by all.

    Args:
        name: In logs, `metrics.json` and `history.json`; with `val_` before
            it on held-out pictures. TensorBoard has it as `epoch_NAME`.
        title: What a person calls it, such as "top-1".
        is_share: Whether it lies in 0…1 and is told in percent.
        is_score: Whether more is better.
        is_drawn: Whether it has a curve over steps and one in the report.
        is_counted: Whether it is the share of pictures that something is
            true of, for which `pipelines.tasks.interval` has limits.

    Example:

    ```python
    from pipelines.tasks.task import Metric
    error = Metric("mae", "mean error", is_share=False, is_score=False)
    assert error.told(0.25) == "mean error 0.2500"
    assert error.is_better(0.1, error.worst)
    assert Metric("top1", "top-1").told(0.625) == "top-1 62.5%"
    ```
    """

    name: str
    title: str
    is_share: bool = True
    is_score: bool = True
    is_drawn: bool = True
    is_counted: bool = False

    @property
    def held_out(self) -> str:
        """Its name in logs, on held-out pictures."""
        return f"val_{self.name}"

    @property
    def tag(self) -> str:
        """Its name in TensorBoard, over epochs. Keras's own."""
        return f"epoch_{self.name}"

    @property
    def heading(self) -> str:
        """Its title above a curve."""
        return self.title[:1].upper() + self.title[1:] + self._unit

    @property
    def axis(self) -> str:
        """What stands along a curve's axis."""
        return f"{self.title} on held-out pictures{self._unit}"

    @property
    def _unit(self) -> str:
        return ", %" if self.is_share else ""

    @property
    def scale(self) -> float:
        """What its values are multiplied by where they are drawn."""
        return 100 if self.is_share else 1

    @property
    def worst(self) -> float:
        """What every value but NaN is better than."""
        return -math.inf if self.is_score else math.inf

    def is_better(self, value: float, than: float) -> bool:
        """Whether a value is; NaN is not better than anything."""
        return value > than if self.is_score else value < than

    def told(self, value: float, digits: int = 1) -> str:
        """Writes a value with its title.

        Args:
            value: Of the metric.
            digits: After the point, of percents.
        """
        return f"{self.title} {self.text(value, digits)}"

    def text(self, value: float, digits: int = 1) -> str:
        """Writes a value; `digits` as of `told`."""
        return f"{value:.{digits}%}" if self.is_share else f"{value:.4f}"


LOSS = Metric("loss", "loss", is_share=False, is_score=False)


@dataclasses.dataclass(frozen=True, eq=False)
class Judged:
    """What a model makes of some pictures.

    Args:
        examples: The pictures.
        outputs: What the model returns of them, in their order.
        metrics: What `Task.measure` returns of that, and perhaps more.
        drawn: Given the places of some of the pictures, returns what the
            model looks at on each, as pictures for a page; None where nobody
            asks.
    """

    examples: Examples
    outputs: np.ndarray
    metrics: dict
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
        about: What there is to learn in a few words, such as "3 classes".
    """

    sums: tuple[str, ...]
    metrics: tuple[Metric, ...]
    decides: Metric
    loss_words: tuple[str, str]
    template: str = "report.html"
    several: bool = False
    about: str

    @classmethod
    def of(cls, settings, examples: Examples) -> "Task":
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
    def loss(self, targets, outputs):
        """Returns the loss of each example, float32 `(batch,)`.

        Called on each device with its part of the batch; a task whose
        examples are compared with each other gathers them by itself.
        """

    @abc.abstractmethod
    def count(self, targets, outputs) -> list:
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
    def measure(self, outputs, targets) -> dict:
        """Returns `examples`, `loss` and what `metrics` names, exactly.

        Args:
            outputs: Of all examples, arrays.
            targets: Of the same examples: `Examples.labels`.
        """

    def tuned(self, outputs, targets) -> "Task":
        """Returns the task with what is chosen once training is done.

        Args:
            outputs: Of pictures of the training part that were not learned
                from (`Splits.aside`).
            targets: Of the same pictures.
        """
        return self

    def note_in(self, model: keras.Model) -> None:  # noqa: B027
        """Writes what was chosen into a model, beside its class names."""

    def details(self, outputs, examples: Examples) -> dict:
        """Returns what `metrics.json` of an evaluation has beside that."""
        return {}

    def tables(self, outputs, examples: Examples) -> dict[str, list[list]]:
        """Returns what a report shows beside single numbers, as data.

        Args:
            outputs: Of all examples, arrays.
            examples: The same ones.

        Returns:
            Rows by what they are about, their names first.
        """
        return {}

    def mean(self, outputs: list):
        """Returns the outputs that several ones of the same examples mean.

        Args:
            outputs: Those of each view of a picture, or of each model.
        """
        return outputs[0] if len(outputs) == 1 else np.mean(outputs, axis=0)

    @abc.abstractmethod
    def answers(self, outputs, most: int | None) -> list:
        """Returns what is said of one picture, the likeliest first.

        Each answer has a text (`str`) and `as_json()`.

        Args:
            outputs: Of one picture, without an axis of examples.
            most: How many answers at most; None for what is usual.
        """

    @abc.abstractmethod
    def table(self, outputs, examples: Examples) -> list[list]:
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
