"""What a run is asked to do, resolved and frozen."""

import dataclasses
from typing import ClassVar

from zoo.errors import RequestError

PRECISIONS = {"float32": "float32", "bfloat16": "mixed_bfloat16"}


@dataclasses.dataclass(frozen=True)
class RunConfig:
    """What training from scratch and fine-tuning have in common.

    Args:
        data: A folder, `herbarium` or `tfds:NAME[:SPLIT]`.
        model: One of `zoo.list_models()`.
        output: The run's folder.
        weights: None, a name or a path; see `zoo.create_model`.
        epochs: Passes over the training pictures; None for the default.
        global_batch_size: Examples of a step, over all devices.
        learning_rate: Highest rate, for a batch of 256; it is scaled
            linearly to the batch in use. None for the default.
        image_size: Side of the pictures in pixels; None to choose by model
            and data.
        seed: Decides initial weights, order, augmentation and dropout.
        augmentation: A name out of `AUGMENTATIONS`, or `auto`.
        weight_decay: L2 on kernels, as papers give it.
        label_smoothing: In [0, 1).
        precision: `float32` or `bfloat16` (mixed; weights stay float32).
        upscale: Whether pictures smaller than `image_size` are enlarged.

    Raises:
        RequestError: A value is out of its range.
    """

    # What `auto` means where pictures are larger than the input.
    PHOTO_AUGMENTATION: ClassVar[str] = "standard"

    data: str
    model: str
    output: str
    weights: str | None = None
    epochs: int | None = None
    global_batch_size: int = 128
    learning_rate: float | None = None
    image_size: int | None = None
    seed: int = 0
    augmentation: str = "auto"
    weight_decay: float = 1e-4
    label_smoothing: float = 0.0
    precision: str = "float32"
    upscale: bool = False

    def __post_init__(self):
        for name, low, high in (
            ("epochs", 1, 10**6),
            ("global_batch_size", 1, 10**6),
            ("image_size", 8, 4096),
            ("weight_decay", 0, 1),
            ("label_smoothing", 0, 0.999),
            ("seed", 0, 2**31 - 1),
        ):
            value = getattr(self, name)
            if value is not None and not low <= value <= high:
                raise RequestError(
                    f"--{name} lies in {low}…{high}. Received: {value}"
                )
        if self.learning_rate is not None and self.learning_rate <= 0:
            raise RequestError(
                f"--learning_rate is above 0. Received: {self.learning_rate}"
            )
        if self.precision not in PRECISIONS:
            raise RequestError(
                f"--precision is one of {', '.join(PRECISIONS)}. "
                f"Received: {self.precision}"
            )

    def resolved(self, **changes):
        """Returns the same configuration with defaults filled in."""
        return dataclasses.replace(self, **changes)

    def as_dict(self) -> dict:
        return dataclasses.asdict(self)
