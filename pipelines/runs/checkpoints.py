"""Checkpoints on disk: there whole or not at all, and checked when read.

A checkpoint is a folder named after its step. It is written beside its place,
every file is flushed to the disk, `MANIFEST.json` with sizes and sha256 last,
its own among them, and a rename makes it appear; only then are older ones
removed. What a kill or a full disk leaves behind begins with `.tmp-` and is
removed at the next start.
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
# Of a manifest; the last one is its own sha256, which older ones have not.
_PARTS = ("step", "files", "facts", "sha256")
# What has to be free, as a multiple of what is written.
_ROOM = 1.2
# A fact that a clock tells, and that says nothing of the state.
ELAPSED = "elapsed"


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

    One of the same step that is damaged, or another one, gives way to it; so
    do those of later steps, which a run that goes on has passed over.

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
    final, sums = root / f"{step:010d}", _sums(files)
    if _is_whole(final, sums, facts):
        # The same step, taken again after a resume: bit for bit the same.
        _remove_others(root, step, keep)
        return final
    _check_room(root, sum(map(len, files.values())))
    temporary = root / f"{_TEMPORARY}{step:010d}-{uuid.uuid4().hex[:8]}"
    try:
        temporary.mkdir()
        for name, content in files.items():
            _write(temporary / name, content)
        manifest = {"step": step, "files": sums, "facts": facts}
        manifest["sha256"] = _digest(manifest)
        _write(temporary / MANIFEST, json.dumps(manifest, indent=1).encode())
        _sync_folder(temporary)
        if final.exists():
            remove(final)
        os.rename(temporary, final)
    except BaseException:
        shutil.rmtree(temporary, ignore_errors=True)
        raise
    _sync_folder(root)
    _remove_others(root, step, keep)
    return final


def _remove_others(root: pathlib.Path, step: int, keep: int) -> None:
    """Removes what a checkpoint of a step makes superfluous."""
    steps = steps_of(root)
    kept = [each for each in steps if each <= step][-keep:]
    for other in set(steps) - set(kept):
        remove(root / f"{other:010d}")


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
    manifest = _read_manifest(path)
    files = {}
    for name, expected in manifest["files"].items():
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
    return Checkpoint(path, manifest["step"], manifest["facts"], files)


def _read_manifest(path: pathlib.Path) -> dict:
    """Returns what a checkpoint's manifest says, once it is known to be whole.

    Raises:
        IntegrityError: It is not, or is that of another step.
    """
    place = path / MANIFEST
    try:
        manifest = dict(json.loads(place.read_bytes()))
        # An older one, without a sha256 of its own, has no other parts, too.
        if tuple(manifest) not in (_PARTS, _PARTS[:-1]):
            raise ValueError(f"its parts are {', '.join(manifest)}")
        if manifest.get("sha256", _digest(manifest)) != _digest(manifest):
            raise ValueError("its sha256 is not the one that it says")
        if not path.name.isdigit() or int(path.name) != manifest["step"]:
            raise ValueError(f"it is of step {manifest['step']}")
        dict(manifest["files"]), dict(manifest["facts"])
    except (OSError, ValueError, TypeError) as error:
        reason = getattr(error, "strerror", None) or error
        raise IntegrityError(
            f"{place} is missing or damaged ({reason})."
        ) from error
    return manifest


def _is_whole(path: pathlib.Path, sums: dict, facts: dict) -> bool:
    """Whether a checkpoint is there, undamaged, and says the same."""
    try:
        found = read_checkpoint(path)
    except IntegrityError:
        return False
    same = _timeless(found.facts) == _timeless(json.loads(json.dumps(facts)))
    return same and _sums(found.files) == sums


def _timeless(facts: dict) -> dict:
    return {name: facts[name] for name in facts if name != ELAPSED}


def clean(root) -> None:
    """Removes what a process that was killed had begun to write or to remove.

    Args:
        root: A folder that no other process writes to now.
    """
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


def _digest(manifest: dict) -> str:
    """The sha256 of all that a manifest says, but for itself."""
    said = {name: manifest[name] for name in manifest if name != "sha256"}
    return hashlib.sha256(json.dumps(said).encode()).hexdigest()


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
