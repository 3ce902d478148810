"""What finished runs and evaluations say of each picture, read back."""

import dataclasses
import json
import os
import pathlib
from collections.abc import Sequence

from pipelines.evaluation.answer_rows import keys_of
from pipelines.evaluation.answer_rows import read_answers
from pipelines.pages.commands import command
from pipelines.runs.run_folder import CONFIG
from pipelines.runs.run_folder import HISTORY
from pipelines.runs.run_folder import METRICS
from pipelines.runs.run_folder import PREDICTIONS
from pipelines.tasks.table import kind_in
from pipelines.tasks.task import Task
from zoo.errors import DataError
from zoo.errors import RequestError

# Folders in a message.
_NAMED = 5


@dataclasses.dataclass(frozen=True, eq=False)
class JudgedRun:
    """A run, or an evaluation, and what it says of each picture.

    Args:
        folder: As it was named.
        name: What it is called beside others.
        config: Its `config.json`.
        metrics: Its `metrics.json`.
        history: A row an epoch; empty for an evaluation.
        labels: What each picture shows, by what the picture is known by.
        right: Which of them are told right.
    """

    folder: str
    name: str
    config: dict
    metrics: dict
    history: list[dict]
    labels: dict
    right: frozenset

    @property
    def task(self) -> type[Task]:
        return kind_in(self.config)


def read_judged(folders: Sequence[str]) -> list[JudgedRun]:
    """Reads runs and evaluations, in an order of their own.

    Args:
        folders: Of finished runs, and what the command evaluate has written.

    Raises:
        RequestError: A folder holds no such thing, or is named twice.
        DataError: Its files cannot be read.
    """
    places = {os.path.realpath(folder): folder for folder in folders}
    if len(places) < len(folders):
        twice = ", ".join(folders)
        raise RequestError(f"`runs` has a folder twice: {twice}.")
    if len(places) < 2:
        raise RequestError(
            "`runs` are compared with each other. Give two or more folders."
        )
    ordered = sorted(places)
    names = _names(ordered)
    return [
        _read(places[place], name)
        for place, name in zip(ordered, names, strict=True)
    ]


def _names(places: list[str]) -> list[str]:
    """Folders' own names, with as much above as tells each apart.

    Args:
        places: Real paths, each once: of others, two may have the same parts.
    """
    parts = [pathlib.Path(place).parts for place in places]
    names = []
    for own in parts:
        depth = 1
        while sum(each[-depth:] == own[-depth:] for each in parts) > 1:
            depth += 1
        names.append("/".join(own[-depth:]))
    return names


def _read(folder: str, name: str) -> JudgedRun:
    place = pathlib.Path(folder)
    for file in (METRICS, CONFIG):
        if not (place / file).is_file():
            raise RequestError(
                f"`runs`: {folder} holds no {file}. Expected the folder of a "
                "finished run, or one that the command evaluate has written."
            )
    config, metrics = (_json(place / each) for each in (CONFIG, METRICS))
    history = _json(place / HISTORY) if (place / HISTORY).is_file() else []
    if not (place / PREDICTIONS).is_file():
        raise _without_predictions(place, config)
    rows = read_answers(place / PREDICTIONS)
    keys = keys_of(folder, rows)
    return JudgedRun(
        folder,
        name,
        config,
        metrics,
        history,
        {key: row.label for key, row in zip(keys, rows, strict=True)},
        frozenset(
            key for key, row in zip(keys, rows, strict=True) if row.is_right
        ),
    )


def _without_predictions(place: pathlib.Path, config: dict) -> RequestError:
    """What to give instead of a folder that says nothing of each picture."""
    words = f"`runs`: {place} holds no {PREDICTIONS}"
    inside = sorted(str(each.parent) for each in place.glob(f"*/{METRICS}"))
    if inside:
        more = " …" if len(inside) > _NAMED else ""
        return RequestError(
            f"{words}: it is several runs, which are compared one by one. Give "
            f"those in it: {' '.join(inside[:_NAMED])}{more}"
        )
    again = command("evaluate", model=place, data=config.get("data"))
    return RequestError(
        f"{words}: it is of an older version. {again} writes one; give its "
        "folder."
    )


def _json(path: pathlib.Path):
    try:
        return json.loads(path.read_bytes())
    except ValueError as error:
        raise DataError(f"{path} is no JSON ({error}).") from error
