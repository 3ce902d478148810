"""What a run is asked to do, resolved and frozen."""

import dataclasses
import re
from typing import ClassVar

from zoo.errors import RequestError

AUTO = "auto"
ON_BAD_IMAGE = ("fail", "skip")
PRECISIONS = {
    "float32": "float32",
    "bfloat16": "mixed_bfloat16",
    "float16": "mixed_float16",
}

_STEPS = re.compile(r"(\d+):(\d+)")


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
        train_size: Side of the pictures that it learns from, at most
            `image_size`, which it is judged at; None for the default.
        seed: Decides initial weights, order, augmentation and dropout.
        augmentation: A name out of `AUGMENTATIONS`, or `auto`.
        weight_decay: L2 on kernels, as papers give it.
        label_smoothing: In [0, 1).
        precision: `float32`, `bfloat16` or `float16` (both mixed: weights
            stay float32) or `auto`: bfloat16 where the device is quicker
            with it.
        upscale: Whether pictures smaller than `image_size` are enlarged.
        balance: How far rare classes are shown more often: 0 as is, 1 all
            alike; None to choose by the data.
        shots: Pictures a class to learn from, None for all.
        fold: Which part of how many is held out, `(0, 5)` for the first of
            five; None for the data's own parts.
        on_bad_image: `fail`, or `skip` to leave pictures out that cannot be
            decoded.
        accumulate: Parts that a step's batch is cut into, one after another
            on the device, so that a large batch fits into its memory.
        clip_norm: The most that the norm of all gradients together may be,
            over all devices; None for no limit.
        ema: Decay of the running mean of the weights, in (0, 1); None for
            no mean.
        checkpoint_steps: Steps between checkpoints; None to go by the clock.
        profile_steps: Steps that the profiler looks at, `FIRST:LAST`, counted
            from 1; None for none.
        scalar_steps: Steps between two points of a curve in TensorBoard.

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
    train_size: int | None = None
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
    accumulate: int = 1
    clip_norm: float | None = None
    ema: float | None = None
    checkpoint_steps: int | None = None
    profile_steps: str | None = None
    scalar_steps: int = 50

    def __post_init__(self):
        self._check_ranges(_RANGES)
        self._check_above_zero(_ABOVE_ZERO)
        if self.ema is not None and not 0 < self.ema < 1:
            raise RequestError(
                f"--ema lies between 0 and 1. Received: {self.ema}"
            )
        if None not in (self.train_size, self.image_size):
            self._check_sizes()
        self._check_choice("on_bad_image", ON_BAD_IMAGE)
        self._check_choice("precision", (AUTO, *PRECISIONS))
        if self.profile_steps is not None:
            parse_steps(self.profile_steps)

    def _check_ranges(self, ranges) -> None:
        for name, low, high in ranges:
            value = getattr(self, name)
            if value is not None and not low <= value <= high:
                raise RequestError(
                    f"--{name} lies in {low}…{high}. Received: {value}"
                )

    def _check_sizes(self) -> None:
        if self.train_size > self.image_size:
            raise RequestError(
                f"--train_size={self.train_size} is more than the "
                f"{self.image_size} px that are judged. Give at most that, or "
                "a larger --image_size."
            )

    def _check_above_zero(self, names) -> None:
        for name in names:
            value = getattr(self, name)
            if value not in (None, AUTO) and not value > 0:
                raise RequestError(f"--{name} is above 0. Received: {value}")

    def _check_choice(self, name: str, choices) -> None:
        value = getattr(self, name)
        if value not in choices:
            raise RequestError(
                f"--{name} is one of {', '.join(choices)}. Received: {value}"
            )

    def resolved(self, **changes):
        """Returns the same configuration with defaults filled in."""
        return dataclasses.replace(self, **changes)

    def as_dict(self) -> dict:
        return dataclasses.asdict(self)


# Smallest and largest value of each number, both allowed.
_RANGES = (
    ("epochs", 1, 10**6),
    ("global_batch_size", 1, 10**6),
    ("image_size", 8, 4096),
    ("train_size", 8, 4096),
    ("weight_decay", 0, 1),
    ("label_smoothing", 0, 0.999),
    ("seed", 0, 2**31 - 1),
    ("balance", 0, 1),
    ("shots", 1, 10**6),
    ("accumulate", 1, 4096),
    ("checkpoint_steps", 1, 10**9),
    ("scalar_steps", 1, 10**6),
)
_ABOVE_ZERO = ("learning_rate", "clip_norm")


def parse_steps(text: str) -> tuple[int, int]:
    """Reads `first:last`, both of them counted from 1.

    Raises:
        RequestError: It is written in another way, or the last comes before
            the first.

    Example:

    ```python
    from pipelines.runs.config import parse_steps
    assert parse_steps("100:110") == (100, 110)
    ```
    """
    match = _STEPS.fullmatch(text.strip())
    first, last = map(int, match.groups()) if match else (0, 0)
    if not 1 <= first <= last:
        raise RequestError(
            "--profile_steps is the first and the last step to record, "
            f"counted from 1, such as 100:110. Received: {text!r}"
        )
    return first, last
