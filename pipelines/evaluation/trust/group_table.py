"""Which group each picture is in, out of a table that somebody has written.

A picture is found by its path, from the table's folder, the data's or `/`, or
by as much of its end as tells it from all others: `cat/7.jpg`, `7.jpg`, `7`.
Capitals and ways to write an accent do not count.
"""

import collections
import dataclasses
import os
from collections.abc import Iterable

import numpy as np

from pipelines.data.examples import Examples
from pipelines.data.sources.csv_records import read_records
from pipelines.data.spelling import folded
from zoo.errors import DataError

NOT_LISTED = "(not listed)"
# More of them are no groups: moments, serial numbers, names of files.
_MOST = 50
_SHOWN = 5


@dataclasses.dataclass(frozen=True, eq=False)
class PictureGroups:
    """The groups of some pictures.

    Args:
        columns: By what the groups are about: str `(pictures,)`.
        unlisted: How many pictures the table does not list.
        left_out: Columns with too many values to be groups.
    """

    columns: dict[str, np.ndarray]
    unlisted: int
    left_out: tuple[str, ...] = ()


def read_groups(
    table: str, examples: Examples, known: Iterable[str] = ()
) -> PictureGroups:
    """Reads the groups of pictures.

    Args:
        table: A CSV file as `read_records` takes it.
        examples: The pictures that are judged.
        known: Names of others that the table may list, such as those that a
            run has learned from; files that are there may be listed anyway.

    Raises:
        RequestError: There is no such table.
        DataError: It names pictures that there are not, or none of those that
            are judged; or one twice, in two groups.
    """
    records = read_records(table)
    places = _Places(examples.names)
    others = _Places([*known])
    folder = os.path.dirname(os.path.abspath(table))
    found, unknown = [], []
    for name in records.pictures:
        place = places.of(name, folder, table)
        found.append(place)
        if place is None and not (
            _is_file(name, folder) or others.has(name, folder)
        ):
            unknown.append(name)
    if unknown:
        raise DataError(
            f"`groups={table}` names {len(unknown):,} pictures that there are "
            f"not: {', '.join(unknown[:_SHOWN])}"
            f"{' …' if len(unknown) > _SHOWN else ''}. Paths are from the "
            "table's folder or `/`."
        )
    listed = {place for place in found if place is not None}
    if not listed:
        raise DataError(
            f"`groups={table}` lists none of the {len(examples):,} pictures "
            f"that are judged, such as {examples.names[0]}."
        )
    columns = {
        title: _groups(title, values, found, examples, table)
        for title, values in records.columns.items()
    }
    kept = {
        title: groups
        for title, groups in columns.items()
        if len(np.unique(groups)) <= _MOST
    }
    if not kept:
        raise DataError(
            f"`groups={table}`: {', '.join(columns)} has more than {_MOST} "
            "values, which are no groups."
        )
    left = tuple(title for title in columns if title not in kept)
    return PictureGroups(kept, len(examples) - len(listed), left)


def _groups(title, values, found, examples, table) -> np.ndarray:
    """The group of each picture, as it is written the first time."""
    written, groups = {}, np.full(len(examples), NOT_LISTED, object)
    for place, value in zip(found, values, strict=True):
        if place is None or not value:
            continue
        group = written.setdefault(folded(value), value)
        if groups[place] not in (NOT_LISTED, group):
            raise DataError(
                f"`groups={table}` has {examples.names[place]} twice: its "
                f"{title} is {groups[place]!r} and {group!r}."
            )
        groups[place] = group
    return groups.astype(str)


def _is_file(name: str, folder: str) -> bool:
    return os.path.isfile(os.path.join(folder, name))


class _Places:
    """Finds pictures by their names or the ends of these.

    Args:
        names: Of all pictures.
    """

    def __init__(self, names):
        self._exact, self._ends = {}, collections.defaultdict(list)
        for place, name in enumerate(names):
            self._exact[os.path.abspath(name)] = place
            self._ends[_parts(name)[-1]].append((place, _parts(name)))
            stem = os.path.splitext(_parts(name)[-1])[0]
            if stem != _parts(name)[-1]:
                self._ends[stem].append((place, _without_suffix(name)))

    def has(self, name: str, folder: str) -> bool:
        return bool(self._ending(name)) or self._at(name, folder) is not None

    def of(self, name: str, folder: str, table: str) -> int | None:
        """Returns the place of a picture; None where it is another one.

        Raises:
            DataError: Several are called so.
        """
        place = self._at(name, folder)
        if place is not None:
            return place
        ending = self._ending(name)
        if len(ending) > 1:
            raise DataError(
                f"`groups={table}`: {len(ending):,} pictures that are judged "
                f"are called {name}. Write the folder before it."
            )
        return ending[0] if ending else None

    def _at(self, name: str, folder: str) -> int | None:
        return self._exact.get(os.path.normpath(os.path.join(folder, name)))

    def _ending(self, name: str) -> list[int]:
        own = _parts(name)
        held = self._ends.get(own[-1], ()) if own else ()
        return [place for place, parts in held if parts[-len(own) :] == own]


def _parts(name: str) -> list[str]:
    parts = folded(name).replace("\\", "/").split("/")
    return [part for part in parts if part not in ("", ".")]


def _without_suffix(name: str) -> list[str]:
    *folders, last = _parts(name)
    return [*folders, os.path.splitext(last)[0]]
