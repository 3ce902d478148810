"""Several views of one picture, whose predictions are averaged.

```python
import tensorflow as tf
from pipelines.evaluation.views import test_time_views
from zoo.preprocessing import Preprocessing
encoded = tf.io.encode_png(tf.zeros((40, 60, 3), tf.uint8))
views = test_time_views(encoded, Preprocessing(image_size=32), "ten_crop")
assert views.shape == (10, 32, 32, 3)
```
"""

import tensorflow as tf

from pipelines.data import images
from pipelines.data.images import whole_picture
from zoo.errors import RequestError
from zoo.preprocessing import Preprocessing

# How large the shorter side is, to what evaluation makes it.
_SCALES = (1.0, 1.15, 1.3)


def test_time_views(encoded, preprocessing: Preprocessing, views: str):
    """Returns the views of a picture.

    Args:
        encoded: Scalar string: a picture's bytes.
        preprocessing: The model's record.
        views: `"flip"` (what evaluation sees and its mirror image),
            `"ten_crop"` (the four corners, the middle and their mirror
            images, Krizhevsky et al. 2012, section 4.1) or `"multi_scale"`
            (the middle of the picture at three sizes, and mirrored).

    Returns:
        uint8 of shape (views, image size, image size, 3); the mirror images
        come last. Ten views are not different where `crop_fraction` is 1 and
        the picture is a square.

    Raises:
        RequestError: There are no views of that name.
    """
    if views not in VIEWS:
        raise RequestError(
            f"--views={views} is not known. Expected one of: "
            f"{', '.join(VIEWS)}."
        )
    straight = tf.stack(VIEWS[views](encoded, preprocessing))
    return tf.concat([straight, tf.reverse(straight, [2])], axis=0)


# Not a test, whatever its name says to pytest.
test_time_views.__test__ = False


def _one(encoded, preprocessing):
    return [whole_picture(encoded, preprocessing)]


def _five(encoded, preprocessing):
    size = preprocessing.image_size
    image = _resized(encoded, preprocessing, 1.0)
    bottom, right = tf.shape(image)[0] - size, tf.shape(image)[1] - size
    corners = [(0, 0), (0, right), (bottom, 0), (bottom, right)]
    cut = [tf.slice(image, (*at, 0), (size, size, 3)) for at in corners]
    return [*cut, images.central_crop(image, size)]


def _scales(encoded, preprocessing):
    return [
        images.central_crop(
            _resized(encoded, preprocessing, scale), preprocessing.image_size
        )
        for scale in _SCALES
    ]


def _resized(encoded, preprocessing, scale: float):
    size = preprocessing.image_size / preprocessing.crop_fraction
    return images.resize_shorter_side(
        images.decode(encoded),
        round(scale * size),
        preprocessing.interpolation,
    )


VIEWS = {"flip": _one, "ten_crop": _five, "multi_scale": _scales}
