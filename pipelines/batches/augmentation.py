"""What training does to a picture: named policies, each a row of a table."""

import dataclasses
import functools

import tensorflow as tf

from pipelines.batches.augmenting.erasing import GridMask
from pipelines.batches.augmenting.erasing import RandomErasing
from pipelines.batches.augmenting.policies import AugMix
from pipelines.batches.augmenting.policies import RandAugment
from pipelines.batches.augmenting.policies import TrivialAugment
from pipelines.batches.augmenting.resizing import resize_for_training
from pipelines.batches.augmenting.samples import paint_samples
from pipelines.batches.decoded import Encoded
from pipelines.batches.decoded import Part
from pipelines.batches.decoded import fixed_pictures
from pipelines.batches.decoded import pyramids
from pipelines.data import images
from pipelines.data.examples import Examples
from pipelines.data.images import whole_picture
from zoo.errors import RequestError


@dataclasses.dataclass(frozen=True)
class Augmentation:
    """A policy: how a crop is chosen and what happens to it, in this order.

    Args:
        area: Smallest and largest part of the picture that a crop covers,
            or None to take the whole picture as evaluation does.
        aspect_ratio: Smallest and largest width / height of a crop.
        patch: Where more than 1, the middle square is made this many times
            as large as the image size, which is then cut out at random.
        shift: By how much pictures are moved at most, as a part of the side.
        flip: Whether half of the pictures are mirrored.
        colour: Brightness, contrast and saturation are multiplied each by
            its own factor of 1 - colour … 1 + colour.
        lighting: Standard deviation of `colour.lighting`'s factors.
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
    policy: RandAugment | TrivialAugment | AugMix | None = None
    erasing: RandomErasing | GridMask | None = None

    @property
    def changes(self) -> bool:
        """Whether a picture is ever shown otherwise than in evaluation."""
        return self != Augmentation(flip=False)


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


def augment(encoded, seed, policy: Augmentation, preprocessing):
    """Looks at a picture and changes it as a policy says.

    Args:
        encoded: Scalar string: a picture's bytes.
        seed: int64 `(2,)`: a run's seed and the number of the sample; the
            same seed gives the same picture.
        policy: What is done.
        preprocessing: The model's record; its image size is the result's.

    Returns:
        uint8 of shape (image size, image size, 3).

    Example:

    ```python
    import numpy as np, tensorflow as tf
    from pipelines.batches.augmentation import AUGMENTATIONS, augment
    from zoo.preprocessing import Preprocessing
    encoded = tf.io.encode_jpeg(np.zeros((40, 50, 3), "uint8"))
    record = Preprocessing(16, crop_fraction=1.0)
    picture = augment(encoded, [0, 7], AUGMENTATIONS["crop"], record)
    assert picture.shape == (16, 16, 3)
    ```
    """
    seed = tf.convert_to_tensor(seed, tf.int64)
    part = choose_part(Encoded(encoded), seed, policy, preprocessing)
    size = preprocessing.image_size
    return paint_samples([part], seed[0], seed[1:], policy, size)[0]


def choose_part(picture, seed, policy: Augmentation, preprocessing) -> Part:
    """Chooses what of a picture a sample shows.

    Args:
        picture: `Encoded`, or what `at` of `held` gives.
        seed: As for `augment`.
        policy: What is done.
        preprocessing: The model's record.
    """
    if policy.area:
        return picture.window(
            lambda shape: crop_window(shape, seed, policy),
            preprocessing.image_size,
        )
    return picture.fixed(_fixed_part(policy, preprocessing))


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


def _fixed_part(policy, preprocessing):
    """What is done to a picture before chance is asked, where no crop is."""
    if policy.patch <= 1:
        return functools.partial(whole_picture, preprocessing=preprocessing)
    side = _patched_side(policy, preprocessing)

    def middle(encoded):
        image = images.decode_and_crop(encoded, images.middle_window, side)
        return resize_for_training(image, side)

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
        Given an index, `at` of it returns what `choose_part` takes; None
        where there are too many pictures.
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
