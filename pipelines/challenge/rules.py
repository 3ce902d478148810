"""What a challenge is about and by which rules: one JSON file, read strictly.

{"title": "Three tasks", "deadline": "2030-01-01T12:00:00+00:00",
 "tasks": {"scenes": {"data": "scene15"}}}
"""

import dataclasses
import datetime
import json
import math
import os
import pathlib
import re

from pipelines.challenge.known_tasks import KNOWN_TASKS
from zoo.errors import RequestError
from zoo.variants import nearest

_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,40}")
TOP5, BEST_MODEL, OVERALL = "top5", "best_model", "overall"


@dataclasses.dataclass(frozen=True)
class CrossCheck:
    """Pictures of another source, for classes that a task shares with it.

    Args:
        data: A folder in the form of VOC or YOLO, whose boxes are cut out; or
            a data set of classes.
        classes: The task's class by the other source's; empty for those of
            equal names and `pipelines.challenge.known_tasks`.
    """

    data: str
    classes: dict[str, str] = dataclasses.field(default_factory=dict)


@dataclasses.dataclass(frozen=True)
class ChallengeTask:
    """One task of a challenge.

    Args:
        data: Where the pictures are, as `data` of a run takes it.
        held_out: Where those are that judge; None for the part of `data`
            that is there to judge by.
        cross: What it is checked on besides.
        weight: How much its ranks count for the overall prize.
    """

    data: str
    held_out: str | None = None
    cross: CrossCheck | None = None
    weight: float = 1.0


@dataclasses.dataclass(frozen=True)
class Rules:
    """What a challenge asks for.

    Args:
        tasks: By their names.
        title: Of the board.
        deadline: ISO 8601 with a time zone; None for none.
        one_task_only: Whether a team may enter one task only.
        entries: How many entries a team may hand in for a task and a family.
        tables: Whether tables of predictions are taken, in the open class.
        class_error: No class may have a larger error, 0…1; None for no rule.
        gap: By how much the error may be larger on held-out pictures than on
            those learned from, 0…1; None for no rule.
        saturated: Of a task with fewer than 50 classes, top-1 decides where
            the best top-5 error is at most this, 0…1.
        prizes: How many points each prize is worth.
    """

    tasks: dict[str, ChallengeTask]
    title: str = "Challenge"
    deadline: str | None = None
    one_task_only: bool = False
    entries: int = 2
    tables: bool = True
    class_error: float | None = 0.1
    gap: float | None = 0.2
    saturated: float = 0.05
    prizes: dict[str, float] = dataclasses.field(
        default_factory=lambda: {TOP5: 1.0, BEST_MODEL: 1.0, OVERALL: 1.0}
    )

    def check_in_time(self, now: datetime.datetime) -> None:
        """Refuses what comes after the deadline.

        Args:
            now: With a time zone.

        Raises:
            RequestError: It is too late.
        """
        if self.deadline and now > datetime.datetime.fromisoformat(
            self.deadline
        ):
            raise RequestError(
                f"It is too late: the deadline was {self.deadline}, and it is "
                f"{now.isoformat(timespec='seconds')}."
            )

    def as_json(self) -> dict:
        return dataclasses.asdict(self)


def read_rules(path) -> Rules:
    """Reads and checks the rules of a challenge.

    Args:
        path: A JSON file. What it says of data begins at its own folder.

    Raises:
        RequestError: It cannot be read, or says what is no rule; it names
            the entry and what is expected.
    """
    path = pathlib.Path(path)
    try:
        found = json.loads(path.read_bytes())
    except FileNotFoundError:
        raise RequestError(f"There is no file {path}.") from None
    except (OSError, ValueError) as error:
        raise RequestError(f"{path} is no JSON file ({error}).") from error
    return rules_of(found, path, path.absolute().parent)


def rules_of(found, where, folder=None) -> Rules:
    """Returns the rules that a JSON object says, see `read_rules`.

    Args:
        found: The object.
        where: What it is called in messages.
        folder: Where its data begin; None where they are as they were said.

    Example:

        >>> from pipelines.challenge.rules import rules_of
        >>> rules_of({"tasks": {"places": {}}}, "rules").tasks["places"].data
        'tfds:places365_small'
    """
    said = _fields(found, Rules, str(where))
    tasks = said.get("tasks")
    if not isinstance(tasks, dict) or not tasks:
        raise RequestError(
            f"{where}: `tasks` names each task and its pictures, such as "
            '{"scenes": {"data": "scene15"}}.'
        )
    said["tasks"] = {
        _task_name(name, where): _task(name, held, where, folder)
        for name, held in tasks.items()
    }
    _check_prizes(said.get("prizes", {}), where)
    if "prizes" in said:
        said["prizes"] = {name: 0.0 for name in _PRIZES} | said["prizes"]
    return Rules(**said)


_PRIZES = (TOP5, BEST_MODEL, OVERALL)


def _task_name(name: str, where) -> str:
    if not _NAME.fullmatch(name):
        raise RequestError(
            f"{where}: a task's name is that of a folder: small letters, "
            f"digits, - and _. Received: {name!r}"
        )
    return name


def _task(name: str, found, where, folder) -> ChallengeTask:
    place = f"{where}: tasks.{name}"
    said = _fields(found, ChallengeTask, place)
    if "data" not in said and name in KNOWN_TASKS:
        said["data"] = KNOWN_TASKS[name].data
    if "data" not in said:
        raise RequestError(
            f"{place} has no `data`. Expected where its pictures are; only "
            f"{', '.join(KNOWN_TASKS)} need none."
        )
    if said.get("cross") is not None:
        cross = _fields(said["cross"], CrossCheck, f"{place}.cross")
        if "data" not in cross:
            raise RequestError(f"{place}.cross has no `data`.")
        cross["data"] = _placed(cross["data"], folder)
        said["cross"] = CrossCheck(**cross)
    for key in ("data", "held_out"):
        if said.get(key) is not None:
            said[key] = _placed(said[key], folder)
    return ChallengeTask(**said)


def _placed(data: str, folder) -> str:
    """A path from the file's own folder; names of other kinds as they are."""
    if folder is None or data == "herbarium" or data.startswith("tfds:"):
        return data
    return os.path.join(folder, data)


def _fields(found, kind: type, where: str) -> dict:
    """The entries of an object, each known and of its type."""
    if not isinstance(found, dict):
        raise RequestError(f"{where} is an object {{…}}. Received: {found!r}")
    known = {
        field.name: getattr(field.type, "__name__", str(field.type))
        for field in dataclasses.fields(kind)
    }
    for name, value in found.items():
        if name not in known:
            raise RequestError(
                f"{where}: {name!r} is not known. Nearest: "
                f"{', '.join(nearest(name, known, 3))}."
            )
        problem = _problem(name, value, known[name])
        if problem:
            raise RequestError(f"{where}: `{name}` {problem}")
    return dict(found)


def _problem(name: str, value, kind: str) -> str:
    """Why a value cannot be; empty where it can."""
    if value is None:
        return "" if "None" in kind else "is null, and has to be something."
    if name == "deadline":
        return _deadline_problem(value)
    if kind.startswith("str") and not isinstance(value, str):
        return f"is a text. Received: {value!r}"
    if kind == "bool" and not isinstance(value, bool):
        return f"is true or false. Received: {value!r}"
    if kind == "int" and not (type(value) is int and value >= 1):
        return f"is a whole number from 1 on. Received: {value!r}"
    if kind.startswith("float"):
        return _number_problem(value, None if name == "weight" else 1)
    return ""


def _number_problem(value, most: float | None) -> str:
    is_number = type(value) in (int, float) and math.isfinite(value)
    if not is_number or value < 0 or (most is not None and value > most):
        limits = "0 or more" if most is None else f"in 0…{most}"
        return f"is a number {limits}. Received: {value!r}"
    return ""


def _deadline_problem(value) -> str:
    try:
        moment = datetime.datetime.fromisoformat(value)
    except (TypeError, ValueError):
        moment = None
    if moment is None or moment.tzinfo is None:
        return (
            "is a time with its zone, such as 2030-01-31T18:00:00+00:00. "
            f"Received: {value!r}"
        )
    return ""


def _check_prizes(prizes, where) -> None:
    if not isinstance(prizes, dict):
        raise RequestError(f"{where}: `prizes` is an object {{…}}.")
    for name, points in prizes.items():
        if name not in _PRIZES:
            raise RequestError(
                f"{where}: there is no prize {name!r}. Expected: "
                f"{', '.join(_PRIZES)}."
            )
        problem = _number_problem(points, None)
        if problem:
            raise RequestError(f"{where}: the prize {name!r} {problem}")
