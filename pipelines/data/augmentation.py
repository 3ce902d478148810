"""What training does to a picture: named policies, each a row of a table."""

import dataclasses
import functools
from collections.abc import Callable

from pipelines.data import images
from pipelines.data.augmenting import colour
from pipelines.data.augmenting.erasing import GridMask
from pipelines.data.augmenting.erasing import RandomErasing
from pipelines.data.augmenting.policies import AugMix
from pipelines.data.augmenting.policies import RandAugment
from pipelines.data.augmenting.policies import TrivialAugment
from pipelines.data.examples import Examples
from pipelines.data.holding import Encoded
from pipelines.data.holding import Picture
from pipelines.data.holding import fixed_pictures
from pipelines.data.holding import pyramids
from zoo.errors import RequestError


@dataclasses.dataclass(frozen=True)
class Augmentation:
    """A policy: how a crop is chosen and what happens to it, in this order.

    Args:
        area: Smallest and largest part of the picture that a crop covers,
            or None to take the whole picture as evaluation does.
        aspect_ratio: Smallest and largest width / height of a crop.
        patch: Where more than 1, the middle square is made this many times
            as large as the image size, and `images.random_patch` cuts out.
        shift: Border for `images.random_shift`, as a part of the side.
        flip: Whether pictures are mirrored.
        colour: Strength of `colour.jitter`; 0 leaves colours alone.
        lighting: Strength of `colour.lighting`; 0 leaves colours alone.
        policy: A record such as `RandAugment`, or None.
        erasing: A record such as `RandomErasing`, or None.
    """

    area: tuple[float, float] | None = None
    aspect_ratio: tuple[float, float] = (3 / 4, 4 / 3)
    patch: float = 1.0
    shift: float = 0.0
    flip: bool = True
    colour: float = 0.0
    lighting: float = 0.0
    policy: Callable | None = None
    erasing: Callable | None = None


AUGMENTATIONS = {
    "none": Augmentation(flip=False),
    # He et al. 2015, section 4.2: 4 pixels of 32.
    "shift": Augmentation(shift=1 / 8),
    # Szegedy et al. 2014, section 6, as torchvision's reference has it.
    "crop": Augmentation(area=(0.08, 1.0)),
    "gentle": Augmentation(area=(0.35, 1.0), colour=0.2),
    "standard": Augmentation(area=(0.25, 1.0), colour=0.4),
    # Krizhevsky et al. 2012, section 4.1: 224 pixels out of 256.
    "alexnet": Augmentation(patch=8 / 7, lighting=0.1),
    "randaugment": Augmentation(area=(0.08, 1.0), policy=RandAugment()),
    "trivialaugment": Augmentation(area=(0.08, 1.0), policy=TrivialAugment()),
    "augmix": Augmentation(area=(0.08, 1.0), policy=AugMix()),
    "erasing": Augmentation(area=(0.08, 1.0), erasing=RandomErasing()),
    "gridmask": Augmentation(area=(0.08, 1.0), erasing=GridMask()),
}


def find_augmentation(name: str) -> Augmentation:
    """Returns a policy by its name.

    Raises:
        RequestError: There is none of that name.
    """
    if name not in AUGMENTATIONS:
        raise RequestError(
            f"--augmentation={name} is not known. Expected one of: "
            f"{', '.join(AUGMENTATIONS)}."
        )
    return AUGMENTATIONS[name]


def augment(picture, seed, policy: Augmentation, preprocessing):
    """Looks at a picture and changes it as a policy says.

    Args:
        picture: Scalar string: a picture's bytes; or what `at` of `held`
            gives.
        seed: int64 `(2,)`; the same seed gives the same picture.
        policy: What is done.
        preprocessing: The model's record; its image size is the result's.

    Returns:
        uint8 of shape (image size, image size, 3).
    """
    size = preprocessing.image_size
    image = _crop(picture, seed, policy, preprocessing)
    if policy.shift:
        border = max(1, round(policy.shift * size))
        image = images.random_shift(image, images.stream(seed, 1), border)
    if policy.flip:
        image = images.random_flip(image, images.stream(seed, 2))
    if policy.colour:
        image = colour.jitter(image, images.stream(seed, 3), policy.colour)
    if policy.lighting:
        image = colour.lighting(image, images.stream(seed, 4), policy.lighting)
    if policy.policy:
        image = policy.policy(image, images.stream(seed, 5))
    if policy.erasing:
        image = policy.erasing(image, images.stream(seed, 6))
    image.set_shape((size, size, 3))
    return image


def crop_window(shape, seed, policy: Augmentation):
    """Returns the window that `augment` decodes, int32 `(4,)`.

    Args:
        shape: int32 `(3,)`: the picture's shape.
        seed: As for `augment`.
        policy: One with an `area`.
    """
    return images.random_resized_window(
        shape, seed, area=policy.area, aspect_ratio=policy.aspect_ratio
    )


def _crop(picture, seed, policy, preprocessing):
    size = preprocessing.image_size
    if not isinstance(picture, Picture):
        picture = Encoded(picture)
    if policy.area:
        image = picture.window(
            lambda shape: crop_window(shape, seed, policy), size
        )
        return images.resize_fast(image, size)
    image = picture.fixed(_fixed_part(policy, preprocessing))
    if policy.patch > 1:
        return images.random_patch(image, seed, size)
    return image


def _fixed_part(policy, preprocessing):
    """What is done to a picture before chance is asked, where no crop is."""
    if policy.patch <= 1:
        return functools.partial(whole_picture, preprocessing=preprocessing)
    side = _patched_side(policy, preprocessing)

    def middle(encoded):
        image = images.decode_and_crop(encoded, images.middle_window, side)
        return images.resize_fast(image, side)

    return middle


def _patched_side(policy, preprocessing) -> int:
    return round(policy.patch * preprocessing.image_size)


def held(examples: Examples, policy: Augmentation, preprocessing):
    """Decodes a set of pictures for `augment` once, where there is room.

    Args:
        examples: The pictures.
        policy: What will be done to them.
        preprocessing: The model's record.

    Returns:
        Given an index, `at` of it returns what `augment` takes; None where
        there are too many pictures.

    Example:

    ```python
    import numpy as np, tensorflow as tf
    from pipelines.data.augmentation import AUGMENTATIONS, augment, held
    from pipelines.data.examples import Examples
    from zoo.preprocessing import Preprocessing
    noise = np.random.default_rng(0).integers(0, 256, (40, 50, 3), "uint8")
    encoded = tf.io.encode_jpeg(noise).numpy()
    examples = Examples(("a",), np.array([0], "int32"), ("x",),
                        lambda wanted: [encoded] * len(wanted))
    ways, record = AUGMENTATIONS["crop"], Preprocessing(16, crop_fraction=1.0)
    seed = np.array([0, 7], "int64")
    decoded = held(examples, ways, record).at(tf.constant(0))
    ours = augment(decoded, seed, ways, record)
    assert np.array_equal(ours, augment(encoded, seed, ways, record))
    ```
    """
    if policy.area:
        return pyramids(examples, preprocessing.image_size)
    if policy.patch <= 1:
        return held_whole(examples, preprocessing)
    return fixed_pictures(
        examples,
        _fixed_part(policy, preprocessing),
        _patched_side(policy, preprocessing),
        (policy.patch, preprocessing),
    )


def held_whole(examples: Examples, preprocessing):
    """The same of what evaluation sees (`whole_picture`)."""
    return fixed_pictures(
        examples,
        functools.partial(whole_picture, preprocessing=preprocessing),
        preprocessing.image_size,
        preprocessing,
    )


def whole_picture(encoded, preprocessing):
    """What evaluation sees: resized by the shorter side, the middle cut out.

    Args:
        encoded: Scalar string: a picture's bytes.
        preprocessing: The model's record.

    Returns:
        uint8 of shape (image size, image size, 3).
    """
    size = preprocessing.image_size
    image = images.resize_shorter_side(
        images.decode(encoded),
        round(size / preprocessing.crop_fraction),
        preprocessing.interpolation,
    )
    return images.central_crop(image, size)
