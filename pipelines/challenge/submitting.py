"""Registering a team, and handing in what it has made."""

import contextlib
import dataclasses
import datetime
import hashlib
import os
import pathlib
import shutil
import uuid
from collections.abc import Sequence

import zoo
from pipelines.challenge import state
from pipelines.challenge.families import OPEN
from pipelines.challenge.families import family_of
from pipelines.challenge.places import ChallengeFolder
from pipelines.challenge.prediction_tables import read_predictions
from pipelines.challenge.state import Entry
from pipelines.data.spelling import canonical
from pipelines.data.spelling import folded
from pipelines.data.spelling import problem_of
from pipelines.data.spelling import shown
from pipelines.evaluation.held_out import count_learned
from pipelines.runs.model_loading import load_model
from pipelines.runs.places import model_file
from pipelines.waiting.work import work
from zoo.errors import DataError
from zoo.errors import RequestError
from zoo.variants import nearest

MODEL, TABLE = "model", "table"


@dataclasses.dataclass(frozen=True)
class HandIn:
    """What a team hands in.

    Args:
        team: As it is registered; capitals do not count.
        task: Which task.
        model: A run's folder or a `.keras` file; or None.
        predictions: A table of predictions; or None.
        final: Whether it stands for the team from now on, whatever comes
            later without this.
    """

    team: str
    task: str
    model: str | None = None
    predictions: str | None = None
    final: bool = False


def utc_now() -> datetime.datetime:
    return datetime.datetime.now(datetime.UTC)


def register(
    challenge: ChallengeFolder, team: str, tasks: Sequence[str], now=None
) -> list[str]:
    """Registers a team for tasks, or for further ones.

    Args:
        challenge: Where.
        team: What it calls itself.
        tasks: Which ones.
        now: The time, with a zone; the present where None.

    Returns:
        All tasks that it is registered for.

    Raises:
        RequestError: It is too late, there is no such task, or the rules
            allow one only.
    """
    now = now or utc_now()
    challenge.rules.check_in_time(now)
    name = canonical(team)
    problem = problem_of(name)
    if problem or not any(letter.isalnum() for letter in name):
        why = problem or "it has no letter and no digit"
        raise RequestError(f"`team={shown(name)}` names no team: {why}.")
    if not tasks:
        raise RequestError(
            f"`task` says what a team enters. Expected some of: "
            f"{', '.join(challenge.rules.tasks)}."
        )
    for task in tasks:
        check_task(challenge, task)
    with state.changing(challenge.path) as opened:
        entered = {*state.tasks_of(opened, name), *tasks}
        if challenge.rules.one_task_only and len(entered) > 1:
            raise RequestError(
                f"A team may enter one task of this challenge. {name} would "
                f"be in {', '.join(sorted(entered))}."
            )
        state.add_team(opened, name, tasks, _text(now))
        return state.tasks_of(opened, name)


def check_task(challenge: ChallengeFolder, task: str) -> None:
    """Refuses a task that there is none of.

    Raises:
        RequestError: Names those that are near.
    """
    if task not in challenge.rules.tasks:
        raise RequestError(
            f"There is no task {task!r}. Nearest: "
            f"{', '.join(nearest(task, challenge.rules.tasks))}."
        )


def submit(challenge: ChallengeFolder, handed: HandIn, now=None) -> Entry:
    """Takes an entry: it is looked at, copied, hashed and noted.

    Args:
        challenge: Where.
        handed: What.
        now: The time, with a zone; the present where None.

    Returns:
        What was noted.

    Raises:
        RequestError: It is too late, the team is not registered, it has
            handed in as many as it may, or the rules take no tables.
        DataError: The classes are others, a table is wrong, or the model has
            learned from pictures that judge.
        IntegrityError: The model is damaged.
    """
    now = now or utc_now()
    rules = challenge.rules
    rules.check_in_time(now)
    check_task(challenge, handed.task)
    if (handed.model is None) == (handed.predictions is None):
        raise RequestError(
            "Give either `model`, a run's folder or a .keras file, or "
            "`predictions`, a table."
        )
    with state.reading(challenge.path) as opened:
        team = _registered(opened, handed)
    if handed.model is not None:
        kind, source = MODEL, model_file(handed.model)
        family, variant = _looked_at(challenge, handed)
    else:
        kind, source = TABLE, pathlib.Path(handed.predictions)
        family, variant = OPEN, ""
        _check_table(challenge, handed)
    with _kept(challenge, source) as (file, sha256):
        entry = Entry(
            *(0, team, handed.task, family, variant, kind),
            *(file, sha256, _text(now)),
        )
        # The file is there before it is noted, and gone where it is not.
        with state.changing(challenge.path) as opened:
            _check_room(state.all_entries(opened), entry, rules.entries)
            number = state.add_entry(opened, entry)
            if handed.final:
                state.add_final(opened, number, _text(now))
    return dataclasses.replace(entry, number=number, final=handed.final)


def _text(now: datetime.datetime) -> str:
    return now.isoformat(timespec="seconds")


def _registered(opened, handed: HandIn) -> str:
    """Returns how a registered team spells itself."""
    name = state.team_name(opened, handed.team)
    if name is None:
        raise RequestError(
            f"The team {shown(handed.team)} is not registered. Register it "
            "first, with the word `register`."
        )
    tasks = state.tasks_of(opened, name)
    if handed.task not in tasks:
        raise RequestError(
            f"{name} is registered for {', '.join(tasks)}, not for "
            f"{handed.task}. Register it, where the rules allow that."
        )
    return name


@work("looking at the model")
def _looked_at(challenge: ChallengeFolder, handed: HandIn) -> tuple[str, str]:
    """Refuses a model that cannot be judged; returns family and network."""
    model = load_model(handed.model)
    names, own = challenge.class_names(handed.task), zoo.class_names(model)
    if zoo.thresholds(model):
        raise DataError(
            f"{handed.model} tells several classes of a picture. A challenge "
            "is about one a picture."
        )
    if own is None or set(own) != set(names):
        odd = sorted(set(names) ^ set(own or ()))
        raise DataError(
            f"{handed.model} has other classes than {handed.task}: only one "
            f"of the two has {', '.join(odd[:5])}. Expected the "
            f"{len(names):,} of {challenge.public(handed.task)}/classes.json."
        )
    learned = count_learned(handed.model, challenge.held_out(handed.task))
    if learned:
        raise DataError(
            f"{handed.model} has learned from {learned:,} of the pictures "
            f"that judge. Expected a model that has learned from "
            f"{challenge.public(handed.task)} alone."
        )
    return family_of(model)


def _check_table(challenge: ChallengeFolder, handed: HandIn) -> None:
    if not challenge.rules.tables:
        raise RequestError(
            "The rules of this challenge take models, and no tables of "
            "predictions. Give `model`."
        )
    if not pathlib.Path(handed.predictions).is_file():
        raise RequestError(
            f"`predictions`: there is no file {handed.predictions}."
        )
    read_predictions(
        handed.predictions,
        challenge.pictures(handed.task),
        challenge.class_names(handed.task),
    )


def _check_room(entries: list[Entry], entry: Entry, most: int) -> None:
    """Refuses what is there already, and one too many."""
    own = [
        each
        for each in entries
        if folded(each.team) == folded(entry.team) and each.task == entry.task
    ]
    for each in own:
        if each.sha256 == entry.sha256:
            raise RequestError(
                f"{entry.team} has handed this file in already, as entry "
                f"{each.number}."
            )
    count = sum(each.family == entry.family for each in own)
    if count >= most:
        raise RequestError(
            f"{entry.team} has handed in {count} of the family "
            f"{entry.family} for {entry.task}, and may no more than {most}."
        )


@contextlib.contextmanager
def _kept(challenge: ChallengeFolder, source: pathlib.Path):
    """Copies a file among the entries, for good unless anything is raised."""
    folder = challenge.entries / uuid.uuid4().hex
    folder.mkdir()
    try:
        target = folder / source.name
        digest = hashlib.sha256()
        with open(source, "rb") as read, open(target, "xb") as written:
            while part := read.read(1 << 20):
                digest.update(part)
                written.write(part)
            written.flush()
            os.fsync(written.fileno())
        target.chmod(0o444)
        yield f"{folder.name}/{source.name}", digest.hexdigest()
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
