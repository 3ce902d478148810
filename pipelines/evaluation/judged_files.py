"""What an evaluation leaves in its folder: a page, and all of it as data.

| file | holds |
|---|---|
| `report.html` | the page to look at |
| `metrics.json`, `metrics.csv` | every single number |
| `predictions.csv` | a row a picture |
| `classes.csv` and the task's other tables | a row a class, a bin, a pair |
| what a section is called | its tables |
| `card.md` | of a run, its model card with what was found now |
| `report.json` | the numbers and the tables in one file |
"""

import io
import pathlib
from collections.abc import Iterable

from pipelines.data.examples import Examples
from pipelines.data.hashing import hashes_of
from pipelines.data.spelling import told_apart
from pipelines.evaluation.card import write_card
from pipelines.evaluation.report import write_report
from pipelines.evaluation.saved_models import JudgedModels
from pipelines.evaluation.saved_models import ModelSource
from pipelines.runs.places import was_begun
from pipelines.runs.run_folder import METRICS
from pipelines.runs.run_folder import PREDICTIONS
from pipelines.runs.run_folder import RunFolder
from pipelines.runs.split_list import HASHED
from pipelines.runs.split_list import lasting_names
from pipelines.runs.split_list import read_split
from pipelines.tasks.task import Judged
from pipelines.tasks.task import Task
from zoo.plain_csv import table_writer
from zoo.weights.atomic import write_atomically

# By which two evaluations know that they have judged the same picture.
SHA256 = "sha256"


def write_judged(
    folder: RunFolder, task: Task, judged: Judged, *, opened: JudgedModels
) -> None:
    """Writes what was found; `metrics.json`, the sign of the end, last.

    Args:
        folder: Holds `config.json` already.
        task: What the model has learned.
        judged: The pictures, and what the model makes of them.
        opened: The model.

    Raises:
        OSError: The disk is full or the folder cannot be written.
    """
    examples, outputs = judged.examples, judged.outputs
    tables = task.tables(outputs, examples)
    for section in judged.sections:
        tables |= section.files
    for name, rows in tables.items():
        write_csv(folder.path / f"{name}.csv", rows)
    write_csv(folder.path / "metrics.csv", metric_rows(judged.metrics))
    predictions = with_hashes(task.table(outputs, examples), examples)
    write_csv(folder.path / PREDICTIONS, predictions)
    records = {name: as_records(rows) for name, rows in tables.items()}
    folder.write_json("report.json", {"metrics": judged.metrics, **records})
    write_report(
        folder.path,
        task,
        judged,
        model=opened.first,
        history=[],
        source=opened.source or ModelSource(""),
    )
    _write_card(folder, task, judged, opened)
    folder.write_json(METRICS, judged.metrics)


def _write_card(folder, task, judged, opened: JudgedModels) -> None:
    """The card of a run with what was found now, by what it held out."""
    where = opened.source.model if opened.source else ""
    listed = read_split(where) if where and not opened.several else None
    if listed is None or not was_begun(listed.folder):
        return
    # A card is about pictures of the run's own data.
    if set(lasting_names(judged.examples)) <= listed.held_out.keys():
        path, run = folder.path, listed.folder
        write_card(path, task, judged, model=opened.first, run=run)


def write_csv(path: pathlib.Path, rows: Iterable[list]) -> None:
    """Writes a table, whole or not at all; empty for what is not known."""
    text = io.StringIO(newline="")
    table_writer(text).writerows(rows)
    # Names of files need not be text; they are written as they are.
    write_atomically(path, text.getvalue().encode(errors="surrogateescape"))


def metric_rows(metrics: dict) -> list[list]:
    """Returns a row for each number, whatever it stands in.

    Example:

        >>> from pipelines.evaluation.judged_files import metric_rows
        >>> metric_rows({"top1": 0.5, "by_class": {"ant": 1.0}})
        [['metric', 'value'], ['top1', 0.5], ['by_class.ant', 1.0]]
    """
    return [["metric", "value"], *_rows("", metrics)]


def _rows(name: str, value) -> list[list]:
    if isinstance(value, dict):
        inner = value.items()
    elif isinstance(value, (list, tuple)):
        inner = enumerate(value)
    else:
        return [[name, value]]
    before = f"{name}." if name else ""
    return [row for key, held in inner for row in _rows(f"{before}{key}", held)]


def as_records(rows: list[list]) -> list[dict]:
    """Returns a dict for each row of a table, whose names come first."""
    names, *others = rows
    return [dict(zip(names, row, strict=True)) for row in others]


def with_hashes(rows: list[list], examples: Examples) -> list[list]:
    """Adds what each picture's bytes hash to, where they are not too many.

    Args:
        rows: Of `predictions.csv`, their names first.
        examples: The pictures, in the same order.
    """
    if len(examples) > HASHED:
        return rows
    header, *others = rows
    if examples.sha256 is not None:
        hashes = [row.tobytes() for row in examples.sha256]
    else:
        hashes = [sha256 for _, sha256 in hashes_of(examples)]
    named = zip(others, hashes, strict=True)
    names = told_apart(header, [SHA256])
    return [[*names, SHA256], *([*row, key.hex()] for row, key in named)]
