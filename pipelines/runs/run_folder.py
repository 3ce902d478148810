"""A run is a folder: what was asked, what came out, nothing half written."""

import json
import os
import pathlib
import platform
import subprocess
import time
import zipfile

import keras
import numpy as np
import PIL
import tensorflow as tf

from pipelines.runs.lock import FolderLock
from zoo.errors import IntegrityError
from zoo.errors import RequestError
from zoo.registry import list_models
from zoo.variants import nearest
from zoo.weights.files import write_atomically

CONFIG = "config.json"
METRICS = "metrics.json"
HISTORY = "history.json"
MODEL = "model.keras"
CHECKPOINTS = "checkpoints"
SNAPSHOTS = "snapshots"
PREDICTIONS = "predictions.csv"
REPORT = "report.html"
RUNS = "tensorboard_logs"

_OWN_FILES = (CONFIG, METRICS, HISTORY, MODEL, CHECKPOINTS, PREDICTIONS, REPORT)

_LIBRARIES = (keras, tf, np, PIL)


def new_folder(data: str, model: str | None) -> str:
    """Returns a folder for a run that nobody has named one for."""
    name = os.path.basename(os.path.normpath(data)).replace(":", "-")
    moment = time.strftime("%Y%m%d-%H%M%S")
    return os.path.join(RUNS, f"{name}-{model or 'auto'}-{moment}")


class RunFolder:
    """The folder of one run, of which one process at a time has the use.

    Args:
        path: Where; made if it is not there.
        resume: Whether a run that was not finished may lie there.
        finished: Whether one that was finished does, to be read.

    Raises:
        RequestError: It holds a run already, another process works there, or
            it cannot be written.
    """

    def __init__(self, path, *, resume: bool = False, finished: bool = False):
        if not finished:
            self.refuse_if_taken(path, resume=resume)
        self.path = pathlib.Path(path)
        try:
            self.path.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise RequestError(
                f"`output={path}` cannot be made: {error.strerror}."
            ) from error
        if not os.access(self.path, os.W_OK):
            raise RequestError(f"`output={path}` cannot be written to.")
        self._lock = FolderLock(self.path)

    @staticmethod
    def refuse_if_taken(path, *, resume: bool = False) -> None:
        """Refuses a folder that holds a run, before any time is spent.

        Args:
            path: The folder.
            resume: Whether a run may lie there that was not finished.

        Raises:
            RequestError: It holds a run already.
        """
        path = pathlib.Path(path)
        found = [name for name in _OWN_FILES if (path / name).exists()]
        if not found:
            return
        if resume and METRICS not in found and _was_begun(path):
            return
        state = "a finished run" if METRICS in found else "a run"
        raise RequestError(
            f"`output={path}` already holds {state}. Give another folder, or "
            f"remove this one first (it has {found[0]})."
        )

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.release()

    def release(self) -> None:
        """Lets other processes use the folder."""
        self._lock.release()

    def write_json(self, name: str, content) -> None:
        """Writes a JSON file, whole or not at all."""
        text = json.dumps(content, indent=2, ensure_ascii=False) + "\n"
        write_atomically(self.path / name, text.encode())

    def write_config(self, config: dict) -> None:
        """Writes the resolved configuration with versions and commit."""
        self.write_json(CONFIG, {**config, **provenance()})

    def save_model(self, model) -> pathlib.Path:
        """Writes `model.keras`, whole or not at all, and returns its path."""
        temporary = self.path / f".tmp-{MODEL}"
        try:
            model.save(temporary)
            os.replace(temporary, self.path / MODEL)
        except OSError:
            temporary.unlink(missing_ok=True)
            raise
        return self.path / MODEL


def _was_begun(path: pathlib.Path) -> bool:
    """Whether a folder's configuration is one that this module wrote."""
    try:
        return "commit" in json.loads((path / CONFIG).read_bytes())
    except (OSError, ValueError):
        return False


def provenance() -> dict:
    """Returns the versions of what computes, and the commit if there is one."""
    versions = {library.__name__: library.__version__ for library in _LIBRARIES}
    return {
        "versions": {"python": platform.python_version(), **versions},
        "commit": _commit(),
    }


def _commit() -> str | None:
    try:
        done = subprocess.run(
            ["git", "describe", "--always", "--dirty", "--abbrev=40"],
            cwd=pathlib.Path(__file__).parent,
            capture_output=True,
            text=True,
            timeout=10,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.strip() or None


def load_model(path):
    """Loads the model of a run.

    Args:
        path: A run folder or a `.keras` file.

    Raises:
        RequestError: There is no model there.
        IntegrityError: The file is damaged.
    """
    path = pathlib.Path(path)
    file = path / MODEL if path.is_dir() else path
    if not file.is_file():
        raise RequestError(
            f"`model={path}` holds no {MODEL}. Expected the folder of a "
            "finished run, a .keras file or a name of `zoo.list_models()` "
            f"(nearest: {', '.join(nearest(path.name, list_models()))})."
        )
    try:
        return keras.models.load_model(file)
    except (OSError, ValueError, KeyError, zipfile.BadZipFile) as error:
        reason = str(error).strip().splitlines() or [type(error).__name__]
        raise IntegrityError(
            f"{file} is damaged or was not made by this zoo: {reason[0]}"
        ) from error
