"""The pictures that choose, and others that judge what was chosen."""

import dataclasses
from collections.abc import Sequence

import numpy as np

from pipelines.data.copies.grouping import find_groups
from pipelines.data.examples import Examples
from pipelines.data.hashing import hashes_of
from pipelines.data.holding_out import grouped_split
from pipelines.evaluation.held_out import count_learned
from pipelines.evaluation.held_out import pictures_to_judge
from zoo.errors import DataError


@dataclasses.dataclass(frozen=True, eq=False)
class TwoParts:
    """Pictures in two parts that have none in common.

    Args:
        choosing: What is chosen by; BatchNorm is measured on these as well.
        judging: What gives the figures, and chose nothing.
        note: One line on where they come from.
    """

    choosing: Examples
    judging: Examples
    note: str


def open_two_parts(
    models: Sequence[str],
    data: str,
    judge: str | None,
    *,
    seed: int = 0,
    upright: bool = True,
) -> TwoParts:
    """Opens the pictures that choose and those that judge.

    Args:
        models: What is judged: run folders, files or names.
        data: What chooses, as `pictures_to_judge` takes it.
        judge: What judges; where None half of every class of `data`, near
            copies on one side.
        seed: Decides which half.
        upright: Whether pictures are turned as their EXIF asks for.

    Raises:
        RequestError: There is no such data set.
        DataError: Both share pictures, a model has learned from some, or a
            class is too small to be halved.
    """
    first = models[0]
    choosing = pictures_to_judge(first, data, upright=upright).examples
    if judge is None:
        parts = _halves(choosing, data, seed)
    else:
        judging = pictures_to_judge(first, judge, upright=upright).examples
        _refuse_shared(choosing, judging, data, judge)
        note = f"{len(choosing):,} pictures choose, {len(judging):,} judge"
        parts = TwoParts(choosing, judging, note)
    for model in models:
        for part in (parts.choosing, parts.judging):
            _refuse_learned(model, part)
    return parts


def _halves(examples: Examples, data: str, seed: int) -> TwoParts:
    if examples.several:
        raise DataError(
            f"`data={data}`: a picture may show several classes, and models "
            "are put together that tell one."
        )
    few = np.flatnonzero(examples.counts() == 1)
    if len(few):
        raise DataError(
            f"`data={data}`: the class {examples.class_names[few[0]]!r} has "
            "one picture here; at least 2 are needed, one to choose and one "
            "to judge by. Give other pictures as `judge`."
        )
    groups = find_groups(examples).near
    judges = grouped_split(examples, 0.5, seed, groups)
    if not judges.any():
        raise DataError(
            f"`data={data}`: all pictures belong together, so that none can "
            "judge. Give other pictures as `judge`."
        )
    return TwoParts(
        examples.subset(np.flatnonzero(~judges)),
        examples.subset(np.flatnonzero(judges)),
        f"half of {len(examples):,} pictures chooses, the other half judges "
        f"(seed {seed})",
    )


def _refuse_shared(
    choosing: Examples, judging: Examples, data: str, judge: str
) -> None:
    known = {sha256: i for i, (_, sha256) in enumerate(hashes_of(choosing))}
    shared = [
        (place, known[sha256])
        for place, (_, sha256) in enumerate(hashes_of(judging))
        if sha256 in known
    ]
    if shared:
        place, other = shared[0]
        raise DataError(
            f"{len(shared):,} of the pictures of `judge={judge}` are in "
            f"`data={data}` as well, such as {judging.names[place]}, which is "
            f"{choosing.names[other]}. What chooses cannot judge: give others, "
            "or leave `judge` out for a half of `data`."
        )


def _refuse_learned(model: str, examples: Examples) -> None:
    learned = count_learned(model, examples)
    if learned:
        raise DataError(
            f"{model} has learned from {learned:,} of {len(examples):,} "
            f"pictures beside {examples.names[0]}, so that they say nothing "
            "of others. Give pictures that none of the models has learned "
            "from."
        )
