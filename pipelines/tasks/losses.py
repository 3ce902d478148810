"""Losses of logits, for one class, for mixed classes, for uneven classes."""

import dataclasses
from typing import TypeAlias

import numpy.typing as npt
import tensorflow as tf

from pipelines.data.balance import class_weights
from pipelines.data.balance import example_weights
from pipelines.data.balance import logit_adjustment
from pipelines.data.examples import Examples
from zoo.errors import RequestError

LOSSES = ("softmax", "bce")
# Tensors, arrays and lists of numbers.
Numbers: TypeAlias = tf.Tensor | npt.ArrayLike


def smoothed_cross_entropy(
    labels: Numbers, logits: Numbers, label_smoothing: float = 0.0
) -> tf.Tensor:
    """Softmax cross-entropy of each example, in nats.

    Szegedy et al., "Rethinking the Inception Architecture", 2015, section 7:
    the target is 1 - label_smoothing on the class and the rest spread evenly
    over all classes.

    Args:
        labels: int `(batch,)`, or the probabilities of all classes, float32
            `(batch, classes)`.
        logits: float32 `(batch, classes)`.
        label_smoothing: In [0, 1).

    Returns:
        float32 `(batch,)`.
    """
    log_probabilities = tf.nn.log_softmax(logits)
    labels = tf.convert_to_tensor(labels)
    if labels.shape.rank == 2:
        own = tf.reduce_sum(labels * log_probabilities, axis=-1)
    else:
        own = tf.gather(log_probabilities, labels, batch_dims=1)
    mean = tf.reduce_mean(log_probabilities, axis=-1)
    return -(1 - label_smoothing) * own - label_smoothing * mean


def binary_cross_entropy(
    labels: Numbers,
    logits: Numbers,
    label_smoothing: float = 0.0,
    target_threshold: float | None = None,
) -> tf.Tensor:
    """Sigmoid cross-entropy of each example: its mean over classes, in nats.

    Wightman et al., "ResNet strikes back", 2021, section 3.2: every class is
    a question of its own, so that a mixed picture may show two classes in
    full. Smoothing comes before the threshold, as in timm.

    Args:
        labels: int `(batch,)`, or the probabilities of all classes, float32
            `(batch, classes)`.
        logits: float32 `(batch, classes)`.
        label_smoothing: In [0, 1): the target's part that is spread evenly.
        target_threshold: Targets above it become 1 and all others 0; None
            to leave them.

    Returns:
        float32 `(batch,)`.

    Example:

    ```python
    from pipelines.tasks.losses import binary_cross_entropy
    (loss,) = binary_cross_entropy([1], [[0.0, 0.0, 0.0]]).numpy()
    assert abs(loss - 0.6931472) < 1e-6
    ```
    """
    logits = tf.convert_to_tensor(logits)
    targets = _targets(labels, tf.shape(logits)[-1])
    classes = tf.cast(tf.shape(logits)[-1], tf.float32)
    targets = (1 - label_smoothing) * targets + label_smoothing / classes
    if target_threshold is not None:
        targets = tf.cast(targets > target_threshold, tf.float32)
    losses = tf.nn.sigmoid_cross_entropy_with_logits(targets, logits)
    return tf.reduce_mean(losses, axis=-1)


def _targets(labels, classes):
    """Returns float32 `(batch, classes)`."""
    labels = tf.convert_to_tensor(labels)
    if labels.shape.rank == 2:
        return tf.cast(labels, tf.float32)
    return tf.one_hot(labels, classes)


@dataclasses.dataclass(frozen=True)
class Loss:
    """The loss of a run: given labels and logits, that of each example.

    Args:
        kind: `softmax` (`smoothed_cross_entropy`) or `bce`
            (`binary_cross_entropy`).
        label_smoothing: In [0, 1).
        class_weights: What an example of each class weighs, of
            `pipelines.data.balance.class_weights`, whose mean over the
            training pictures is 1. A mixed picture weighs what its classes
            weigh on average; smoothing does not change it.
        adjustment: What is added to each class's logit, of
            `pipelines.data.balance.logit_adjustment`.
        target_threshold: For `bce`, in (0, 1), or None.

    Raises:
        RequestError: A value is out of its range.

    Example:

    ```python
    from pipelines.tasks.losses import Loss
    loss = Loss(class_weights=(0.5, 3.0))
    half, three = loss([0, 1], [[0.0, 0.0], [0.0, 0.0]]).numpy()
    assert abs(three / half - 6) < 1e-5
    ```
    """

    kind: str = "softmax"
    label_smoothing: float = 0.0
    class_weights: tuple[float, ...] | None = None
    adjustment: tuple[float, ...] | None = None
    target_threshold: float | None = None

    def __post_init__(self):
        if self.kind not in LOSSES:
            raise RequestError(
                f"`loss` is one of {', '.join(LOSSES)}. Received: {self.kind}"
            )
        threshold = self.target_threshold
        if threshold is None:
            return
        if self.kind != "bce":
            raise RequestError(
                "`target_threshold` makes targets of 0 and 1, which only "
                "`loss=bce` can take. Give that, or leave it out."
            )
        if not 0 < threshold < 1:
            raise RequestError(
                f"`target_threshold` lies between 0 and 1. Received: "
                f"{threshold}"
            )

    def __call__(self, labels: Numbers, logits: Numbers) -> tf.Tensor:
        """Returns each example's loss in nats, float32 `(batch,)`.

        Args:
            labels: int `(batch,)`, or the probabilities of all classes,
                float32 `(batch, classes)`.
            logits: float `(batch, classes)`.
        """
        logits = tf.cast(logits, tf.float32)
        if self.adjustment is not None:
            logits = logits + tf.constant(self.adjustment, tf.float32)
        losses = self._of_each(labels, logits)
        if self.class_weights is None:
            return losses
        targets = _targets(labels, len(self.class_weights))
        return losses * example_weights(targets, self.class_weights)

    def _of_each(self, labels, logits):
        if self.kind == "softmax":
            return smoothed_cross_entropy(labels, logits, self.label_smoothing)
        return binary_cross_entropy(
            labels, logits, self.label_smoothing, self.target_threshold
        )


def loss_of(settings, examples: Examples) -> Loss:
    """Returns the loss of a run.

    Args:
        settings: Says which: `loss`, `label_smoothing`, `target_threshold`,
            `class_weights` and `logit_adjustment`, as
            `pipelines.runs.config.RunConfig` has them.
        examples: The pictures to learn from, whose classes it counts.

    Raises:
        DataError: Logit adjustment meets a class without pictures.
    """
    changes = {}
    if settings.class_weights:
        weights = class_weights(examples.counts(), settings.class_weights)
        changes["class_weights"] = tuple(weights.tolist())
    if settings.logit_adjustment:
        added = logit_adjustment(examples.counts(), settings.logit_adjustment)
        changes["adjustment"] = tuple(added.tolist())
    return Loss(
        settings.loss,
        label_smoothing=settings.label_smoothing,
        target_threshold=settings.target_threshold,
        **changes,
    )
