"""One file that is asked for, and the two kinds of passing faults."""

import dataclasses
import pathlib
from collections.abc import Callable

from zoo.errors import RequestError
from zoo.weights.hashing import Hash

LIMIT = 4 << 30


class Transient(Exception):
    """A fault that may be gone the next time."""


class Stale(Exception):
    """What was fetched before does not fit what the server has now."""


@dataclasses.dataclass(frozen=True)
class Wanted:
    """Where from, where to and what it has to be.

    Raises:
        RequestError: The size is out of its range.
    """

    url: str
    path: pathlib.Path
    hash: Hash
    size: int | None
    timeout: float
    progress: Callable[[int, int | None], None] | None

    def __post_init__(self):
        if self.size is not None and not 0 < self.size <= LIMIT:
            raise RequestError(
                f"size is from 1 to {LIMIT:,} bytes. Received: {self.size:,}"
            )

    def is_there(self) -> bool:
        """Whether the file is there and is the right one."""
        if not self.path.is_file():
            return False
        if self.size not in (None, self.path.stat().st_size):
            return False
        return not self.hash.is_known or self.hash.fits(self.path)

    def by_hand(self, reason: str) -> str:
        """Says why there is no file, and how a person can put it there."""
        there = (
            "is not what was expected"
            if self.path.exists()
            else ("is not there")
        )
        return (
            f"The weight file {self.path} {there}, and {reason}. By hand: "
            f"fetch {self.url} and put it into the folder "
            f"{self.path.parent} as {self.path.name}."
        )
