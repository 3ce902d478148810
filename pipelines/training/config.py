"""What a run is asked to do, resolved and frozen."""

import dataclasses
from typing import ClassVar

from zoo.errors import RequestError

AUTO = "auto"
ON_BAD_IMAGE = ("fail", "skip")
PRECISIONS = {"float32": "float32", "bfloat16": "mixed_bfloat16"}


@dataclasses.dataclass(frozen=True)
class RunConfig:
    """What training from scratch and fine-tuning have in common.

    Args:
        data: A folder, `herbarium` or `tfds:NAME[:SPLIT]`.
        model: One of `zoo.list_models()`; None to choose (fine-tuning
            only).
        output: The run's folder.
        weights: None, a name or a path, see `zoo.create_model`; `auto` for
            the usual ones (fine-tuning only).
        epochs: Passes over the training pictures; None for the default.
        global_batch_size: Examples of a step, over all devices; None for
            the usual, or less where there are fewer.
        learning_rate: Highest rate, for a batch of 256; it is scaled
            linearly to the batch in use. None for the default, `auto` to
            find it (fine-tuning only).
        image_size: Side of the pictures in pixels; None to choose by model
            and data.
        seed: Decides initial weights, order, augmentation and dropout.
        augmentation: A name out of `AUGMENTATIONS`, or `auto`.
        weight_decay: L2 on kernels, as papers give it.
        label_smoothing: In [0, 1).
        precision: `float32`, `bfloat16` (mixed; weights stay float32) or
            `auto`: bfloat16 where the device is quicker with it.
        upscale: Whether pictures smaller than `image_size` are enlarged.
        balance: How far rare classes are shown more often: 0 as is, 1 all
            alike; None to choose by the data.
        shots: Pictures a class to learn from, None for all.
        fold: Which part of how many is held out, `(0, 5)` for the first of
            five; None for the data's own parts.
        on_bad_image: `fail`, or `skip` to leave pictures out that cannot be
            decoded.

    Raises:
        RequestError: A value is out of its range.
    """

    # What `auto` means where pictures are larger than the input.
    PHOTO_AUGMENTATION: ClassVar[str] = "standard"
    # Examples of a step where nobody says how many.
    USUAL_BATCH: ClassVar[int] = 128

    data: str
    model: str | None
    output: str
    weights: str | None = None
    epochs: int | None = None
    global_batch_size: int | None = None
    learning_rate: float | str | None = None
    image_size: int | None = None
    seed: int = 0
    augmentation: str = "auto"
    weight_decay: float = 1e-4
    label_smoothing: float = 0.0
    precision: str = AUTO
    upscale: bool = False
    balance: float | None = None
    shots: int | None = None
    fold: tuple[int, int] | None = None
    on_bad_image: str = "fail"

    def __post_init__(self):
        for name, low, high in (
            ("epochs", 1, 10**6),
            ("global_batch_size", 1, 10**6),
            ("image_size", 8, 4096),
            ("weight_decay", 0, 1),
            ("label_smoothing", 0, 0.999),
            ("seed", 0, 2**31 - 1),
            ("balance", 0, 1),
            ("shots", 1, 10**6),
        ):
            value = getattr(self, name)
            if value is not None and not low <= value <= high:
                raise RequestError(
                    f"--{name} lies in {low}…{high}. Received: {value}"
                )
        if self.on_bad_image not in ON_BAD_IMAGE:
            raise RequestError(
                f"--on_bad_image is one of {', '.join(ON_BAD_IMAGE)}. "
                f"Received: {self.on_bad_image}"
            )
        rate = self.learning_rate
        if rate not in (None, AUTO) and rate <= 0:
            raise RequestError(f"--learning_rate is above 0. Received: {rate}")
        if self.precision not in (AUTO, *PRECISIONS):
            raise RequestError(
                f"--precision is one of {AUTO}, {', '.join(PRECISIONS)}. "
                f"Received: {self.precision}"
            )

    def resolved(self, **changes):
        """Returns the same configuration with defaults filled in."""
        return dataclasses.replace(self, **changes)

    def as_dict(self) -> dict:
        return dataclasses.asdict(self)
