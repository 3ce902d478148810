"""Opening a data set by what `data` says."""

import os

from pipelines import herbarium
from pipelines.data.examples import Examples
from pipelines.data.examples import Splits
from pipelines.data.sources.containers import TABLES
from pipelines.data.sources.containers import container_of
from pipelines.data.sources.csv_columns import NamedColumns
from pipelines.data.sources.csv_source import open_csv
from pipelines.data.sources.csv_source import open_whole_csv
from pipelines.data.sources.folder import open_folder
from pipelines.data.sources.folder import open_whole_folder
from pipelines.data.sources.record_files import is_record_folder
from pipelines.data.sources.record_folder import open_record_folder
from pipelines.data.sources.record_folder import open_whole_record_folder
from pipelines.data.sources.shards import is_shards
from pipelines.data.sources.shards import open_shards
from pipelines.data.sources.shards import open_whole_shards
from zoo.errors import RequestError

_NOTHING = NamedColumns()


def open_splits(
    data: str,
    *,
    seed: int | None = 0,
    progress=None,
    allow_outside_links: bool = False,
    least_classes: int = 2,
    named: NamedColumns = _NOTHING,
) -> Splits:
    """Opens a data set to train on.

    Args:
        data: As `pipelines.data.sources.described.DATA_HELP` says.
        seed: Decides what is held out where the data has no such part; None
            where nothing has to be, and all pictures are in the first part.
        progress: Called with numbers done and in all: the pictures drawn
            while the built-in set is written for the first time, the files
            of a TFDS set while they are indexed, the pictures that are
            looked at where some have to be held out.
        allow_outside_links: Whether links in a folder may lead out of it.
        least_classes: How many a folder has to have.
        named: Columns of a table that somebody has named.

    Raises:
        RequestError: There is no such data set, or no column that was named.
        DataError: It cannot be trained on.
    """
    _check_named(data, named)
    if data.startswith("tfds:"):
        from pipelines.data.sources.tfds_source import open_tfds

        return open_tfds(data, seed=seed, progress=progress)
    if _is_table(data):
        return open_csv(data, seed=seed, named=named, progress=progress)
    folder = _folder(data, progress)
    if is_shards(folder):
        return open_shards(folder, seed=seed, progress=progress)
    if is_record_folder(folder):
        return open_record_folder(folder, seed=seed, progress=progress)
    return open_folder(
        folder,
        seed=seed,
        allow_outside_links=allow_outside_links,
        least_classes=least_classes,
        progress=progress,
    )


def open_held_out(
    data: str,
    *,
    allow_outside_links: bool = False,
    part: str | None = None,
    named: NamedColumns = _NOTHING,
) -> Examples:
    """Opens a data set to be judged by.

    Args:
        data: As for `open_splits`. Its validation or test part is taken
            where there is one, otherwise every picture.
        allow_outside_links: Whether links in a folder may lead out of it.
        part: `"train"`, `"val"` or `"test"` for that part and no other.
        named: As for `open_splits`.

    Raises:
        RequestError: There is no such data set, part or column.
        DataError: It holds no pictures.
    """
    _check_named(data, named)
    if data.startswith("tfds:"):
        from pipelines.data.sources.tfds_source import open_whole_tfds

        return open_whole_tfds(data, part=part)
    if _is_table(data):
        return open_whole_csv(data, part=part, named=named)
    folder = _folder(data)
    if is_shards(folder):
        return open_whole_shards(folder, part=part)
    if is_record_folder(folder):
        return open_whole_record_folder(folder, part=part)
    return open_whole_folder(
        folder, allow_outside_links=allow_outside_links, part=part
    )


def picture_folder(data: str, progress=None) -> str | None:
    """Returns the folder that a data set is, where it is one of class folders.

    Args:
        data: As for `open_splits`.
        progress: As for `open_splits`.

    Returns:
        None for what has another list of its pictures: a table, shards, a set
        of TensorFlow Datasets; and for what is not there.
    """
    if data.startswith("tfds:") or _is_table(data):
        return None
    folder = str(_folder(data, progress))
    listed = is_shards(folder) or is_record_folder(folder)
    return folder if os.path.isdir(folder) and not listed else None


def _check_named(data: str, named: NamedColumns) -> None:
    for setting, value in named.as_settings().items():
        if not _is_table(data):
            raise RequestError(
                f"`{setting}={value}` is for tables; `data={data}` is none. "
                "Leave it out."
            )


def _is_table(data: str) -> bool:
    return container_of(data) in TABLES and not os.path.isdir(data)


def _folder(data: str, progress=None):
    return herbarium.prepare(progress=progress) if data == "herbarium" else data
