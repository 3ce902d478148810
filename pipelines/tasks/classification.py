"""Classification: which one of some classes a picture shows."""

import dataclasses
import logging
from collections.abc import Callable

import keras
import numpy as np
import tensorflow as tf

import zoo
from pipelines.data.examples import Examples
from pipelines.pages.showing import on_one_line
from pipelines.tasks.answers import Answers
from pipelines.tasks.class_summary import calibration_of
from pipelines.tasks.class_summary import calibration_table
from pipelines.tasks.class_summary import class_names
from pipelines.tasks.class_summary import class_table
from pipelines.tasks.class_summary import confusion_table
from pipelines.tasks.class_summary import summary
from pipelines.tasks.head import renew_head
from pipelines.tasks.interval import interval
from pipelines.tasks.losses import Loss
from pipelines.tasks.losses import loss_of
from pipelines.tasks.metric import Metric
from pipelines.tasks.ranking import hits
from pipelines.tasks.ranking import in_top
from pipelines.tasks.scaling_fit import fit_temperature
from pipelines.tasks.softmax import cross_entropy
from pipelines.tasks.softmax import mean_of_probabilities
from pipelines.tasks.softmax import softmax
from pipelines.tasks.task import Judged
from pipelines.tasks.task import Task
from zoo.errors import DataError
from zoo.head_scaling import LogitScaling

_log = logging.getLogger("zoo")
TOP1 = Metric("top1", "top-1", is_counted=True)
TOP5 = Metric("top5", "top-5", is_drawn=False, is_counted=True)
_PLAIN = Loss()
# Answers for a picture where nobody says how many.
_NAMED = 5
# Of how many it has to be among the best.
_BEST = {TOP1: 1, TOP5: 5}


@dataclasses.dataclass(frozen=True)
class Guess:
    """A class and how likely the model holds it, in 0…1."""

    name: str
    probability: float

    @property
    def said(self) -> bool:
        """Always: one of the classes is shown, whatever it is."""
        return True

    def __str__(self):
        return f"{self.probability:7.2%}  {on_one_line(self.name)}"

    def as_json(self) -> dict:
        return {"class": self.name, "probability": self.probability}


@dataclasses.dataclass(frozen=True)
class Classification(Task):
    """One class a picture: int labels in, a logit for each class out.

    A label is int `(batch,)`, or where pictures are mixed a row of
    probabilities, float32 `(batch, classes)`.

    Args:
        class_names: In label order; none where nobody knows them.
        loss: Given labels and logits, returns the loss of each example; a
            `pipelines.tasks.losses.Loss` or any such function.
        scaling: What makes the logits believable, once it was chosen.

    Example:

    ```python
    import numpy as np
    from pipelines.tasks.classification import Classification
    task = Classification(("ant", "bee"))
    metrics = task.measure(np.array([[2.0, 0.0], [1.0, 0.0]]), np.array([0, 1]))
    assert task.told(metrics) == "top-1 50.0%" and metrics["top5"] == 1
    ```
    """

    class_names: tuple[str, ...] = ()
    loss: Callable = _PLAIN
    scaling: LogitScaling | None = None

    sums = ("top1", "top5")
    metrics = (TOP1, TOP5)
    decides = TOP1
    loss_words = ("cross-entropy", "nats")
    template = "report_classification.html"

    @classmethod
    def of(cls, settings, examples: Examples) -> "Classification":
        return cls(examples.class_names, loss_of(settings, examples))

    @classmethod
    def of_model(cls, model: keras.Model) -> "Classification":
        """Returns the task that a model was trained for."""
        unnamed = map(str, range(model.output_shape[-1]))
        return cls(zoo.class_names(model) or tuple(unnamed))

    @property
    def about(self) -> str:
        return f"{len(self.class_names):,} classes"

    @property
    def shown(self) -> tuple[Metric, ...]:
        # Of fewer classes all are among the best.
        few = 0 < len(self.class_names) <= _BEST[TOP5]
        return (TOP1,) if few else (TOP1, TOP5)

    @property
    def facts(self) -> dict:
        return {"class_names": self.class_names}

    def build(self, create: Callable[..., keras.Model]) -> keras.Model:
        model = create(classes=len(self.class_names))
        if zoo.class_names(model) not in (None, tuple(self.class_names)):
            renew_head(model)
        zoo.set_class_names(model, self.class_names)
        # Its weights may be those of a multi-label model.
        zoo.set_thresholds(model, None)
        # Of weights that were calibrated; what learns has to be anew.
        zoo.set_logit_scaling(model, None)
        return model

    def count(self, targets, outputs) -> list:
        found = hits(targets, outputs, tuple(_BEST.values()))
        return [tf.reduce_sum(each) for each in found]

    def tuned(
        self, outputs: np.ndarray, targets: np.ndarray
    ) -> "Classification":
        try:
            scaling = fit_temperature(outputs, targets)
        except DataError as error:
            # No reason to lose what was learned.
            _log.warning("Not calibrated: %s", error)
            return self
        return dataclasses.replace(self, scaling=scaling)

    def note_in(self, model: keras.Model) -> None:
        zoo.set_logit_scaling(model, self.scaling)

    def measure(self, outputs: np.ndarray, targets: np.ndarray) -> dict:
        shares = {
            metric.name: float(in_top(outputs, targets, k).mean())
            for metric, k in _BEST.items()
        }
        loss = float(cross_entropy(outputs, targets).mean())
        return {"examples": len(targets), "loss": loss, **shares}

    def details(self, outputs: np.ndarray, examples: Examples) -> dict:
        labels = examples.labels
        names = class_names(examples, outputs.shape[1])
        answers = Answers.of(outputs, labels)
        right = answers.right
        calibration = calibration_of(answers)
        return {
            f"{TOP1.name}_interval": [*interval(int(right.sum()), len(right))],
            **summary(outputs, answers, names),
            "calibration_error": calibration.error,
            "overconfidence": calibration.excess,
            f"{TOP1.name}_by_class": {
                name: float(right[labels == label].mean())
                for label, name in enumerate(names)
                if (labels == label).any()
            },
        }

    def tables(self, outputs: np.ndarray, examples: Examples) -> dict:
        answers = Answers.of(outputs, examples.labels)
        names = class_names(examples, outputs.shape[1])
        return {
            "classes": class_table(answers, names),
            "confusion": confusion_table(answers, names),
            "calibration": calibration_table(calibration_of(answers)),
        }

    def mean(self, outputs: list) -> np.ndarray:
        return mean_of_probabilities(outputs)

    def answers(self, outputs: np.ndarray, most: int | None) -> list[Guess]:
        probabilities = softmax(outputs)
        return [
            Guess(self.class_names[i], float(probabilities[i]))
            for i in np.argsort(-probabilities)[: most or _NAMED]
        ]

    def table(self, outputs: np.ndarray, examples: Examples) -> list[list]:
        answers = Answers.of(outputs, examples.labels)
        names = class_names(examples, outputs.shape[1])
        rows = [["picture", "label", "predicted", "probability"]]
        for i, name in enumerate(examples.names):
            # Of a picture that broke the model nothing is said.
            said = ["", ""]
            if answers.best[i] >= 0:
                said = [names[answers.best[i]], f"{answers.confidence[i]:.6f}"]
            rows.append([name, names[examples.labels[i]], *said])
        return rows

    def page(self, judged: Judged) -> dict:
        # Charts are imported by what draws them.
        from pipelines.tasks.classification_page import page

        return page(judged, self.tiles(judged.metrics))
