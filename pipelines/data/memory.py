"""How much memory is free, in this container or on this machine.

A container sees the memory of the whole machine, and is ended where it takes
more than its own limit. Linux tells of that in control groups: "Control Group
v2" and "Memory Resource Controller" (v1) of the kernel's administration guide.
"""

import pathlib
from collections.abc import Iterator
from typing import NamedTuple

import psutil

_GROUPS = pathlib.Path("/sys/fs/cgroup")
_OWN_GROUPS = pathlib.Path("/proc/self/cgroup")


class Memory(NamedTuple):
    """Memory of the host, in bytes.

    Args:
        total: What there is.
        free: What can be taken without anything being swapped out.
    """

    total: int
    free: int


class _Version(NamedTuple):
    """How a version of control groups calls things."""

    limit: str
    used: str
    # Of what is used, what the kernel gives back at once: a cache of files.
    cached: str


_V1 = _Version(
    "memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file"
)
_V2 = _Version("memory.max", "memory.current", "inactive_file")


def memory_here() -> Memory:
    """Returns the smaller of the machine's memory and the container's."""
    machine = psutil.virtual_memory()
    every = [Memory(machine.total, machine.available), *_limits()]
    return Memory(min(m.total for m in every), min(m.free for m in every))


def room_in_memory(most: int, share: float) -> float:
    """Returns how many bytes may be held to be quick, and nothing else.

    Args:
        most: At most so many, however much is free.
        share: At most this part of what is free, in 0…1.

    Example:

    ```python
    from pipelines.data.memory import room_in_memory
    assert room_in_memory(1000, 1 / 8) == 1000
    ```
    """
    return min(most, share * memory_here().free)


def _limits() -> Iterator[Memory]:
    """Yields the limits of this process's groups and those above them."""
    for version, root, own in _memberships():
        place = root / own.lstrip("/")
        # Seen from inside, a container's own group is often the root.
        for folder in (place, *place.parents):
            found = _limit(version, folder)
            if found is not None:
                yield found
            if folder == root:
                break


def _memberships() -> Iterator[tuple[_Version, pathlib.Path, str]]:
    try:
        lines = _OWN_GROUPS.read_text().splitlines()
    except OSError:
        return
    for line in lines:
        number, controllers, own = line.split(":", 2)
        if number == "0" and not controllers:
            yield _V2, _GROUPS, own
        elif "memory" in controllers.split(","):
            yield _V1, _GROUPS / "memory", own


def _limit(version: _Version, folder: pathlib.Path) -> Memory | None:
    """Returns what a group may have; None where it says nothing."""
    try:
        limit = int((folder / version.limit).read_text())
        used = int((folder / version.used).read_text())
        rows = (folder / "memory.stat").read_text().split("\n")
    except (OSError, ValueError):
        # "max" is no number.
        return None
    facts = dict(row.split(" ", 1) for row in rows if " " in row)
    used -= int(facts.get(version.cached, 0))
    return Memory(limit, max(limit - used, 0))
