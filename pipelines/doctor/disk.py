"""How fast and how full the disk is that runs are written to."""

import os
import pathlib
import shutil
import tempfile
import time

from pipelines.doctor.findings import Finding

_MIB = 2**20
_GIB = 2**30
_WRITTEN = 64 * _MIB
# Three checkpoints of ResNet-50, with its velocities, are 0.6 GiB.
_LEAST_FREE = 2 * _GIB
# Below this, writing the checkpoints of a large network takes minutes.
_SLOWEST = 10 * _MIB


def check_disk(folder, size: int = _WRITTEN) -> Finding:
    """Writes a file, waits until it is on the disk and removes it.

    Args:
        folder: Where runs go; need not be there.
        size: Of the file, in bytes.
    """
    place = _nearest(pathlib.Path(folder))
    free = shutil.disk_usage(place).free
    try:
        speed = _write(place, size)
    except OSError as error:
        return Finding(
            "disk",
            f"{place} cannot be written to ({error.strerror}): name another "
            "folder with `runs`",
            ok=False,
            values={"free_bytes": free},
        )
    text = (
        f"{speed / _MIB:,.0f} MiB/s with fsync, {free / _GIB:,.1f} GiB free "
        f"in {place}"
    )
    advice = ""
    if free < _LEAST_FREE:
        advice = f": free {_LEAST_FREE / _GIB:.0f} GiB, or name another `runs`"
    elif speed < _SLOWEST:
        advice = ": checkpoints will hold runs up; name a local disk as `runs`"
    return Finding(
        "disk",
        text + advice,
        ok=not advice,
        values={"free_bytes": free, "bytes_per_second": speed},
    )


def _nearest(folder: pathlib.Path) -> pathlib.Path:
    """Returns the folder, or the nearest one above it that is there."""
    folder = folder.absolute()
    while not folder.is_dir():
        folder = folder.parent
    return folder


def _write(folder: pathlib.Path, size: int) -> float:
    """Returns bytes a second."""
    # Not zeros, which some file systems do not write.
    block = os.urandom(min(size, _MIB))
    with tempfile.NamedTemporaryFile(dir=folder, prefix=".tmp-") as file:
        started = time.perf_counter()
        for _ in range(size // len(block)):
            file.write(block)
        file.flush()
        os.fsync(file.fileno())
        return size / (time.perf_counter() - started)
