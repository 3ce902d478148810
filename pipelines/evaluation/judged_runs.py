"""What finished runs and evaluations say of each picture, read back."""

import csv
import dataclasses
import json
import os
import pathlib
from collections.abc import Sequence

from pipelines.evaluation.judged_files import SHA256
from pipelines.pages.commands import command
from pipelines.runs.run_folder import CONFIG
from pipelines.runs.run_folder import HISTORY
from pipelines.runs.run_folder import METRICS
from pipelines.runs.run_folder import PREDICTIONS
from pipelines.runs.split_list import read_split
from pipelines.tasks.table import TASKS
from pipelines.tasks.table import USUAL
from pipelines.tasks.task import Task
from zoo.errors import DataError
from zoo.errors import RequestError


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
        return TASKS[self.config.get("task") or USUAL]


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
    ordered = [places[place] for place in sorted(places)]
    names = _names(ordered)
    return [
        _read(folder, name) for folder, name in zip(ordered, names, strict=True)
    ]


def _names(folders: list[str]) -> list[str]:
    """The folders' own names, with as much above as tells each apart."""
    parts = [pathlib.Path(os.path.abspath(folder)).parts for folder in folders]
    names = []
    for own in parts:
        depth = 1
        while sum(each[-depth:] == own[-depth:] for each in parts) > 1:
            depth += 1
        names.append("/".join(own[-depth:]))
    return names


def _read(folder: str, name: str) -> JudgedRun:
    place = pathlib.Path(folder)
    if not (place / METRICS).is_file():
        raise RequestError(
            f"`runs`: {folder} holds no {METRICS}. Expected the folder of a "
            "finished run, or one that the command evaluate has written."
        )
    config, metrics = (_json(place / each) for each in (CONFIG, METRICS))
    history = _json(place / HISTORY) if (place / HISTORY).is_file() else []
    if not (place / PREDICTIONS).is_file():
        again = command("evaluate", model=folder, data=config.get("data"))
        raise RequestError(
            f"`runs`: {folder} holds no {PREDICTIONS}: it is of an older "
            f"version, or several runs. {again} writes one; give its folder."
        )
    rows = rows_of_answers(place / PREDICTIONS)
    keys = keys_of_answers(folder, rows)
    return JudgedRun(
        folder,
        name,
        config,
        metrics,
        history,
        {key: row["label"] for key, row in zip(keys, rows, strict=True)},
        frozenset(
            key
            for key, row in zip(keys, rows, strict=True)
            if row["label"] == row["predicted"]
        ),
    )


def _json(path: pathlib.Path):
    try:
        return json.loads(path.read_bytes())
    except ValueError as error:
        raise DataError(f"{path} is no JSON ({error}).") from error


def rows_of_answers(path: pathlib.Path) -> list[dict]:
    """Reads a `predictions.csv`.

    Raises:
        DataError: It is none.
    """
    with open(
        path, newline="", encoding="utf-8", errors="surrogateescape"
    ) as file:
        rows = list(csv.DictReader(file))
    if not rows or not {"picture", "label", "predicted"} <= rows[0].keys():
        raise DataError(
            f"{path} has no rows with picture, label and predicted. Judge the "
            "model again."
        )
    return rows


def keys_of_answers(folder: str, rows: list[dict]) -> list:
    """Returns what each picture is known by: its bytes' hash, else its name.

    A picture that is there twice is known by its turn, too.

    Args:
        folder: Of the run, or the evaluation.
        rows: Of its `predictions.csv`.
    """
    listed = None if SHA256 in rows[0] else read_split(folder)
    names = [row["picture"] for row in rows]
    if SHA256 in rows[0]:
        known = [row[SHA256] for row in rows]
    elif listed and _same(names, list(listed.held_out)):
        places = listed.held_out.values()
        known = (
            list(listed.held_out)
            if listed.sha256 is None
            else [listed.sha256[place].tobytes().hex() for place in places]
        )
    else:
        known = names
    turns: dict = {}
    keys = []
    for each in known:
        turns[each] = turns.get(each, -1) + 1
        keys.append((each, turns[each]))
    return keys


def _same(names: list[str], listed: list[str]) -> bool:
    """Whether a run's predictions are of what its list says, in its order."""
    return len(names) == len(listed) and all(
        os.path.basename(a) == os.path.basename(b)
        for a, b in zip(names, listed, strict=True)
    )
