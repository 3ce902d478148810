"""What training does to a picture: named policies, each a row of a table."""

import dataclasses

import tensorflow as tf

from pipelines.data import images
from zoo.errors import RequestError


@dataclasses.dataclass(frozen=True)
class Augmentation:
    """A policy: how a crop is chosen and what happens to it.

    Args:
        area: Smallest and largest part of the picture that a crop covers,
            or None to take the whole picture as evaluation does.
        aspect_ratio: Smallest and largest width / height of a crop.
        shift: Border for `images.random_shift`, as a part of the side.
        flip: Whether pictures are mirrored.
        colour: Strength of `images.jitter_colour`; 0 leaves colours alone.
    """

    area: tuple[float, float] | None = None
    aspect_ratio: tuple[float, float] = (3 / 4, 4 / 3)
    shift: float = 0.0
    flip: bool = True
    colour: float = 0.0


AUGMENTATIONS = {
    "none": Augmentation(flip=False),
    # He et al. 2015, section 4.2: 4 pixels of 32.
    "shift": Augmentation(shift=1 / 8),
    # Szegedy et al. 2014, section 6, as torchvision's reference has it.
    "crop": Augmentation(area=(0.08, 1.0)),
    "gentle": Augmentation(area=(0.35, 1.0), colour=0.2),
    "standard": Augmentation(area=(0.25, 1.0), colour=0.4),
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
    """Decodes a picture and changes it as a policy says.

    Args:
        encoded: Scalar string: a picture's bytes.
        seed: int64 `(2,)`; the same seed gives the same picture.
        policy: What is done.
        preprocessing: The model's record; its image size is the result's.

    Returns:
        uint8 of shape (image size, image size, 3).
    """
    seeds = tf.unstack(tf.random.split(seed, 4))
    size = preprocessing.image_size
    if policy.area:
        image = images.decode_and_crop(
            encoded,
            lambda shape: images.random_resized_window(
                shape,
                seeds[0],
                area=policy.area,
                aspect_ratio=policy.aspect_ratio,
            ),
        )
        image = images.resize(image, size, size)
    else:
        image = whole_picture(encoded, preprocessing)
    if policy.shift:
        border = max(1, round(policy.shift * size))
        image = images.random_shift(image, seeds[1], border)
    if policy.flip:
        image = images.random_flip(image, seeds[2])
    if policy.colour:
        image = images.jitter_colour(image, seeds[3], policy.colour)
    image.set_shape((size, size, 3))
    return image


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
