"""Which pixels of a picture evaluation shows: one row for each publisher.

Everybody makes the shorter side a little longer than the crop and cuts the
middle out. Where a side is no whole number, or what is left over is odd, each
has rules of its own; a figure is that of its publisher only by them.
"""

import dataclasses


@dataclasses.dataclass(frozen=True)
class Geometry:
    """The rules of one publisher.

    Args:
        keeps_shape: Whether the shorter side is made the side wanted and the
            longer one follows; both are made so otherwise, and the picture is
            squashed.
        side: What becomes of the side wanted, crop / crop fraction: `"round"`
            or `"floor"`.
        longer: What becomes of the longer side: `"round"` or `"floor"`.
        offset: What becomes of half of an odd rest, where the crop begins:
            `"floor"`, or `"even"` for the nearest even number.
        by_pillow: Whether Pillow resizes, which cuts off and rounds to 0…255
            what has been resized along the rows before it does the columns.
            This zoo does that once, at the end.
    """

    keeps_shape: bool = True
    side: str = "round"
    longer: str = "round"
    offset: str = "floor"
    by_pillow: bool = False


# As torchvision's `Resize` and `CenterCrop` do with a picture of Pillow's.
_OF_TORCH = Geometry(longer="floor", offset="even", by_pillow=True)

OWN = "zoo"
GEOMETRIES = {
    OWN: Geometry(),
    # `torchvision.transforms._presets.ImageClassification`. Its sides are
    # whole numbers, of which a record keeps the crop's fraction.
    "torchvision": _OF_TORCH,
    # `timm.data.transforms_factory.transforms_imagenet_eval`, `crop_mode`
    # center and squash.
    "timm": dataclasses.replace(_OF_TORCH, side="floor"),
    "timm_squash": dataclasses.replace(
        _OF_TORCH, keeps_shape=False, side="floor"
    ),
}
