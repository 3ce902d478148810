"""Where a run's files lie, and whether a folder is free for a run.

Pure Python: a folder that is taken is refused before anything is imported.
"""

import dataclasses
import errno
import itertools
import json
import os
import pathlib
import re
import time
from collections.abc import Callable

from zoo.errors import RequestError
from zoo.registry import list_models
from zoo.variants import nearest

CONFIG = "config.json"
METRICS = "metrics.json"
HISTORY = "history.json"
MODEL = "model.keras"
CHECKPOINTS = "checkpoints"
SNAPSHOTS = "snapshots"
PREDICTIONS = "predictions.csv"
REPORT = "report.html"
CARD = "card.md"
SPLIT = "split.csv"
# The folders of all runs, of all evaluations and of all comparisons.
RUNS = "tensorboard_logs"
EVALUATIONS = "evaluations"
COMPARISONS = "comparisons"

# In a plan's words, such as head:3@0.1.
_EPOCHS = re.compile(r":(\d+)@")
_OWN_FILES = (
    *(CONFIG, METRICS, HISTORY, MODEL, CHECKPOINTS),
    *(PREDICTIONS, REPORT, CARD),
)


def new_folder(data: str, model: str | None, under: str = RUNS) -> str:
    """Returns a folder for a run that nobody has named one for.

    Args:
        data: What the pictures are of.
        model: The network's name; None where it is still to be chosen.
        under: The folder of all of its kind.
    """
    name = os.path.basename(os.path.normpath(data)).replace(":", "-")
    return dated_folder(under, f"{name}-{model or 'auto'}-")


def dated_folder(under: str, name: str = "") -> str:
    """Returns a folder that is not there, called by the time.

    Args:
        under: The folder of all of its kind.
        name: What stands before the time.
    """
    moment = time.strftime("%Y%m%d-%H%M%S")
    first = path = os.path.join(under, f"{name}{moment}")
    for number in itertools.count(2):
        if not os.path.lexists(path):
            return path
        path = f"{first}-{number}"


def refuse_no_folder(path, name: str = "output") -> None:
    """Refuses what cannot be a folder to write into, before time is spent.

    Args:
        path: A folder that is there, or may be made.
        name: The setting that says it.

    Raises:
        RequestError: It is a file, or lies in one.
        PermissionError: Nothing may be written there.
    """
    path = pathlib.Path(path)
    place = next(p for p in (path, *path.absolute().parents) if p.exists())
    if not place.is_dir():
        raise RequestError(
            f"`{name}={path}`: {place} is a file. Expected a folder."
        )
    if not os.access(place, os.W_OK):
        reason = os.strerror(errno.EACCES)
        raise PermissionError(errno.EACCES, reason, str(place))


@dataclasses.dataclass(frozen=True)
class Longer:
    """How long a run shall be, which may have been finished before.

    Args:
        epochs: In all.
        allowed: Whether it may go on as another run than it was
            (`allow_inexact`).
    """

    epochs: int
    allowed: bool = False


def length_of(config, options) -> Longer | None:
    """Returns how long a run shall be, as far as that was said.

    Args:
        config: A `pipelines.runs.config.RunConfig` of one of the commands.
        options: How it is carried out.
    """
    epochs = config.epochs
    if config.plan:
        epochs = sum(phase.epochs for phase in config.plan)
    return Longer(epochs, options.allow_inexact) if epochs else None


def refuse_if_taken(
    path, *, resume: bool = False, longer: Longer | None = None
) -> None:
    """Refuses a folder that holds a run, before any time is spent.

    Args:
        path: The folder.
        resume: Whether a run may lie there that was not finished.
        longer: How far one that was finished may be gone on with; None where
            it may not.

    Raises:
        RequestError: It holds a run already, or is no folder.
        PermissionError: Nothing may be written there.
    """
    path = pathlib.Path(path)
    refuse_no_folder(path)
    found = [name for name in _OWN_FILES if (path / name).exists()]
    if not found:
        return
    if resume and METRICS not in found and was_begun(path):
        return
    if resume and longer and METRICS in found and CHECKPOINTS in found:
        done = _planned(path)
        if done and longer.epochs > done:
            if longer.allowed:
                return
            raise RequestError(
                f"`output={path}` holds a finished run of {done} epochs. "
                f"`allow_inexact` goes on with it, up to {longer.epochs}: the "
                f"rate is from then on that of a run of {longer.epochs} "
                "epochs. For one that is new give another folder."
            )
    state = "a finished run" if METRICS in found else "a run"
    raise RequestError(
        f"`output={path}` already holds {state}. Give another folder, or "
        f"remove this one first (it has {found[0]})."
    )


def _planned(path: pathlib.Path) -> int:
    """Returns how many epochs a run was to have; 0 where nothing says it."""
    held = read_config(path)
    if held.get("plan"):
        return sum(map(int, _EPOCHS.findall(held["plan"])))
    return held.get("epochs") or 0


def was_begun(path) -> bool:
    """Whether a folder's configuration is one that a run wrote."""
    return "commit" in read_config(path)


def read_config(folder) -> dict:
    """Returns what a run's `config.json` says.

    Args:
        folder: The run's.

    Returns:
        Nothing where there is none, or it is not that of a run.
    """
    try:
        found = json.loads((pathlib.Path(folder) / CONFIG).read_bytes())
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def nearest_folder(
    model: str, holds: Callable[[pathlib.Path], bool]
) -> pathlib.Path | None:
    """Returns the folder that a model is of.

    Args:
        model: A run's folder, one in it, or a file in one of them.
        holds: Says of a folder whether it is the one.
    """
    path = pathlib.Path(model)
    places = [path, *path.absolute().parents[:2]] if path.exists() else []
    return next((place for place in places if holds(place)), None)


def model_file(path) -> pathlib.Path:
    """Returns the file of a finished model.

    Args:
        path: A run folder or a `.keras` file.

    Raises:
        RequestError: There is no model there.
    """
    path = pathlib.Path(path)
    file = path / MODEL if path.is_dir() else path
    if not file.is_file():
        raise RequestError(
            f"`model={path}` holds no {MODEL}. Expected the folder of a "
            "finished run, a .keras file or the name of a network (nearest: "
            f"{', '.join(nearest(path.name, list_models()))})."
        )
    return file
