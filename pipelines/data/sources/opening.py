"""Opening a data set by what `data` says."""

import os
import pathlib

from pipelines import herbarium
from pipelines.data.examples import Examples
from pipelines.data.examples import Splits
from pipelines.data.sources.csv_source import open_csv
from pipelines.data.sources.csv_source import open_whole_csv
from pipelines.data.sources.folder import open_folder
from pipelines.data.sources.folder import open_whole_folder
from pipelines.data.sources.shards import is_shards
from pipelines.data.sources.shards import open_shards
from pipelines.data.sources.shards import open_whole_shards


def open_splits(
    data: str,
    *,
    seed: int = 0,
    progress=None,
    allow_outside_links: bool = False,
    least_classes: int = 2,
) -> Splits:
    """Opens a data set to train on.

    Args:
        data: As `pipelines.data.sources.described.DATA_HELP` says.
        seed: Decides what is held out where the data has no such part.
        progress: Called with numbers done and in all: the pictures drawn
            while the built-in set is written for the first time, the files
            of a TFDS set while they are indexed.
        allow_outside_links: Whether links in a folder may lead out of it.
        least_classes: How many a folder has to have.

    Raises:
        RequestError: There is no such data set.
        DataError: It cannot be trained on.
    """
    if data.startswith("tfds:"):
        from pipelines.data.sources.tfds_source import open_tfds

        return open_tfds(data, seed=seed, progress=progress)
    if _is_csv(data):
        return open_csv(data, seed=seed)
    folder = _folder(data, progress)
    if is_shards(folder):
        return open_shards(folder, seed=seed)
    return open_folder(
        folder,
        seed=seed,
        allow_outside_links=allow_outside_links,
        least_classes=least_classes,
    )


def open_held_out(data: str, *, allow_outside_links: bool = False) -> Examples:
    """Opens a data set to be judged by.

    Args:
        data: As for `open_splits`. Its validation or test part is taken
            where there is one, otherwise every picture.
        allow_outside_links: Whether links in a folder may lead out of it.

    Raises:
        RequestError: There is no such data set.
        DataError: It holds no pictures.
    """
    if data.startswith("tfds:"):
        from pipelines.data.sources.tfds_source import open_whole_tfds

        return open_whole_tfds(data)
    if _is_csv(data):
        return open_whole_csv(data)
    folder = _folder(data)
    if is_shards(folder):
        return open_whole_shards(folder)
    return open_whole_folder(folder, allow_outside_links=allow_outside_links)


def picture_folder(data: str, progress=None) -> str | None:
    """Returns the folder that a data set is, where it is one of class folders.

    Args:
        data: As for `open_splits`.
        progress: As for `open_splits`.

    Returns:
        None for what has another list of its pictures: a table, shards, a set
        of TensorFlow Datasets; and for what is not there.
    """
    if data.startswith("tfds:") or _is_csv(data):
        return None
    folder = str(_folder(data, progress))
    return folder if os.path.isdir(folder) and not is_shards(folder) else None


def _is_csv(data: str) -> bool:
    path = pathlib.Path(data)
    return path.suffix.lower() == ".csv" and not path.is_dir()


def _folder(data: str, progress=None):
    return herbarium.prepare(progress=progress) if data == "herbarium" else data
