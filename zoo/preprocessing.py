"""What a set of weights expects of a picture, as one frozen record.

The record travels inside the model (see `zoo.layers.PixelScaling`), so that
training, evaluation, prediction and export cannot disagree about it.
"""

import dataclasses
import math
import numbers
import sys
from typing import TypedDict

from zoo.geometry import GEOMETRIES
from zoo.geometry import OWN
from zoo.geometry import Geometry
from zoo.importing import CallableModule
from zoo.importing import late_names

# `zoo.preprocessing(model)` is public, and `import zoo.preprocessing` gives
# this module. The function looks into layers, which need Keras.
sys.modules[__name__].__class__ = CallableModule
__getattr__ = late_names(__name__, {"preprocessing": "zoo.model_metadata"})

INTERPOLATIONS = ("bilinear", "bicubic")
# No picture is larger, so that no file can ask for one that is.
LARGEST = 1 << 14


class Statistics(TypedDict):
    """Mean and std of R, G and B, in units of 0…255."""

    mean: tuple[float, float, float]
    std: tuple[float, float, float]


# What is subtracted from R, G and B, and what they are divided by: as the
# recipes of PyTorch, of Caffe's models (which divide by nothing), to ±1, and
# as the networks for mobile devices, whose numbers become bytes.
IMAGENET: Statistics = {
    "mean": (123.675, 116.28, 103.53),
    "std": (58.395, 57.12, 57.375),
}
CAFFE: Statistics = {
    "mean": (123.68, 116.779, 103.939),
    "std": (1.0, 1.0, 1.0),
}
PLUS_MINUS_ONE: Statistics = {
    "mean": (127.5, 127.5, 127.5),
    "std": (127.5, 127.5, 127.5),
}
MOBILE: Statistics = {
    "mean": (127.0, 127.0, 127.0),
    "std": (128.0, 128.0, 128.0),
}


@dataclasses.dataclass(frozen=True)
class Preprocessing:
    """How a picture becomes the input of one model.

    Args:
        image_size: Height and width that evaluation crops to, in pixels, at
            most `LARGEST`.
        mean: What is subtracted from R, G and B, in units of 0…255.
        std: What R, G and B are divided by afterwards, in units of 0…255.
        crop_fraction: The part of the shorter side that the evaluation crop
            keeps, in (0, 1].
        interpolation: `"bilinear"` or `"bicubic"`; always with antialias.
        geometry: Whose rules say which pixels are seen, a name of
            `zoo.geometry.GEOMETRIES`.
        test_size: A larger size that whoever published the weights tests
            them at, or None; see `at_test_size`.
        test_crop_fraction: As `crop_fraction`, at that size; None where it is
            the same.

    Raises:
        ValueError: A value is out of its range.

    Example:

    ```python
    from zoo.preprocessing import Preprocessing
    assert Preprocessing(image_size=64).std == (255.0, 255.0, 255.0)
    ```
    """

    image_size: int
    mean: tuple[float, float, float] = (0.0, 0.0, 0.0)
    std: tuple[float, float, float] = (255.0, 255.0, 255.0)
    crop_fraction: float = 0.875
    interpolation: str = "bilinear"
    # Feature tables hold a hash of the text of a record, and older ones that
    # of a record without these.
    geometry: str = dataclasses.field(default=OWN, repr=False)
    test_size: int | None = dataclasses.field(default=None, repr=False)
    test_crop_fraction: float | None = dataclasses.field(
        default=None, repr=False
    )

    def __post_init__(self):
        object.__setattr__(self, "mean", tuple(map(float, self.mean)))
        object.__setattr__(self, "std", tuple(map(float, self.std)))
        self._check_sizes()
        if (
            len(self.mean) != 3
            or len(self.std) != 3
            or not all(map(math.isfinite, self.mean + self.std))
            or min(self.std) <= 0
        ):
            raise ValueError(
                "`mean` and `std` hold one finite number for each of R, G and "
                "B, and no std is 0 or less. Received: "
                f"{self.mean}, {self.std}"
            )
        if self.interpolation not in INTERPOLATIONS:
            raise ValueError(
                f"`interpolation` is one of {', '.join(INTERPOLATIONS)}. "
                f"Received: {self.interpolation!r}"
            )
        if self.geometry not in GEOMETRIES:
            raise ValueError(
                f"`geometry` is one of {', '.join(GEOMETRIES)}. "
                f"Received: {self.geometry!r}"
            )

    def _check_sizes(self) -> None:
        for name in ("image_size", "test_size"):
            size = getattr(self, name)
            if size is None and name == "test_size":
                continue
            whole = isinstance(size, numbers.Integral)
            if not whole or not 1 <= size <= LARGEST:
                raise ValueError(
                    f"`{name}` is a whole number of pixels, from 1 to "
                    f"{LARGEST}. Received: {size!r}"
                )
        for name in ("crop_fraction", "test_crop_fraction"):
            part = getattr(self, name)
            if part is None and name == "test_crop_fraction":
                continue
            if not 0 < part <= 1:
                raise ValueError(f"`{name}` is in (0, 1]. Received: {part}")

    @property
    def rules(self) -> Geometry:
        """The rules that the record's `geometry` names."""
        return GEOMETRIES[self.geometry]

    def at(self, image_size: int) -> "Preprocessing":
        """Returns the same record for another image size."""
        return dataclasses.replace(self, image_size=image_size)

    def at_test_size(self) -> "Preprocessing":
        """Returns the record of the larger size that weights are tested at.

        The record itself where there is no such size.

        Example:

        ```python
        from zoo.preprocessing import Preprocessing
        record = Preprocessing(224, test_size=288, test_crop_fraction=1.0)
        assert record.at_test_size() == Preprocessing(288, crop_fraction=1.0)
        ```
        """
        if self.test_size is None:
            return self
        return dataclasses.replace(
            self,
            image_size=self.test_size,
            crop_fraction=self.test_crop_fraction or self.crop_fraction,
            test_size=None,
            test_crop_fraction=None,
        )

    def with_own_geometry(self) -> "Preprocessing":
        """Returns the same record by the rules of this zoo, at one size."""
        return dataclasses.replace(
            self, geometry=OWN, test_size=None, test_crop_fraction=None
        )

    def statistics(self, channels: int) -> tuple[tuple, tuple]:
        """Returns mean and std for pictures of any number of channels.

        Grey pictures take the average over R, G and B; where there are more
        than three channels, they repeat in the order of R, G and B. So do the
        weights of the first convolution, see `zoo.weights.adapting`.

        Args:
            channels: At least 1.

        Example:

        ```python
        from zoo.preprocessing import Preprocessing
        record = Preprocessing(32, mean=(10, 20, 30), std=(1, 2, 3))
        assert record.statistics(1) == ((20,), (2,))
        assert record.statistics(4) == ((10, 20, 30, 10), (1, 2, 3, 1))
        ```
        """
        if channels == 1:
            return (sum(self.mean) / 3,), (sum(self.std) / 3,)
        order = [channel % 3 for channel in range(channels)]
        return (
            tuple(self.mean[channel] for channel in order),
            tuple(self.std[channel] for channel in order),
        )


def imagenet(image_size: int = 224, **changes) -> Preprocessing:
    """The ImageNet mean and standard deviation of the PyTorch recipes."""
    return Preprocessing(image_size, **IMAGENET, **changes)


def cifar10() -> Preprocessing:
    """CIFAR-10's own statistics; the whole 32-pixel picture is the crop."""
    return Preprocessing(
        32,
        mean=(125.3, 123.0, 113.9),
        std=(63.0, 62.1, 66.7),
        crop_fraction=1.0,
    )
