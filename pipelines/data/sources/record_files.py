"""Which files of a folder are TFRecord files, and of which part.

They lie in the folder, with the part in their names, or in folders of parts.
"""

import logging
import os
import pathlib
import re

from pipelines.data.sources.appearances import holds_pictures
from pipelines.data.sources.containers import TFRECORDS
from pipelines.data.sources.containers import kind_of_file
from pipelines.data.sources.layout import TRAIN
from pipelines.data.sources.layout import WHOLE
from pipelines.data.sources.layout import part_of
from pipelines.data.sources.layout import visible_folders
from pipelines.data.sources.scan import is_system
from zoo.errors import DataError

_log = logging.getLogger("zoo")
_SHARD = re.compile(r"\d+-of-\d+")
# Without an ending; with another than ours it is something else.
_BARE_SHARD = re.compile(rf"[^.]*[^\w.]{_SHARD.pattern}")
# A pack of our own, finished or not, is read by its list or not at all.
_OWN = ("manifest.json", "packing.json")


def is_record_folder(folder) -> bool:
    """Says whether a folder holds TFRecord files, itself or in its parts."""
    folder = pathlib.Path(folder)
    if any((folder / name).exists() for name in _OWN):
        return False
    return bool(record_files(folder))


def record_files(folder) -> dict[str, list[str]]:
    """Returns the TFRecord files of each part, in the order of their names.

    Args:
        folder: The folder. Its own folders are looked into where no file in
            itself is of a part that its name says.

    Returns:
        Paths by `TRAIN`, `VALIDATION`, `TEST`, and `WHOLE` for those of no
        part.
    """
    folder, found = pathlib.Path(folder), {}
    for name in _record_names(folder):
        part, _ = part_of(_SHARD.sub("", name.partition(".")[0]))
        part = part or part_of(name)[0]
        found.setdefault(part, []).append(str(folder / name))
    if found.keys() <= {WHOLE}:
        for each in visible_folders(folder):
            part, inside = part_of(each)[0], _record_names(folder / each)
            if part and inside:
                paths = [str(folder / each / name) for name in inside]
                found.setdefault(part, []).extend(paths)
    return found


def say_unread(files: dict[str, list[str]]) -> None:
    """Tells the logger `zoo` of files that are of no part beside others."""
    left = files.get(WHOLE, []) if TRAIN in files else []
    if left:
        total = sum(map(len, files.values()))
        _log.info(
            "%d of %d TFRecord files %s not read: %s, whose name says no part "
            "beside that of others (train, val, test)",
            len(left),
            total,
            "is" if len(left) == 1 else "are",
            os.path.basename(left[0]) + (", …" if len(left) > 1 else ""),
        )


def refuse_class_folders(folder, files: dict[str, list[str]]) -> None:
    """Refuses a folder of which nobody knows what is meant.

    Args:
        folder: The folder.
        files: As `record_files` returns them.

    Raises:
        DataError: It holds folders of pictures, too, in itself or in a part.
    """
    folder = pathlib.Path(folder)
    inner = [folder / name for name in visible_folders(folder)]
    for root in (folder, *inner):
        folders = visible_folders(root)
        classes = [name for name in folders if holds_pictures(root / name)]
        if len(classes) > 1:
            some = ", ".join(classes[:3]) + (", …" if len(classes) > 3 else "")
            first = next(iter(files.values()))[0]
            raise DataError(
                f"{folder} holds TFRecord files ({os.path.basename(first)}) "
                f"and folders of pictures ({some} in {root}). Expected one of "
                "them: move the others away."
            )


def _record_names(folder) -> list[str]:
    try:
        with os.scandir(str(folder)) as entries:
            return sorted(e.name for e in entries if _is_record(e))
    except OSError:
        return []


def _is_record(entry: os.DirEntry) -> bool:
    name = entry.name
    if name.startswith(".") or is_system(name) or not entry.is_file():
        return False
    return (
        kind_of_file(name) is TFRECORDS
        or _BARE_SHARD.fullmatch(name) is not None
    )
