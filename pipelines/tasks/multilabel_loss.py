"""The loss of pictures that show several classes: a question for each."""

import dataclasses

import numpy as np
import tensorflow as tf

from pipelines.data.examples import Examples
from zoo.errors import RequestError


@dataclasses.dataclass(frozen=True)
class MultiLabelLoss:
    """Sigmoid cross-entropy of each example: its sum over classes, in nats.

    It is summed, so that each class's logit learns as fast as a softmax's,
    and rates that suit one class a picture suit several.

    Args:
        label_smoothing: In [0, 1): the target's part that is spread evenly
            over yes and no (Szegedy et al. 2015, section 7, of two classes).
        positive_weights: What a picture that shows a class weighs in the
            class's loss, of `positive_weights`; one that does not weighs 1.
        target_threshold: Of mixed pictures, targets above it become 1 and all
            others 0; None to leave them.

    Example:

    ```python
    from pipelines.tasks.multilabel_loss import MultiLabelLoss
    (loss,) = MultiLabelLoss()([[1, 0, 1]], [[0.0, 0.0, 0.0]]).numpy()
    assert abs(loss - 3 * 0.6931472) < 1e-6
    ```
    """

    label_smoothing: float = 0.0
    positive_weights: tuple[float, ...] | None = None
    target_threshold: float | None = None

    def __call__(self, labels, logits):
        """Returns each example's loss, float32 `(batch,)`.

        Args:
            labels: 0…1 of shape `(batch, classes)`.
            logits: float `(batch, classes)`.
        """
        targets = tf.cast(labels, tf.float32)
        logits = tf.cast(logits, tf.float32)
        targets = (1 - self.label_smoothing) * targets + (
            self.label_smoothing / 2
        )
        if self.target_threshold is not None:
            targets = tf.cast(targets > self.target_threshold, tf.float32)
        weights = 1.0
        if self.positive_weights is not None:
            weights = tf.constant(self.positive_weights, tf.float32)
        losses = tf.nn.weighted_cross_entropy_with_logits(
            targets, logits, weights
        )
        return tf.reduce_sum(losses, axis=-1)


def positive_weights(counts: np.ndarray, examples: int, power: float):
    """Weights the pictures that show a class by how few they are.

    `(others / those) ** power`: with 1 both weigh the same in all, as
    `pos_weight` of PyTorch's `BCEWithLogitsLoss` has it.

    Args:
        counts: int `(classes,)`: how many pictures show each class.
        examples: How many pictures there are.
        power: 0 for no weights.

    Returns:
        float32 `(classes,)`; 1 for a class that none shows, or all.

    Example:

        >>> from pipelines.tasks.multilabel_loss import positive_weights
        >>> positive_weights([100, 0], 400, 1.0).tolist()
        [3.0, 1.0]
    """
    counts = np.asarray(counts, "float64")
    known = (counts > 0) & (counts < examples)
    ratio = (examples - counts) / np.where(known, counts, 1)
    return np.where(known, ratio**power, 1).astype("float32")


def loss_of(settings, examples: Examples) -> MultiLabelLoss:
    """Returns the loss of a run.

    Args:
        settings: Says which: `label_smoothing`, `target_threshold` and
            `class_weights`, as `pipelines.runs.config.RunConfig` has them.
        examples: The pictures to learn from, whose classes it counts.

    Raises:
        RequestError: What is asked for has no meaning where a picture shows
            several classes.
    """
    if settings.logit_adjustment:
        raise RequestError(
            "`logit_adjustment` is for classes of which a picture shows one, "
            "not for `task=multilabel`. Give `class_weights`, which weighs "
            "the pictures that show a rare class, or leave it out."
        )
    weights = None
    if settings.class_weights:
        found = positive_weights(
            examples.counts(), len(examples), settings.class_weights
        )
        weights = tuple(found.tolist())
    return MultiLabelLoss(
        settings.label_smoothing, weights, settings.target_threshold
    )
