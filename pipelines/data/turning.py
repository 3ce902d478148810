"""Turning pictures upright inside graphs, as their EXIF asks for.

A plain photo costs a look at its first bytes: where its first table follows its
first header, there is no EXIF between them. Python is called for the others.
"""

import numpy as np
import tensorflow as tf

from pipelines.data.inspection.orientation import ON_ITS_SIDE
from pipelines.data.inspection.orientation import PLAIN_WEBPS
from pipelines.data.inspection.orientation import SIGNS
from pipelines.data.inspection.orientation import flips
from pipelines.data.inspection.orientation import orientation_of
from pipelines.data.inspection.orientation import turned as turned_pixels
from pipelines.data.tf_data import call_python

_TABLE, _JFIF = b"\xff\xdb", b"\xff\xe0\x00\x10"
# In bytes: searching more takes longer than calling Python.
_SMALL = 2**13
# By orientation, of which there is no 0: whether rows and whether columns are
# read backwards.
_FLIPS = np.array([(False, False), *map(flips, range(1, 9))])


def orientation(encoded, *kinds: str):
    """Reads how a picture lies, int32 in 1…8 (perhaps a py_function).

    Args:
        encoded: Scalar string: the file.
        kinds: What it may be: `"JPEG"`, or of `SIGNS`.
    """
    if kinds == ("JPEG",):
        may_lie = ~_is_plain_jpeg(encoded)
    else:
        may_lie = _may_lie(encoded, kinds)
    return tf.cond(may_lie, lambda: _asked(encoded), lambda: tf.constant(1))


def _is_plain_jpeg(encoded):
    """Whether nothing stands between a JPEG's first header and its tables."""
    start = tf.strings.substr(encoded, 2, 4)
    behind = tf.strings.substr(encoded, 20, 2)
    tables = tf.strings.substr(start, 0, 2) == _TABLE
    return tables | ((start == _JFIF) & (behind == _TABLE))


def _may_lie(encoded, kinds):
    """Looks for signs in small files; of large ones Python reads the parts."""
    plain_webp = tf.reduce_any(tf.strings.substr(encoded, 12, 4) == PLAIN_WEBPS)

    def by_signs():
        signs = sorted({sign for kind in kinds for sign in SIGNS[kind]})
        return tf.reduce_any([_holds(encoded, sign) for sign in signs])

    small = tf.strings.length(encoded) < _SMALL
    return ~plain_webp & tf.cond(small, by_signs, lambda: tf.constant(True))


def _holds(encoded, sign: bytes):
    parts = tf.raw_ops.StringSplitV2(input=[encoded], sep=sign, maxsplit=1)
    return parts.shape[1] > 1


def _asked(encoded):
    return tf.ensure_shape(call_python(_read, [encoded], tf.int32), ())


def _read(encoded) -> np.int32:
    return np.int32(orientation_of(np.asarray(encoded, object).item()))


def upright(image, encoded, *kinds: str):
    """Turns a whole picture as its file asks for.

    Args:
        image: `(height, width, 3)`, as it is stored.
        encoded: Scalar string: the file.
        kinds: As for `orientation`.
    """
    lies = orientation(encoded, *kinds)
    return tf.cond(lies > 1, lambda: turned(image, lies), lambda: image)


def turned(image, lies):
    """Turns uint8 pixels `(height, width, 3)` of an orientation, int32.

    Python does it, in the same time: where a processor has no AVX-512,
    TensorFlow's transposition of bytes has something to say about that.
    """
    return tf.ensure_shape(
        call_python(_turned, [image, lies], tf.uint8), (None, None, 3)
    )


def _turned(image, lies) -> np.ndarray:
    return np.ascontiguousarray(turned_pixels(image, int(lies)))


def turned_shape(shape, lies):
    """Returns the shape, int32 `(3,)`, that a picture has when it is turned."""
    return tf.gather(shape, _order(lies))


def stored_window(window, shape, lies):
    """Finds in a picture as it is stored what a window shows of it upright.

    Args:
        window: int32 `(4,)`: top, left, height and width.
        shape: int32 `(3,)`: of the picture upright.
        lies: Its orientation, int32.
    """
    start, size = window[:2], window[2:]
    start = tf.where(_flipped(lies), shape[:2] - start - size, start)
    found = tf.concat([start, size], 0)
    order = tf.where(lies < ON_ITS_SIDE, [0, 1, 2, 3], [1, 0, 3, 2])
    return tf.gather(found, order)


def _order(lies):
    return tf.where(lies < ON_ITS_SIDE, [0, 1, 2], [1, 0, 2])


def _flipped(lies):
    return tf.gather(_FLIPS, lies)
