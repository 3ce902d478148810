"""Remembers where the pictures of large record files are."""

import dataclasses
import hashlib
import io
import os
import pathlib
import zipfile

import numpy as np

from pipelines.data.sources.records import Index
from pipelines.data.sources.records import Keys
from pipelines.data.sources.records import index_file
from zoo.caching import cache_folder
from zoo.weights.atomic import write_atomically

# Smaller files are walked anew: that takes a moment.
SMALLEST = 32 * 2**20
# Raise it where other files are refused: what is known of them goes then.
_FORM = 2


def cached_index(path: str, kind: str, keys: Keys) -> Index:
    """Finds the pictures of a file, the second time in no time.

    What is known lies in `$ZOO_CACHE` or `~/.cache/zoo`, and is made anew
    when the file's size or time has changed.

    Args:
        path: The file.
        kind: `TFRECORD` or `ARRAY_RECORD`.
        keys: What its examples call things.

    Raises:
        DataError: The file is damaged or no such file.
    """
    status = os.stat(path)
    if status.st_size < SMALLEST:
        return index_file(path, kind, keys)
    facts = f"{os.path.realpath(path)}|{status.st_size}|{status.st_mtime_ns}"
    facts = f"{facts}|{keys}|{_FORM}"
    name = hashlib.sha256(facts.encode(errors="surrogateescape"))
    place = _folder() / f"{name.hexdigest()}.npz"
    known = _known(place)
    if known is not None:
        return known
    index = index_file(path, kind, keys)
    file = io.BytesIO()
    np.savez(file, **dataclasses.asdict(index))
    place.parent.mkdir(parents=True, exist_ok=True)
    write_atomically(place, file.getvalue())
    return index


def _folder() -> pathlib.Path:
    return cache_folder() / "indices"


def _known(place: pathlib.Path) -> Index | None:
    try:
        with np.load(place) as saved:
            return Index(*(saved[f.name] for f in dataclasses.fields(Index)))
    except (OSError, KeyError, ValueError, zipfile.BadZipFile):
        return None
