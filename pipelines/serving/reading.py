"""A picture's bytes, checked and framed as evaluation sees pictures.

The same checks and the same operations as `zoo predict`, traced once, so that
answers are the same.
"""

import numpy as np
import tensorflow as tf

from pipelines.data import images
from pipelines.data.checks import reason
from pipelines.data.framing import crop_start
from pipelines.data.framing import middle
from pipelines.data.framing import resized
from pipelines.data.framing import resized_sides
from pipelines.data.inspection.classification import Limits
from pipelines.data.inspection.classification import classify
from zoo.errors import DataError
from zoo.preprocessing import Preprocessing

UNSUPPORTED, UNPROCESSABLE = 415, 422
# Kinds of what is no picture at all; all others are pictures and damaged, too
# large, or of a kind that is read to wrong pixels.
_NO_PICTURES = {
    "empty", "html", "lfs_pointer", "text", "zeros", "other_format",
    "no_picture",
}  # fmt: skip


class PictureError(DataError):
    """A picture cannot be read; `status` is what HTTP says of it."""

    def __init__(self, message: str, status: int):
        super().__init__(message)
        self.status = status


class Reader:
    """Turns pictures into what an engine takes.

    It may be called from several threads.

    Args:
        record: The model's preprocessing.
        whole: Whether the engine cuts the middle out by itself, as an
            exported program does: then it is given the square around that,
            of the side to which evaluation resizes, of which it cuts the same
            pixels without resizing.
        upright: Whether pictures are turned as their EXIF asks for.
        limits: What is refused.

    Example:

    ```python
    import tensorflow as tf
    from pipelines.serving.reading import Reader
    from zoo.preprocessing import Preprocessing
    reader = Reader(Preprocessing(image_size=32))
    encoded = tf.io.encode_png(tf.zeros((40, 60, 3), tf.uint8)).numpy()
    assert reader.read(encoded).shape == (32, 32, 3)
    ```
    """

    def __init__(
        self,
        record: Preprocessing,
        *,
        whole: bool = False,
        upright: bool = True,
        limits: Limits = Limits(),  # noqa: B008
    ):
        self._limits = limits
        cut = _square if whole else middle
        side = resized_sides((1, 1), record)[0] if whole else record.image_size
        self.side = int(side)

        def framed(pixels):
            shown = cut(resized(pixels, record), record)
            return tf.ensure_shape(shown, (self.side, self.side, 3))

        self._of_bytes = tf.function(
            lambda encoded: framed(images.decode(encoded, upright)),
            input_signature=[tf.TensorSpec((), tf.string)],
            autograph=False,
        )
        self._of_pixels = tf.function(
            framed,
            input_signature=[tf.TensorSpec((None, None, 3), tf.uint8)],
            autograph=False,
        )

    def warm_up(self) -> None:
        """Traces what reads pictures, which takes longer than reading many."""
        black = np.zeros((self.side + 1, self.side + 2, 3), "uint8")
        self.frame(black)
        self.read(tf.io.encode_jpeg(black).numpy())

    def read(self, encoded: bytes) -> np.ndarray:
        """Returns a picture as the engine takes it.

        Args:
            encoded: A file's bytes.

        Returns:
            uint8 of shape (side, side, 3).

        Raises:
            PictureError: It is no picture, damaged or too large.
        """
        look = classify(encoded, limits=self._limits)
        if look.problem:
            kind = look.problem in _NO_PICTURES
            status = UNSUPPORTED if kind else UNPROCESSABLE
            raise PictureError(f"The picture {look.detail}.", status)
        self._check_shape(look.height, look.width)
        try:
            return self._of_bytes(tf.constant(encoded)).numpy()
        except tf.errors.ResourceExhaustedError:
            raise MemoryError from None
        except tf.errors.OpError as error:
            raise PictureError(
                f"The picture cannot be decoded ({reason(error)}).",
                UNPROCESSABLE,
            ) from None

    def frame(self, pixels: np.ndarray) -> np.ndarray:
        """Returns what `read` does of a picture that was decoded before.

        Args:
            pixels: uint8 of shape (height, width, 3).

        Raises:
            PictureError: It has no or too many pixels, or other channels.
        """
        height, width, channels = pixels.shape
        if channels != 3 or not 0 < height * width <= self._limits.pixels:
            raise PictureError(
                f"The picture has the shape {pixels.shape}. Expected (height, "
                f"width, 3) of at most {self._limits.pixels:,} pixels.",
                UNPROCESSABLE,
            )
        self._check_shape(height, width)
        return self._of_pixels(tf.constant(pixels)).numpy()

    def _check_shape(self, height: int, width: int) -> None:
        """Refuses a strip, of which a small file makes a huge picture."""
        longer, shorter = max(height, width), min(height, width)
        if self.side**2 * longer / shorter > self._limits.pixels:
            raise PictureError(
                f"The picture is {width}x{height}: too long for its width to "
                f"be resized to {self.side} pixels.",
                UNPROCESSABLE,
            )


def _square(image, record: Preprocessing):
    """Cuts the square out whose own middle is the middle of the picture."""
    side = resized_sides((1, 1), record)[0]
    starts = zip(
        crop_start(tf.shape(image)[:2], record),
        crop_start((side, side), record),
        strict=True,
    )
    top, left = (whole - inner for whole, inner in starts)
    return image[top : top + side, left : left + side]
