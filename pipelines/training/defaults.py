"""What a configuration leaves open, chosen by the pictures and the device."""

import dataclasses

import numpy as np

import zoo
from pipelines.data.balance import shots
from pipelines.data.checks import check_pictures
from pipelines.data.checks import check_sizes
from pipelines.data.checks import skip_bad_pictures
from pipelines.data.examples import Splits
from pipelines.data.folds import fold_of
from pipelines.data.sources.opening import open_splits
from pipelines.devices.strategy import quick_precision
from pipelines.runs.config import RunConfig
from pipelines.runs.settings import AUTO
from zoo.errors import DataError

# Pictures not much larger than the input are shifted, larger ones cropped.
_SHIFT_BELOW = 1.25
# Where the largest class is this many times the smallest, rare classes are
# shown in proportion to the square root of their sizes.
_UNEVEN = 3
_BALANCE = 0.5
# Above this many pictures, only so many of each part are looked at.
_LOOKED_AT = 200_000


def own_image_size(own: int, smallest: int) -> int:
    """The size that a model was made for, whatever the pictures are."""
    return own


def choose_splits(
    config: RunConfig, progress=None, *, least_classes: int = 2
) -> Splits:
    """Opens the pictures that a configuration learns from and judges by.

    Args:
        config: What was asked for.
        progress: Called with numbers done and in all, where it takes long.
        least_classes: How many there have to be.

    Raises:
        RequestError: There is no such data set.
        DataError: It cannot be trained on.
    """
    splits = open_splits(
        config.data,
        seed=config.seed,
        progress=progress,
        least_classes=least_classes,
    )
    if splits.train is None:
        raise DataError(
            f"{config.data} has no training part, only one to judge by. "
            "Expected a sub-folder named 'train', or class folders only."
        )
    if config.fold:
        splits = fold_of(splits, *config.fold, seed=config.seed)
    if config.shots:
        few = shots(splits.train, config.shots, seed=config.seed)
        splits = dataclasses.replace(splits, train=few)
    return splits


def look_at(
    config: RunConfig, splits: Splits, say=print, progress=None
) -> tuple[Splits, Splits, np.ndarray]:
    """Looks at the pictures, and refuses or leaves out those that are bad.

    Of a very large set some are looked at, spread evenly: an audit has seen
    them all.

    Args:
        config: Says what becomes of a bad picture.
        splits: The pictures.
        say: Told what was left out or not looked at.
        progress: Called with the numbers of pictures done and in all.

    Returns:
        What there is to train on and to judge by; what was looked at; the
        shorter side of each of these, in pixels.

    Raises:
        DataError: Pictures are bad, or no others are left.
    """
    parts = splits.train, splits.validation
    if sum(map(len, parts)) > _LOOKED_AT:
        seen = Splits(*(_some(part) for part in parts))
        say(
            f"{len(seen.train) + len(seen.validation):,} of "
            f"{sum(map(len, parts)):,} pictures are looked at beforehand"
        )
        sides = check_pictures(seen.train, seen.validation, progress=progress)
        return splits, seen, sides
    if config.on_bad_image == "fail":
        return splits, splits, check_pictures(*parts, progress=progress)
    kept = skip_bad_pictures(*parts, progress=progress)
    if kept.note:
        say(kept.note)
    left = Splits(*kept.parts, splits.note)
    return left, left, kept.sides


def _some(examples):
    if len(examples) <= _LOOKED_AT:
        return examples
    chosen = np.linspace(0, len(examples) - 1, _LOOKED_AT).astype("int64")
    return examples.subset(chosen)


def fill_in(config: RunConfig, train, sides, choose_image_size) -> RunConfig:
    """Returns the configuration with everything chosen but the model.

    Args:
        config: What was asked for; names a model.
        train: The pictures to learn from.
        sides: The shorter side of every picture, in pixels.
        choose_image_size: Given the model's own size and the smallest
            picture's shorter side, returns a size.
    """
    size = config.image_size
    if size is None:
        own = zoo.model_info(config.model).input_size
        size = choose_image_size(own, int(sides.min()))
    augmentation, precision = config.augmentation, config.precision
    if augmentation == AUTO:
        small = np.median(sides) <= _SHIFT_BELOW * size
        augmentation = "shift" if small else config.PHOTO_AUGMENTATION
    return config.resolved(
        image_size=size,
        train_size=config.train_size or size,
        augmentation=augmentation,
        balance=_balance(config, train),
        global_batch_size=_batch_size(config, len(train)),
        precision=quick_precision() if precision == AUTO else precision,
    )


def _balance(config: RunConfig, train) -> float:
    if config.balance is not None:
        return config.balance
    counts = train.counts()
    uneven = counts.max() > _UNEVEN * max(1, counts.min())
    return _BALANCE if uneven else 0.0


def _batch_size(config: RunConfig, count: int) -> int:
    if config.global_batch_size is not None:
        return config.global_batch_size
    return min(config.USUAL_BATCH, 2 ** int(np.log2(count)))


def check_enlarging(config, asked_size, splits, sides, say) -> None:
    """Enlarges a little where no size was asked for, and never silently.

    Args:
        config: With all defaults filled in.
        asked_size: The size that a person gave, or None.
        splits: The pictures.
        sides: The shorter side of each, in pixels.
        say: Told how many are enlarged.

    Raises:
        DataError: Pictures are smaller than what was asked for.
    """
    size = config.image_size
    if config.upscale:
        smallest = 1
    elif asked_size is not None:
        smallest = size
    else:
        smallest = size // 4 + 1
    counts = len(splits.train)
    check_sizes(splits.train, sides[:counts], smallest)
    check_sizes(splits.validation, sides[counts:], smallest)
    enlarged = int((sides < size).sum())
    if enlarged:
        say(f"{enlarged} pictures are smaller than {size} px and are enlarged")
