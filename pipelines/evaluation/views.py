"""The views of test-time augmentation (TTA), whose probabilities are averaged.

```python
import tensorflow as tf
from pipelines.evaluation.views import views_of
from zoo.preprocessing import Preprocessing
encoded = tf.io.encode_png(tf.zeros((40, 60, 3), tf.uint8))
views = views_of(encoded, Preprocessing(image_size=32), "tencrop")
assert views.shape == (10, 32, 32, 3)
```
"""

import tensorflow as tf

from pipelines.batches.evaluation_data import EvaluationData
from pipelines.batches.evaluation_data import filled_batches
from pipelines.data import framing
from pipelines.data import images
from pipelines.data.examples import Examples
from pipelines.evaluation.tta import NO_VIEWS
from pipelines.evaluation.tta import check_tta
from zoo.preprocessing import Preprocessing

# How large the shorter side is, to what evaluation makes it.
_SCALES = (1.0, 1.15, 1.3)


def views_of(
    encoded, preprocessing: Preprocessing, tta: str, upright: bool = True
):
    """Returns the views of a picture.

    Args:
        encoded: Scalar string: a picture's bytes.
        preprocessing: The model's record.
        tta: `"none"` (what evaluation sees), `"flip"` (that and its mirror
            image), `"tencrop"` (the four corners, the middle and their mirror
            images, Krizhevsky et al. 2012, section 4.1) or `"multiscale"`
            (the middle of the picture at three sizes, and mirrored).
        upright: As for `pipelines.data.images.decode`.

    Returns:
        uint8 of shape (views, image size, image size, 3); the mirror images
        come last. Ten views are not different where `crop_fraction` is 1 and
        the picture is a square.

    Raises:
        RequestError: There are no views of that name.
    """
    check_tta(tta)
    image = images.decode(encoded, upright)
    straight = tf.stack(_STRAIGHT[tta](image, preprocessing))
    if tta == NO_VIEWS:
        return straight
    return tf.concat([straight, tf.reverse(straight, [2])], axis=0)


def views_data(
    examples: Examples,
    preprocessing: Preprocessing,
    tta: str,
    *,
    batch_size: int,
) -> EvaluationData:
    """Builds the pipeline that shows every view of every example.

    Args:
        examples: What is judged by.
        preprocessing: The model's record.
        tta: As for `views_of`.
        batch_size: How many pictures a batch has at most; it holds all views
            of at least one example.

    Raises:
        RequestError: There are no views of that name.
    """
    labels = tf.constant(examples.labels)
    # Read outside the graph, once for all pipelines, where it is kept.
    _ = examples.held

    def load(index):
        encoded = examples.tensor(index)
        views = views_of(encoded, preprocessing, tta, examples.upright)
        return views, tf.gather(labels, index), 1.0

    def join(views, labels, valid):
        return tf.reshape(views, (-1, *views.shape[2:])), labels, valid

    views = _COUNTS[tta]
    whole = max(1, batch_size // views)
    dataset = filled_batches(len(examples), load, whole).map(join)
    return EvaluationData(examples, dataset, whole * views, views)


def _middle(image, preprocessing):
    resized = framing.resized(image, preprocessing)
    return [framing.middle(resized, preprocessing)]


def _corners(image, preprocessing):
    size = preprocessing.image_size
    image = framing.resized(image, preprocessing)
    bottom, right = tf.shape(image)[0] - size, tf.shape(image)[1] - size
    corners = [(0, 0), (0, right), (bottom, 0), (bottom, right)]
    cut = [tf.slice(image, (*at, 0), (size, size, 3)) for at in corners]
    return [*cut, framing.middle(image, preprocessing)]


def _scales(image, preprocessing):
    return [
        framing.middle(
            framing.resized(image, preprocessing, scale), preprocessing
        )
        for scale in _SCALES
    ]


_STRAIGHT = {
    NO_VIEWS: _middle,
    "flip": _middle,
    "tencrop": _corners,
    "multiscale": _scales,
}
_COUNTS = {
    NO_VIEWS: 1,
    "flip": 2,
    "tencrop": 10,
    "multiscale": 2 * len(_SCALES),
}
