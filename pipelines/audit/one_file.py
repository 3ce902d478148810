"""What a worker process does with one file, and what it brings back."""

import hashlib
import io
import os
import warnings
from typing import NamedTuple

from pipelines.data.copies.fingerprints import Fingerprint
from pipelines.data.copies.fingerprints import fingerprint
from pipelines.data.inspection.classification import Limits
from pipelines.data.inspection.classification import Look
from pipelines.data.inspection.classification import inspect_file
from pipelines.data.inspection.kinds import level_of

BLANK_CONTRAST = 1.0


class Seen(NamedTuple):
    """All that is known of one file.

    Args:
        look: What it is.
        sha256: Of its bytes, in hexadecimal; empty where only the header
            was read or the file is too large.
        print: What it is compared by; None where it was not decoded.
    """

    look: Look
    sha256: str = ""
    print: Fingerprint | None = None

    @property
    def level(self) -> str:
        return level_of(self.look.problem, self.look.notes)


def see(thing, *, decode: bool, limits: Limits) -> Seen:
    """Looks at one file.

    Args:
        thing: A path, or a name and the bytes.
        decode: Whether to read all of it; its header alone otherwise.
        limits: What is refused on its header alone.

    Raises:
        MemoryError: It needs more memory than this process may have.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        if isinstance(thing, str):
            return _see_file(thing, decode, limits)
        name, encoded = thing
        return _see(io.BytesIO(encoded), len(encoded), name, decode, limits)


def _see_file(thing, decode, limits) -> Seen:
    try:
        with open(thing, "rb") as file:
            size = os.fstat(file.fileno()).st_size
            return _see(file, size, thing, decode, limits)
    except OSError as error:
        reason = error.strerror or type(error).__name__
        return Seen(
            Look(problem="unreadable", detail=f"cannot be read ({reason})")
        )


def _see(file, size, name, decode, limits) -> Seen:
    sha256 = ""
    if decode and size <= limits.bytes:
        encoded = file.read()
        sha256 = hashlib.sha256(encoded).hexdigest()
        file = io.BytesIO(encoded)
    look, picture = inspect_file(file, size, name, decode, limits)
    if picture is None:
        return Seen(look, sha256)
    compared = fingerprint(picture, look.orientation)
    if compared.contrast < BLANK_CONTRAST:
        look = look._replace(notes=(*look.notes, "blank"))
    return Seen(look, sha256, compared)


def as_row(seen: Seen) -> list:
    """Writes what is known as lists that JSON can hold."""
    return [list(seen.look), seen.sha256, seen.print and list(seen.print)]


def from_row(row: list) -> Seen:
    """Reads what `as_row` wrote.

    Raises:
        TypeError: It is something else.
        ValueError: It is something else.
    """
    look, sha256, compared = row
    look = Look(*look)
    return Seen(
        look._replace(notes=tuple(look.notes)),
        sha256,
        compared and Fingerprint(tuple(compared[0]), *compared[1:]),
    )
