"""A run is a folder: what was asked, what came out, nothing half written."""

import importlib.metadata
import pathlib
import platform
import subprocess

import keras
import numpy as np
import PIL
import tensorflow as tf

from pipelines.runs.lock import FolderLock
from pipelines.runs.places import CHECKPOINTS
from pipelines.runs.places import CONFIG
from pipelines.runs.places import HISTORY
from pipelines.runs.places import METRICS
from pipelines.runs.places import MODEL
from pipelines.runs.places import PREDICTIONS
from pipelines.runs.places import REPORT
from pipelines.runs.places import SNAPSHOTS
from pipelines.runs.places import Longer
from pipelines.runs.places import refuse_if_taken
from pipelines.runs.places import refuse_no_folder
from pipelines.waiting.work import work
from zoo.plain_json import dumps
from zoo.weights.atomic import replacing
from zoo.weights.atomic import write_atomically

__all__ = [
    "CHECKPOINTS",
    "CONFIG",
    "HISTORY",
    "METRICS",
    "MODEL",
    "PREDICTIONS",
    "REPORT",
    "SNAPSHOTS",
    "RunFolder",
    "provenance",
]

_LIBRARIES = (keras, tf, np, PIL)


class RunFolder:
    """The folder of one run, of which one process at a time has the use.

    Args:
        path: Where; made if it is not there.
        resume: Whether a run that was not finished may lie there.
        finished: Whether one that was finished does, to be read.
        longer: How far one that was finished may be gone on with.

    Raises:
        RequestError: It holds a run already, or another process works there.
        OSError: It cannot be made or written to.
    """

    def __init__(
        self,
        path,
        *,
        resume: bool = False,
        finished: bool = False,
        longer: Longer | None = None,
    ):
        if not finished:
            refuse_if_taken(path, resume=resume, longer=longer)
        self.path = pathlib.Path(path)
        self.path.mkdir(parents=True, exist_ok=True)
        refuse_no_folder(path)
        self._lock = FolderLock(self.path)

    refuse_if_taken = staticmethod(refuse_if_taken)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.release()

    def release(self) -> None:
        """Lets other processes use the folder."""
        self._lock.release()

    def reopen(self) -> None:
        """Makes a finished run one that is not, so that it can go on."""
        (self.path / METRICS).unlink(missing_ok=True)

    def write_json(self, name: str, content) -> None:
        """Writes a JSON file, whole or not at all; null for NaN."""
        text = dumps(content, indent=2, ensure_ascii=False) + "\n"
        write_atomically(self.path / name, text.encode())

    def write_config(self, config: dict) -> None:
        """Writes the resolved configuration with versions and commit."""
        self.write_json(CONFIG, {**config, **provenance()})

    def save_model(self, model) -> pathlib.Path:
        """Writes `model.keras`, whole or not at all, and returns its path."""
        file = replacing(self.path / MODEL)
        with work("saving the model"), file as temporary:
            model.save(temporary)
        return self.path / MODEL


def provenance() -> dict:
    """Returns the versions of what computes, and the package's own."""
    versions = {library.__name__: library.__version__ for library in _LIBRARIES}
    return {
        "versions": {"python": platform.python_version(), **versions},
        "commit": _commit(),
        "version": _version(),
    }


def _version() -> str | None:
    try:
        return importlib.metadata.version("keras-zoo")
    except importlib.metadata.PackageNotFoundError:
        return None


def _commit() -> str | None:
    """Of the clone that this code lies in, and of no repository around it.

    The package may be installed into an environment that lies in somebody
    else's repository; `version` then says what it is.
    """
    root = pathlib.Path(__file__).resolve().parents[2]
    # A worktree has a file there, a clone a folder.
    if not (root / ".git").exists():
        return None
    try:
        commit = _ask_git(root, "describe", "--always", "--abbrev=40")
        # Not `describe --dirty`, which writes the repository's index anew, and
        # on a full disk leaves a lock that stops every later command of git.
        changed = _ask_git(root, "status", "--porcelain", "-uno")
    except (OSError, subprocess.TimeoutExpired):
        return None
    return f"{commit}-dirty" if commit and changed else commit or None


def _ask_git(root: pathlib.Path, *words: str) -> str:
    done = subprocess.run(
        ["git", "--no-optional-locks", *words],
        cwd=root,
        capture_output=True,
        text=True,
        timeout=10,
    )
    return done.stdout.strip() if done.returncode == 0 else ""
