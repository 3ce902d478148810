"""Multi-label classification: which of some classes a picture shows."""

import dataclasses
from collections.abc import Callable

import keras
import numpy as np
import tensorflow as tf

import zoo
from pipelines.data.examples import Examples
from pipelines.data.spelling import told_apart
from pipelines.pages.showing import on_one_line
from pipelines.tasks.head import renew_head
from pipelines.tasks.metric import Metric
from pipelines.tasks.multilabel_loss import MultiLabelLoss
from pipelines.tasks.multilabel_loss import loss_of
from pipelines.tasks.multilabel_metrics import average_precisions
from pipelines.tasks.multilabel_metrics import scores
from pipelines.tasks.row_blocks import by_blocks
from pipelines.tasks.sigmoid import cross_entropy
from pipelines.tasks.sigmoid import mean_of_probabilities
from pipelines.tasks.sigmoid import sigmoid
from pipelines.tasks.task import Judged
from pipelines.tasks.task import Task
from pipelines.tasks.thresholds import USUAL
from pipelines.tasks.thresholds import choose_thresholds

MAP = Metric("map", "mean average precision")
F1_MICRO = Metric("f1_micro", "F1 (micro)")
F1_MACRO = Metric("f1_macro", "F1 (macro)", is_drawn=False)
SUBSET = Metric("subset", "subset accuracy", is_counted=True)
_PLAIN = MultiLabelLoss()


@dataclasses.dataclass(frozen=True)
class LikelyClass:
    """A class, how likely a picture shows it, and whether that is enough.

    Both numbers lie in 0…1; the class is said where the probability is at
    least the threshold.
    """

    name: str
    probability: float
    threshold: float

    @property
    def said(self) -> bool:
        return self.probability >= self.threshold

    def __str__(self):
        text = f"{self.probability:7.2%}  {on_one_line(self.name)}"
        if self.said:
            return text
        return f"{text} (no: below {self.threshold:.2%})"

    def as_json(self) -> dict:
        return {
            "class": self.name,
            "probability": self.probability,
            "threshold": self.threshold,
        }


@dataclasses.dataclass(frozen=True)
class MultiLabel(Task):
    """Any number of classes a picture: a row of 0 and 1 in, of logits out.

    A label is a row `(classes,)` of 0 and 1, or where pictures are mixed of
    numbers in between. While a run learns, a class is said from a probability
    of 0.5 on; at its end thresholds are chosen.

    Args:
        class_names: In label order.
        loss: Given labels and logits, returns the loss of each example.
        thresholds: Of each class, in 0…1; 0.5 for all where empty.
        shares: Which part of the pictures shows each class, by which a new
            head begins; unknown where empty.

    Example:

    ```python
    import numpy as np
    from pipelines.tasks.multilabel import MultiLabel
    task = MultiLabel(("ant", "bee"))
    logits = np.array([[2.0, 1.0], [-1.0, 2.0]])
    metrics = task.measure(logits, np.array([[1, 1], [0, 0]]))
    assert metrics["subset"] == 0.5 and metrics["f1_micro"] == 0.8
    ```
    """

    class_names: tuple[str, ...]
    loss: Callable = _PLAIN
    thresholds: tuple[float, ...] = ()
    shares: tuple[float, ...] = ()

    sums = ("exact", "found", "said", "shown")
    metrics = (MAP, F1_MICRO, F1_MACRO, SUBSET)
    decides = MAP
    loss_words = ("binary cross-entropy", "nats a picture")
    template = "report_multilabel.html"
    several = True

    @classmethod
    def of(cls, settings, examples: Examples) -> "MultiLabel":
        shares = examples.counts() / len(examples)
        return cls(
            examples.class_names,
            loss_of(settings, examples),
            shares=tuple(shares.tolist()),
        )

    @classmethod
    def of_model(cls, model: keras.Model) -> "MultiLabel":
        """Returns the task that a model was trained for."""
        thresholds = zoo.thresholds(model)
        unnamed = map(str, range(len(thresholds)))
        names = zoo.class_names(model) or tuple(unnamed)
        return cls(names, thresholds=thresholds)

    @property
    def about(self) -> str:
        return f"{len(self.class_names):,} classes, any number a picture"

    @property
    def facts(self) -> dict:
        return {"class_names": self.class_names}

    @property
    def least(self) -> np.ndarray:
        """The least probability with which each class is said."""
        usual = (USUAL,) * len(self.class_names)
        return np.asarray(self.thresholds or usual, "float64")

    def build(self, create: Callable[..., keras.Model]) -> keras.Model:
        model = create(classes=len(self.class_names))
        if zoo.class_names(model) != tuple(self.class_names):
            renew_head(model)
            self._begin(model.get_layer("head_logits").bias)
        zoo.set_class_names(model, self.class_names)
        # So that whoever opens the model knows what it is.
        zoo.set_thresholds(model, self.least)
        zoo.set_logit_scaling(model, None)
        return model

    def _begin(self, bias) -> None:
        """Lets a new head begin by saying how frequent each class is.

        Lin et al., "Focal Loss for Dense Object Detection", 2017, section
        3.3: where most classes are on few pictures, a head that begins in
        the middle spends its first steps on saying no to all of them.
        """
        if self.shares:
            shares = np.clip(self.shares, 1e-3, 1 - 1e-3)
            bias.assign(np.log(shares / (1 - shares)))

    def count(self, targets, outputs) -> list:
        shown = tf.cast(targets, tf.float32) >= USUAL
        least = tf.constant(self.least, tf.float32)
        said = tf.sigmoid(tf.cast(outputs, tf.float32)) >= least
        # A model that is broken is not right where no class is shown.
        valid = ~tf.math.is_nan(outputs)
        exact = tf.reduce_all((said == shown) & valid, axis=-1)
        return [
            tf.reduce_sum(tf.cast(each, tf.float32))
            for each in (exact, said & shown, said, shown)
        ]

    def means(self, sums: dict[str, float]) -> dict[str, float]:
        # Average precision is no sum: of pictures learned from it is not told.
        said_and_shown = max(1.0, sums["said"] + sums["shown"])
        return {
            "loss": float(sums["loss"] / sums["examples"]),
            "f1_micro": float(2 * sums["found"] / said_and_shown),
            "subset": float(sums["exact"] / sums["examples"]),
        }

    def said(self, outputs: np.ndarray) -> np.ndarray:
        """Returns which classes are said: bool, of the shape of the logits."""
        return by_blocks(lambda rows: sigmoid(rows) >= self.least, outputs)

    def measure(self, outputs: np.ndarray, targets: np.ndarray) -> dict:
        return {
            "examples": len(targets),
            "loss": float(cross_entropy(outputs, targets).mean()),
            **scores(outputs, self.said(outputs), targets),
        }

    def details(self, outputs: np.ndarray, examples: Examples) -> dict:
        found = average_precisions(outputs, examples.labels)
        named = zip(self.class_names, found, self.least, strict=True)
        rows = [row for row in named if not np.isnan(row[1])]
        return {
            "average_precision_by_class": {n: float(ap) for n, ap, _ in rows},
            "threshold_by_class": dict(
                zip(self.class_names, self.least.tolist(), strict=True)
            ),
        }

    def tables(self, outputs: np.ndarray, examples: Examples) -> dict:
        from pipelines.tasks.multilabel_page import tables

        return tables(self, outputs, examples)

    def tuned(self, outputs: np.ndarray, targets: np.ndarray) -> "MultiLabel":
        thresholds = choose_thresholds(sigmoid(outputs), targets)
        return dataclasses.replace(self, thresholds=thresholds)

    def note_in(self, model: keras.Model) -> None:
        zoo.set_thresholds(model, self.least)

    def mean(self, outputs: list) -> np.ndarray:
        return mean_of_probabilities(outputs)

    def answers(
        self, outputs: np.ndarray, most: int | None
    ) -> list[LikelyClass]:
        likely = sigmoid(outputs)
        rows = zip(self.class_names, likely, self.least, strict=True)
        found = [LikelyClass(name, float(p), float(t)) for name, p, t in rows]
        found.sort(key=lambda each: -each.probability)
        if most is not None:
            return found[:most]
        return [each for each in found if each.said]

    def table(self, outputs: np.ndarray, examples: Examples) -> list[list]:
        said = dataclasses.replace(
            examples, labels=self.said(outputs).astype("uint8")
        )
        header = ["picture", "label", "predicted"]
        rows = [told_apart([*header, *self.class_names])]
        for i, name in enumerate(examples.names):
            likely = sigmoid(outputs[i])
            # A model that is broken is not right where no class is shown.
            told = "" if np.isnan(likely).any() else said.label_text(i)
            cells = [f"{each:.6f}" for each in likely]
            rows.append([name, examples.label_text(i), told, *cells])
        return rows

    def page(self, judged: Judged) -> dict:
        # Charts are imported by what draws them.
        from pipelines.tasks.multilabel_page import page

        return page(self, judged)
