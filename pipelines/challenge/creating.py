"""Making a challenge: a folder with what teams see and what they do not."""

import contextlib
import os
import pathlib
import shutil
import uuid
from collections.abc import Iterable

import numpy as np

from pipelines.challenge import state
from pipelines.challenge.boxes import COCO
from pipelines.challenge.boxes import has_boxes
from pipelines.challenge.boxes import read_boxes
from pipelines.challenge.crops import crops_of
from pipelines.challenge.known_tasks import shared_classes
from pipelines.challenge.places import PICTURE
from pipelines.challenge.places import RULES
from pipelines.challenge.places import organiser
from pipelines.challenge.places import pictures_folder
from pipelines.challenge.places import write_rows
from pipelines.challenge.rules import ChallengeTask
from pipelines.challenge.rules import CrossCheck
from pipelines.challenge.rules import Rules
from pipelines.data.checks import check_pictures
from pipelines.data.examples import Examples
from pipelines.data.examples import Splits
from pipelines.data.hashing import hashes_of
from pipelines.data.hashing import sha256_of
from pipelines.data.inspection.headers import sniff
from pipelines.data.sources.manifest import entries
from pipelines.data.sources.manifest import write_manifest
from pipelines.data.sources.opening import open_held_out
from pipelines.data.sources.opening import open_splits
from pipelines.evaluation.judging import match_classes
from pipelines.waiting.work import current
from pipelines.waiting.work import work
from zoo.errors import DataError
from zoo.errors import RequestError
from zoo.plain_json import dumps
from zoo.weights.atomic import write_atomically

_CHUNK = 256


def refuse_if_there(folder) -> None:
    """Refuses a folder that holds anything.

    Raises:
        RequestError: It does.
    """
    path = pathlib.Path(folder)
    if os.path.lexists(path) and not (
        path.is_dir() and not any(path.iterdir())
    ):
        raise RequestError(
            f"{folder} is there already. A challenge is a new folder: give "
            "another name, or remove it first."
        )


@work("laying the challenge out")
def create_challenge(folder, rules: Rules) -> list[str]:
    """Lays a challenge out, whole or not at all.

    Args:
        folder: A new one.
        rules: What it is about.

    Returns:
        A line for each task, on what it holds.

    Raises:
        RequestError: The folder is there, or a task's data cannot be used.
        DataError: Likewise, of the pictures.
    """
    refuse_if_there(folder)
    path = pathlib.Path(folder)
    path.parent.mkdir(parents=True, exist_ok=True)
    with _whole_or_not_at_all(path) as place:
        said = [
            _lay_out(place, name, task, rules)
            for name, task in rules.tasks.items()
        ]
        (place / "entries").mkdir()
        text = dumps(rules.as_json(), indent=2, ensure_ascii=False)
        write_atomically(place / RULES, f"{text}\n".encode())
        state.create(place)
    return said


@contextlib.contextmanager
def _whole_or_not_at_all(path: pathlib.Path):
    place = path.with_name(f".tmp-{uuid.uuid4().hex}")
    try:
        place.mkdir()
        yield place
        # Over an empty folder, where there is one.
        os.replace(place, path)
    except BaseException:
        shutil.rmtree(place, ignore_errors=True)
        raise


def _lay_out(place, name: str, task: ChallengeTask, rules: Rules) -> str:
    train, held_out = _open(name, task)
    check_pictures(held_out)
    names = train.class_names
    public = place / "public" / name
    secret = organiser(place, name)
    secret.mkdir(parents=True, mode=0o700)
    public.mkdir(parents=True)
    # What the organiser has is for nobody else on this machine.
    secret.parent.chmod(0o700)
    text = dumps(list(names), indent=0, ensure_ascii=False)
    write_atomically(public / "classes.json", text.encode())
    if train.are_files:
        listed = entries(Splits(train, None))
        write_manifest(public / "train.csv", listed, names)
    known = {sha256 for _, sha256 in hashes_of(train)}
    rows, left_out = _judging_rows(held_out, known)
    if not rows:
        raise DataError(
            f"tasks.{name}: every picture that would judge is among those "
            "learned from. Give others."
        )
    pictures = pictures_folder(place, name, rules)
    truth = _copy(held_out, rows, pictures)
    write_rows(secret / "truth.csv", (PICTURE, "label", "sha256"), truth)
    if rules.tables:
        shown = [(picture, sha256) for picture, _, sha256 in truth]
        write_rows(public / "pictures.csv", (PICTURE, "sha256"), shown)
    said = (
        f"{name}: {len(names):,} classes, {len(train):,} pictures to learn "
        f"from, {len(truth):,} that judge"
    )
    if left_out:
        said += f"; {left_out:,} left out that are there twice or learned from"
    if task.cross:
        count = _lay_out_cross(secret, name, task.cross, names)
        said += f"; {count:,} of another source"
    return said


def _open(name: str, task: ChallengeTask) -> tuple[Examples, Examples]:
    splits = open_splits(task.data, seed=None)
    train, held_out = splits.train, splits.validation
    if task.held_out is not None:
        held_out = open_held_out(task.held_out)
    if train is None or held_out is None:
        raise RequestError(
            f"tasks.{name}: `data={task.data}` has one part only. Name the "
            "pictures that judge as `held_out`, or give data with a part of "
            "its own to judge by."
        )
    if train.several or held_out.several:
        raise DataError(
            f"tasks.{name}: a picture may show several classes, and a "
            "challenge is about one a picture."
        )
    return train, match_classes(held_out, train.class_names)


def _judging_rows(
    held_out: Examples, learned: set[bytes]
) -> tuple[list[tuple[bytes, int]], int]:
    """Hash and place of each picture that judges, in an order without order.

    By their hashes, which say nothing of classes. Each picture once, and none
    that is among those learned from.
    """
    found: dict = {}
    for place, (_, sha256) in enumerate(hashes_of(held_out)):
        if sha256 not in learned:
            found.setdefault(sha256, place)
    return sorted(found.items()), len(held_out) - len(found)


def _copy(held_out: Examples, rows, folder: pathlib.Path) -> list[tuple]:
    """Copies pictures under names that say nothing; returns rows of truth."""
    folder.mkdir(parents=True)
    truth, digits = [], len(str(len(rows)))
    for start in range(0, len(rows), _CHUNK):
        part = rows[start : start + _CHUNK]
        pictures = held_out.read([place for _, place in part])
        for number, (encoded, (sha256, place)) in enumerate(
            zip(pictures, part, strict=True), start + 1
        ):
            name = f"{number:0{digits}}{_ending(encoded)}"
            write_atomically(folder / name, encoded)
            truth.append((name, held_out.label_text(place), sha256.hex()))
        current().count(start + len(part), len(rows))
    return truth


def _ending(encoded: bytes) -> str:
    return f".{sniff(encoded[:64]).lower()}"


def _lay_out_cross(
    secret: pathlib.Path, name: str, cross: CrossCheck, names
) -> int:
    wrong = set(cross.classes.values()) - set(names)
    if wrong:
        raise RequestError(
            f"tasks.{name}.cross: {', '.join(sorted(wrong)[:5])} is no class "
            "of the task. `classes` gives the task's class by the other "
            "source's."
        )
    folder = secret / "cross"
    folder.mkdir()
    rows = []
    for number, (label, encoded) in enumerate(_cross(name, cross, names), 1):
        picture = f"{number:06}{_ending(encoded)}"
        write_atomically(folder / picture, encoded)
        rows.append((picture, label, sha256_of(encoded).hex()))
    if not rows:
        raise DataError(
            f"tasks.{name}.cross: {cross.data} shows none of the task's "
            "classes. Say which of its classes is which as `classes`."
        )
    write_rows(secret / "cross.csv", (PICTURE, "label", "sha256"), rows)
    return len(rows)


def _cross(name, cross: CrossCheck, names) -> Iterable[tuple[str, bytes]]:
    """Yields class and bytes of each picture of another source."""
    if has_boxes(cross.data):
        known = {
            box.name for _, boxes in read_boxes(cross.data) for box in boxes
        }
        known |= set(COCO)
        classes = cross.classes or shared_classes(names, sorted(known))
        yield from crops_of(cross.data, classes)
        return
    examples = open_held_out(cross.data)
    classes = cross.classes or shared_classes(names, examples.class_names)
    for place in np.arange(len(examples)).tolist():
        label = classes.get(examples.label_text(place))
        if label is not None:
            yield label, examples.read([place])[0]
