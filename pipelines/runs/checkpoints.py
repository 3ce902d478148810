"""Checkpoints on disk: there whole or not at all, and checked when read.

A checkpoint is a folder named after its step. It is written beside its place,
every file is flushed to the disk, `MANIFEST.json` with sizes and sha256 last,
and a rename makes it appear; only then are older ones removed. What a kill or
a full disk leaves behind begins with `.tmp-` and is removed at the next start.
"""

import dataclasses
import hashlib
import json
import os
import pathlib
import shutil
import uuid
from collections.abc import Callable

from zoo.errors import IntegrityError

MANIFEST = "MANIFEST.json"
KEPT = 2
_TEMPORARY = ".tmp-"
# What has to be free, as a multiple of what is written.
_ROOM = 1.2


@dataclasses.dataclass(frozen=True)
class Checkpoint:
    """One that has been read and found whole.

    Args:
        path: Its folder.
        step: Steps that had been taken.
        facts: What was noted about the run; JSON.
        files: The contents of its files by name.
    """

    path: pathlib.Path
    step: int
    facts: dict
    files: dict[str, bytes]


def write_checkpoint(
    root, step: int, files: dict[str, bytes], facts: dict, keep: int = KEPT
) -> pathlib.Path:
    """Writes a checkpoint and removes those that it makes superfluous.

    Args:
        root: The folder of all checkpoints; made if it is not there.
        step: Steps that have been taken; names the checkpoint.
        files: Contents by name.
        facts: What `json` can write.
        keep: How many are left, the newest.

    Raises:
        OSError: The disk is full or the folder cannot be written to; those
            that were there are still there.
    """
    root = pathlib.Path(root)
    root.mkdir(parents=True, exist_ok=True)
    _check_room(root, sum(map(len, files.values())))
    final = root / f"{step:010d}"
    if final.exists():
        # The same step, taken again after a resume: bit for bit the same.
        return final
    temporary = root / f"{_TEMPORARY}{step:010d}-{uuid.uuid4().hex[:8]}"
    try:
        temporary.mkdir()
        for name, content in files.items():
            _write(temporary / name, content)
        manifest = {"step": step, "files": _sums(files), "facts": facts}
        _write(temporary / MANIFEST, json.dumps(manifest, indent=1).encode())
        _sync_folder(temporary)
        os.rename(temporary, final)
    except BaseException:
        shutil.rmtree(temporary, ignore_errors=True)
        raise
    _sync_folder(root)
    for old in steps_of(root)[:-keep]:
        remove(root / f"{old:010d}")
    return final


def steps_of(root) -> list[int]:
    """Returns the steps of all checkpoints, rising, whole or not."""
    root = pathlib.Path(root)
    if not root.is_dir():
        return []
    return sorted(int(each.name) for each in root.iterdir() if _is_step(each))


def newest(root, say: Callable[[str], None] = print) -> Checkpoint | None:
    """Returns the newest checkpoint that is whole, None where there is none.

    Args:
        root: The folder of all checkpoints.
        say: Told which ones were passed over, and why.

    Raises:
        IntegrityError: There are some, but all are damaged.
    """
    root, damaged = pathlib.Path(root), []
    for step in reversed(steps_of(root)):
        try:
            return read_checkpoint(root / f"{step:010d}")
        except IntegrityError as error:
            damaged.append(str(error))
            say(f"passed over: {error}")
    if damaged:
        raise IntegrityError(
            f"All {len(damaged)} checkpoint(s) in {root} are damaged, the "
            f"newest because: {damaged[0]} Nothing was started anew; give "
            "another `output`, or `resume=False` after moving this folder away."
        )
    return None


def read_checkpoint(path) -> Checkpoint:
    """Reads a checkpoint and compares every byte with its manifest.

    Raises:
        IntegrityError: Something is missing or has been changed.
    """
    path = pathlib.Path(path)
    try:
        manifest = json.loads((path / MANIFEST).read_bytes())
        step, sums = int(manifest["step"]), dict(manifest["files"])
        facts = dict(manifest["facts"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise IntegrityError(
            f"{path / MANIFEST} is missing or damaged ({error})."
        ) from error
    files = {}
    for name, expected in sums.items():
        try:
            files[name] = (path / name).read_bytes()
        except OSError as error:
            raise IntegrityError(
                f"{path / name} cannot be read ({error.strerror})."
            ) from error
        if _sum(files[name]) != expected:
            raise IntegrityError(
                f"{path / name} is damaged: {len(files[name]):,} bytes whose "
                "sha256 is not the one in the manifest."
            )
    return Checkpoint(path, step, facts, files)


def clean(root) -> None:
    """Removes what a run that was killed had begun to write or to remove."""
    root = pathlib.Path(root)
    if root.is_dir():
        for each in root.glob(f"{_TEMPORARY}*"):
            if each.is_dir():
                shutil.rmtree(each, ignore_errors=True)
            else:
                each.unlink(missing_ok=True)


def remove(path) -> None:
    """Removes a checkpoint; a kill in the middle leaves no half of it."""
    path = pathlib.Path(path)
    dying = path.with_name(f"{_TEMPORARY}{path.name}-{uuid.uuid4().hex[:8]}")
    os.rename(path, dying)
    shutil.rmtree(dying, ignore_errors=True)


def _is_step(path: pathlib.Path) -> bool:
    return path.is_dir() and path.name.isdigit()


def _check_room(root: pathlib.Path, size: int) -> None:
    free = shutil.disk_usage(root).free
    if free < _ROOM * size:
        raise OSError(
            f"{root} has {free / 2**20:,.0f} MiB left, and a checkpoint of "
            f"{size / 2**20:,.0f} MiB needs {_ROOM} times its size"
        )


def _write(path: pathlib.Path, content: bytes) -> None:
    with open(path, "xb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _sums(files: dict[str, bytes]) -> dict:
    return {name: _sum(content) for name, content in files.items()}


def _sum(content: bytes) -> dict:
    digest = hashlib.sha256(content).hexdigest()
    return {"bytes": len(content), "sha256": digest}


def _sync_folder(path: pathlib.Path) -> None:
    """A rename is on the disk only when its folder is."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
