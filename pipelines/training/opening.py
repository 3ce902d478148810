"""Opening the pictures of a run: read, looked at, refused if they are bad."""

import dataclasses

import numpy as np

from pipelines.data.balance import noisy_labels
from pipelines.data.balance import shots
from pipelines.data.checks import check_pictures
from pipelines.data.checks import check_sizes
from pipelines.data.checks import skip_bad_pictures
from pipelines.data.copies.duplicates import exact_duplicates
from pipelines.data.copies.meaning import CONFLICT
from pipelines.data.copies.meaning import LEAK
from pipelines.data.copies.meaning import WORDS
from pipelines.data.copies.meaning import places_by_meaning
from pipelines.data.examples import Splits
from pipelines.data.folds import fold_of
from pipelines.data.orientations import UPRIGHT
from pipelines.data.sources.csv_columns import NamedColumns
from pipelines.data.sources.opening import open_splits
from pipelines.pages.commands import command
from pipelines.runs.config import RunConfig
from pipelines.runs.split_list import write_split
from pipelines.training.several_classes import NAME as MULTILABEL
from pipelines.training.several_classes import as_asked
from pipelines.waiting.work import work
from zoo.errors import DataError

# Above this many pictures, only so many of each part are looked at.
_LOOKED_AT = 200_000


@work("opening the pictures", "picture")
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
        named=NamedColumns(
            config.image_column,
            config.label_column,
            config.group_column,
            config.label_separator,
            several=config.task == MULTILABEL,
        ),
    )
    if splits.train is None:
        raise DataError(
            f"{config.data} has no training part, only one to judge by. "
            "Expected a sub-folder named 'train', or class folders only."
        )
    splits = as_asked(config, splits)
    splits = splits.turned(config.orientation == UPRIGHT)
    if config.fold:
        splits = fold_of(splits, *config.fold, seed=config.seed)
    if config.shots:
        few = shots(splits.train, config.shots, seed=config.seed)
        splits = splits.subset(few)
    return splits


def with_label_noise(config: RunConfig, splits: Splits) -> Splits:
    """Makes labels to learn from wrong where that is asked for."""
    if not config.label_noise:
        return splits
    train = splits.train
    labels = noisy_labels(
        train.labels, len(train.class_names), config.label_noise, config.seed
    )
    return dataclasses.replace(
        splits, train=dataclasses.replace(train, labels=labels)
    )


def look_at(
    config: RunConfig, splits: Splits, say=print, progress=None
) -> tuple[Splits, Splits, np.ndarray]:
    """Looks at the pictures, and refuses or leaves out those that are bad.

    Of a very large set some are looked at, spread evenly: an audit has seen
    them all. Where bad ones are left out, all have to be looked at.

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
    skip = config.on_bad_image != "fail"
    if not skip and sum(map(len, parts)) > _LOOKED_AT:
        seen = Splits(*(_some(part) for part in parts))
        say(
            f"{len(seen.train) + len(seen.validation):,} of "
            f"{sum(map(len, parts)):,} pictures are looked at beforehand"
        )
        sides = check_pictures(seen.train, seen.validation, progress=progress)
        return splits, seen, sides
    if not skip:
        return splits, splits, check_pictures(*parts, progress=progress)
    kept = skip_bad_pictures(*parts, progress=progress)
    if kept.note:
        say(kept.note)
        left = zip(parts, kept.places, strict=True)
        splits = splits.subset(
            *(some if len(some) < len(part) else None for part, some in left)
        )
    return splits, splits, kept.sides


def _some(examples):
    if len(examples) <= _LOOKED_AT:
        return examples
    chosen = np.linspace(0, len(examples) - 1, _LOOKED_AT).astype("int64")
    return examples.subset(chosen)


def list_pictures(run) -> None:
    """Writes a run's list of pictures, and says which it has twice.

    Where that makes the run worse, by the bytes, which the list has hashed
    anyway. An audit says the same, and refuses the worst.

    Args:
        run: A `pipelines.training.run.Run`, whose folder is there.
    """
    listed = write_split(run.folder.path, run.splits)
    if listed is None:
        return
    groups = exact_duplicates([row.tobytes() for row in listed.sha256])
    found = places_by_meaning(listed.labels, listed.learned, groups)
    for meaning in (CONFLICT, LEAK):
        places = found.get(meaning, [])
        if places:
            audit = command("audit", data=run.config.data)
            run.say(
                f"warning: {len(places):,} pictures {WORDS[meaning]}; first "
                f"{listed.names[places[0]]}. {audit} shows them."
            )


def check_enlarging(config, asked_size, splits, sides, say) -> int:
    """Enlarges a little where no size was asked for, and never silently.

    Args:
        config: With all defaults filled in.
        asked_size: The size that a person gave, or None.
        splits: The pictures.
        sides: The shorter side of each, in pixels.
        say: Told how many are enlarged.

    Returns:
        How many are.

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
    return enlarged
