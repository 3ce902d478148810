"""Which pictures a model is judged by: none that it has learned from.

The bytes decide: a run's `split.csv` holds the sha256 of all its pictures. On
the run's own data the pictures that it held out judge it, also where they
were split off by the run and lie beside the others.
"""

import dataclasses
import os
from collections.abc import Callable
from collections.abc import Sequence

import numpy as np

from pipelines.data.examples import Examples
from pipelines.data.joining import join
from pipelines.data.names import Paths
from pipelines.data.sources.csv_columns import NamedColumns
from pipelines.data.sources.files import examples_of_files
from pipelines.data.sources.opening import open_held_out
from pipelines.data.sources.opening import open_splits
from pipelines.runs.places import SPLIT
from pipelines.runs.places import read_config
from pipelines.runs.split_list import SplitList
from pipelines.runs.split_list import lasting_names
from pipelines.runs.split_list import read_split
from zoo.errors import DataError

_NOTHING = NamedColumns()


@dataclasses.dataclass(frozen=True, eq=False)
class ToJudge:
    """The pictures that a model is judged by.

    Args:
        data: What they are of.
        examples: The pictures.
        note: One line on what is known of them, or empty.
        seen: How many of them the model has learned from.
        beside: What else is looked for: each is called with what is judged
            and where its pictures and logits are, and returns a section of
            the report.
    """

    data: str
    examples: Examples
    note: str = ""
    seen: int = 0
    beside: tuple[Callable, ...] = ()


def pictures_to_judge(
    model: str,
    data: str,
    *,
    part: str | None = None,
    allow_seen: bool = False,
    named: NamedColumns = _NOTHING,
    upright: bool = True,
) -> ToJudge:
    """Opens a data set to judge a finished model by.

    Args:
        model: What is judged: a run's folder, a file in it, or a name.
        data: As for `open_held_out`. Of the run's own data, what it held out
            is taken.
        part: `"train"`, `"val"` or `"test"` for that part and no other.
        allow_seen: Whether pictures may be among those learned from.
        named: Columns of a table that somebody has named.
        upright: Whether pictures are turned as their EXIF asks for.

    Raises:
        RequestError: There is no such data set, part or column.
        DataError: It holds no pictures, or some that the model learned from.
    """
    listed = read_split(model)
    if listed and part is None and _is_own(listed, data):
        examples = _held_out_again(listed, data, named)
        examples = dataclasses.replace(examples, upright=upright)
        copies = listed.count_learned(examples)
        note = f"{len(examples):,} pictures that the run held out"
        if copies:
            note += f"; {copies:,} of them are copies of pictures learned from"
        return ToJudge(data, examples, note)
    examples = open_held_out(data, part=part, named=named)
    examples = dataclasses.replace(examples, upright=upright)
    if listed is None:
        return ToJudge(data, examples)
    seen = listed.count_learned(examples)
    note = f"{seen:,} of the {len(examples):,} pictures were learned from"
    if seen and not allow_seen:
        raise DataError(
            f"`data={data}`: {note}, so they say nothing about others. Give "
            f"`data={listed.folder / SPLIT}` for those that the run held out, "
            "other pictures, or `allow_seen`."
        )
    return ToJudge(data, examples, note, seen)


def count_learned(
    model: str, examples: Examples, sha256: Sequence[bytes] | None = None
) -> int:
    """Returns how many pictures a finished model has learned from.

    Args:
        model: A run's folder, a file in it, or a name, which has learned
            from none.
        examples: The pictures.
        sha256: What their bytes hash to, where that is known.
    """
    listed = read_split(model)
    return listed.count_learned(examples, sha256) if listed else 0


def _is_own(listed: SplitList, data: str) -> bool:
    own = read_config(listed.folder).get("data")
    if not isinstance(own, str):
        return False
    if data == own:
        return True
    return os.path.exists(data) and _real(data) == _real(own)


def _real(path: str) -> str:
    return os.path.realpath(path)


def _held_out_again(listed: SplitList, data: str, named) -> Examples:
    """Finds the pictures that a run held out: by name, else by their bytes."""
    splits = open_splits(data, seed=None, named=named)
    parts = [part for part in (splits.train, splits.validation) if part]
    everything = parts[0] if len(parts) == 1 else _joined(*parts)
    places = {
        name: i
        for i, name in enumerate(_names(parts))
        if name in listed.held_out
    }
    if len(places) == len(listed.held_out):
        chosen = [places[name] for name in listed.held_out]
        examples = everything.subset(np.array(chosen))
        return _checked(examples, listed)
    chosen = [
        i
        for i, key in enumerate(listed.keys_of(everything))
        if key in listed.held_out_keys
    ]
    if not chosen:
        raise DataError(
            f"`data={data}` holds none of the {len(listed.held_out):,} "
            f"pictures that the run {listed.folder} held out. Bring them "
            "back, or give other data."
        )
    return everything.subset(np.array(chosen))


def _names(parts):
    for part in parts:
        yield from lasting_names(part)


def _joined(first: Examples, second: Examples) -> Examples:
    if first.are_files and second.are_files and first.sha256 is None:
        return examples_of_files(
            Paths.of([*first.names, *second.names]),
            np.concatenate([first.labels, second.labels]),
            first.class_names,
        )
    return join(first, second)


def _checked(examples: Examples, listed: SplitList) -> Examples:
    """Lets files be refused that are no longer what they were."""
    if listed.sha256 is None or not examples.are_files:
        return examples
    places = list(listed.held_out.values())
    return examples_of_files(
        Paths.of(examples.names),
        examples.labels,
        examples.class_names,
        listed.sha256[places],
    )
