"""Finding the files that a table names, also where it names them otherwise.

Tables name pictures without their endings, from the folder of a part or a
class, in another Unicode form than the disk has, or with `./` before them.
Where every file is there as it is written, nothing is looked for.
"""

import os
import re
import stat

import numpy as np

from pipelines.data.names import Packed
from pipelines.data.names import Paths
from pipelines.data.sources.csv_table import CsvTable
from pipelines.data.sources.layout import is_part_or_pictures
from pipelines.data.sources.layout import part_of
from pipelines.data.sources.layout import visible_folders
from pipelines.data.sources.scan import EXTENSIONS
from pipelines.data.spelling import canonical

# Looking for every file of more rows would take long before the first step.
LOOKED_FOR = 100_000
_SAMPLED = 1000
_LONGEST, _LONGEST_SHOWN = 4096, 500
_ODD = re.compile(rb"\./|//")


def check_paths(table: CsvTable) -> None:
    """Refuses paths that are empty, too long, or come twice.

    Raises:
        DataError: Names the row.
    """
    lengths = table.paths.lengths()
    if not lengths.all():
        table.refuse(int(np.argmin(lengths)), "the path is empty")
    if lengths.max() > _LONGEST:
        row = int(np.argmax(lengths))
        table.refuse(row, f"the path has {lengths[row]:,} bytes")
    _refuse_twice(table, _tidied(table.paths))


def find_files(table: CsvTable) -> tuple[Paths, str]:
    """Finds the files of a table: all of them, or a sample of very many.

    Args:
        table: What it lists.

    Returns:
        Their paths, and where they were found in words; empty where they are
        as the table says.

    Raises:
        DataError: There is no such file, or it comes twice; names the row.
    """
    root = os.path.dirname(table.file)
    packed, said = _tidied(table.paths), ""
    paths = Paths(packed, root)
    if not all(_is_there(paths[row]) for row in _looked_at(paths)):
        finder = _Finder(table, root)
        packed = Packed.of(map(finder.find, range(len(table)), packed))
        _refuse_twice(table, packed)
        paths, said = Paths(packed, root), finder.said
    _check(table, paths)
    return paths, said


def _tidied(packed: Packed) -> Packed:
    """Writes `./a//b` as `a/b`, where there is any such path."""
    if not _ODD.search(memoryview(packed.data)):
        return packed
    return Packed.of(os.path.normpath(path) for path in packed)


def _refuse_twice(table: CsvTable, packed: Packed) -> None:
    hashes = np.fromiter(map(hash, packed), "int64", len(packed))
    order = np.sort(hashes)
    suspects = np.unique(order[:-1][order[1:] == order[:-1]])
    if not len(suspects):
        return
    first = {}
    for row in np.flatnonzero(np.isin(hashes, suspects)).tolist():
        path = packed[row]
        if first.setdefault(path, row) != row:
            table.refuse(row, f"{os.fsdecode(path)} is listed already")


def _looked_at(paths):
    if len(paths) <= LOOKED_FOR:
        return range(len(paths))
    return map(int, np.linspace(0, len(paths) - 1, _SAMPLED))


def _is_there(path: str) -> bool:
    try:
        os.stat(path)
    except (OSError, ValueError):
        return False
    return True


def _check(table: CsvTable, paths: Paths) -> None:
    for row in _looked_at(paths):
        try:
            status = os.stat(paths[row])
        except (OSError, ValueError) as error:
            reason = getattr(error, "strerror", None) or error
            name = _short(paths[row])
            table.refuse(row, f"there is no file {name} ({reason})")
        if not stat.S_ISREG(status.st_mode):
            kind = "folder"
            if not stat.S_ISDIR(status.st_mode):
                kind = "pipe, a device or the like"
            table.refuse(row, f"{_short(paths[row])} is a {kind}, not a file")
        if table.sizes is not None and status.st_size != table.sizes[row]:
            table.refuse(
                row,
                f"{paths[row]} is not the file that the manifest lists: "
                f"expected {table.sizes[row]} bytes, received {status.st_size}",
            )


def _short(path: str) -> str:
    path = path if path.isprintable() else repr(path)
    return path if len(path) < _LONGEST_SHOWN else f"{path[:_LONGEST_SHOWN]}…"


class _Finder:
    """Looks for a table's pictures where tables usually mean them.

    Args:
        table: The table.
        root: The folder that it lies in.
    """

    def __init__(self, table: CsvTable, root: str):
        self._table, self._root = table, root
        self._folders: dict[str, _Folder] = {}
        names = visible_folders(root or ".")
        self._parts: dict[str, list[str]] = {}
        for name in names:
            if is_part_or_pictures(name):
                self._parts.setdefault(part_of(name)[0], []).append(name)
        # `train.csv` speaks of the pictures in train/.
        stem = os.path.splitext(os.path.basename(table.file))[0]
        own = self._parts.get(part_of(stem)[0], [])
        rest = [each for some in self._parts.values() for each in some]
        self._bases = list(dict.fromkeys(["", *own, *rest]))
        self._used: dict[str, None] = {}
        self._ended = False

    @property
    def said(self) -> str:
        """Where they were found, in words."""
        places = [f"{base}/" for base in self._used if base]
        words = [f"in {', '.join(places[:3])}"] if places else []
        return ", ".join(words + ["without their endings"] * self._ended)

    def find(self, row: int, path: bytes) -> bytes:
        """Returns the path of a row's picture, the same where there is none.

        Args:
            row: The row.
            path: What it says.
        """
        # Blanks and quotes behind a delimiter belong to nobody.
        name = os.fsdecode(path).strip().strip('"').replace("\\", "/")
        folder, base_name = os.path.split(name)
        for base in self._places(row):
            place = os.path.join(base, folder)
            found, ended = self._folder(place).find(base_name)
            if found:
                self._used.setdefault(base.rpartition("/")[0] or base)
                self._ended |= ended
                return os.fsencode(os.path.join(place, found))
        return path

    def _places(self, row: int) -> list[str]:
        """Returns the folders that a row's path may start from."""
        table = self._table
        label = "" if table.several else table.label_names[table.labels[row]]
        bases = self._bases
        if table.splits is not None:
            part = part_of(table.split_names[table.splits[row]])[0]
            bases = ["", *self._parts.get(part, []), *bases[1:]]
        inside = [os.path.join(base, label) for base in bases]
        return bases + inside

    def _folder(self, place: str) -> "_Folder":
        if place not in self._folders:
            path = os.path.join(self._root or ".", place)
            self._folders[place] = _Folder(path)
        return self._folders[place]


class _Folder:
    """What lies in a folder, by several ways to write it.

    Args:
        path: The folder.
    """

    def __init__(self, path: str):
        try:
            names = sorted(os.listdir(path))
        except (OSError, ValueError):
            names = []
        self._names = set(names)
        self._canonical = {canonical(name): name for name in names}
        self._stems: dict[str, list[str]] = {}
        for name in names:
            stem, ending = os.path.splitext(name)
            if ending.lower() in EXTENSIONS:
                self._stems.setdefault(canonical(stem), []).append(name)

    def find(self, name: str) -> tuple[str, bool]:
        """Returns a file's name and whether its ending was left out."""
        if name in self._names:
            return name, False
        name = canonical(name)
        if name in self._canonical:
            return self._canonical[name], False
        ended = self._stems.get(name, [])
        return (ended[0], True) if len(ended) == 1 else ("", False)
