"""Which files of a folder are TFRecord files, and of which part.

They lie in the folder, with the part in their names, or in folders of parts.
"""

import logging
import os
import pathlib
import re
import struct

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
# Without an ending; with another than ours its first bytes say what it is.
_BARE_SHARD = re.compile(rf"[^.]*[^a-zA-Z0-9.]{_SHARD.pattern}")
_ANY_SHARD = re.compile(rf".*(?<!\d){_SHARD.pattern}")
# Of a record: its length, the length's checksum, an example's first byte; and
# the checksum at its end.
_START, _END = struct.Struct("<Q4xc"), 4
_EXAMPLE = b"\n"
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
        folder: The folder. Parts may be files in itself or folders in it, and
            some of them the one, others the other.

    Returns:
        Paths by `TRAIN`, `VALIDATION`, `TEST`, and `WHOLE` for those of no
        part.

    Raises:
        DataError: A part is there as files and as a folder.
    """
    folder, found = pathlib.Path(folder), {}
    for name in _record_names(folder):
        part, _ = part_of(_SHARD.sub("", name.partition(".")[0]))
        part = part or part_of(name)[0]
        found.setdefault(part, []).append(str(folder / name))
    return _joined(found, _in_folders(folder))


def _in_folders(folder: pathlib.Path) -> dict[str, list[str]]:
    found = {}
    for each in visible_folders(folder):
        part, inside = part_of(each)[0], _record_names(folder / each)
        if part and inside:
            paths = [str(folder / each / name) for name in inside]
            found.setdefault(part, []).extend(paths)
    return found


def _joined(files: dict, folders: dict) -> dict[str, list[str]]:
    for part in files.keys() & folders.keys():
        raise DataError(
            f"{files[part][0]} and {folders[part][0]} are both of the part "
            f"{part!r}, once by a file's name and once by a folder's. "
            "Expected one of them: move the others away."
        )
    return files | folders


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
    kind = kind_of_file(name)
    if kind is not None:
        return kind is TFRECORDS
    if _BARE_SHARD.fullmatch(name):
        return True
    return bool(_ANY_SHARD.fullmatch(name)) and _begins_with_example(entry)


def _begins_with_example(entry: os.DirEntry) -> bool:
    try:
        with open(entry.path, "rb") as file:
            start = file.read(_START.size)
        if len(start) < _START.size:
            return False
        length, first = _START.unpack(start)
        whole = _START.size - len(first) + length + _END
        return first == _EXAMPLE and whole <= entry.stat().st_size
    except OSError:
        return False
