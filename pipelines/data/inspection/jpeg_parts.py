"""The parts of a JPEG, and whether its picture ends where the file does.

ITU-T Recommendation T.81, 1992, annexes A.2, B and G.1.2. A marker counts
only where one can stand: its bytes also occur inside a thumbnail, inside what
a camera notes, and behind the end.
"""

import dataclasses
import math
import re
import struct
from typing import NamedTuple

from pipelines.data.inspection.refusal import Refused

_SCAN, _END, _INTERVAL = 0xDA, 0xD9, 0xDD
_PROGRESSIVE = 0xC2
# Frames that TensorFlow decodes: baseline, extended and progressive.
_FRAMES = (0xC0, 0xC1, _PROGRESSIVE)
_OTHER_FRAMES = set(range(0xC3, 0xD0)) - {0xC4, 0xC8, 0xCC}
_BARE = {0x01, *range(0xD0, 0xD8)}
# Tables, numbers of lines, applications and comments.
_PASSED_OVER = {0xC4, 0xCC, 0xDB, 0xDC, *range(0xE0, 0xF0), 0xFE}
_MARKER = re.compile(rb"\xff[\x01-\xcf\xd8-\xfe]")
_RESTART = re.compile(rb"\xff[\xd0-\xd7]")
_COEFFICIENTS = 64
# A last scan of a smaller part of all scans may have been cut.
_LAST_SCAN = 0.3


class JpegParts(NamedTuple):
    """What a walk from marker to marker found.

    Args:
        data_end: Where the data of the last scan ends.
        doubtful: Whether the last scan is so short that it may be cut, or a
            cut could not be seen in the pixels.
    """

    data_end: int
    doubtful: bool


class _Frame(NamedTuple):
    """A frame header: the factors are across and down, by component."""

    width: int
    height: int
    progressive: bool
    factors: dict[int, tuple[int, int]]

    def units(self, components) -> int:
        """Returns how many units of data a scan of some components has."""
        most = [max(each) for each in zip(*self.factors.values(), strict=True)]
        if len(components) == 1:
            each, most = self.factors[components[0]], [8 * n for n in most]
            sides = zip((self.width, self.height), each, most, strict=True)
            return math.prod(math.ceil(n * e / m) for n, e, m in sides)
        across, down = most
        return math.ceil(self.width / (8 * across)) * math.ceil(
            self.height / (8 * down)
        )


def jpeg_parts(content: bytes) -> JpegParts:
    """Walks from marker to marker until the end.

    Raises:
        Refused: The file is cut or damaged, or TensorFlow does not read it.
    """
    try:
        return _Walk(content).run()
    except (IndexError, struct.error):
        if content.rstrip(b"\x00").endswith(b"\xff\xd9"):
            raise _damaged("a marker inside its data leads nowhere") from None
        raise _cut("it has no end marker") from None


@dataclasses.dataclass
class _Walk:
    content: bytes
    frame: _Frame | None = None
    interval: int = 0
    # How many low bits of each coefficient have not come yet; -1 for all.
    missing: dict[int, list[int]] = dataclasses.field(default_factory=dict)
    # Bytes of data in each scan.
    scans: list[int] = dataclasses.field(default_factory=list)

    def run(self) -> JpegParts:
        content, place, data_end = self.content, 2, 0
        while True:
            if content[place] != 0xFF:
                raise _damaged("no marker stands where one belongs")
            while (marker := content[place]) == 0xFF:
                place += 1
            place += 1
            if marker == _END:
                return self._finished(data_end)
            if marker in _BARE:
                continue
            start, length = place + 2, content[place] << 8 | content[place + 1]
            place += length
            if length < 2 or place > len(content):
                raise IndexError
            if marker == _SCAN:
                place = data_end = self._scan(content[start:place], place)
            elif marker not in _PASSED_OVER:
                self._segment(marker, content[start:place])

    def _segment(self, marker: int, body: bytes) -> None:
        if marker == _INTERVAL:
            (self.interval,) = struct.unpack_from(">H", body)
        elif marker in _FRAMES and self.frame is None:
            self.frame = _frame(marker, body)
            # All of a block come together where they do not come by and by.
            count = _COEFFICIENTS if self.frame.progressive else 1
            self.missing = {name: [-1] * count for name in self.frame.factors}
        elif marker in _OTHER_FRAMES:
            raise Refused(
                "unusual_jpeg",
                "is a JPEG of a kind that TensorFlow does not read (lossless, "
                "arithmetic or hierarchical; save it anew)",
            )
        else:
            raise _damaged(f"a marker FF {marker:02X} in the wrong place")

    def _scan(self, body: bytes, place: int) -> int:
        """Notes what a scan brings; returns where its data ends."""
        found = _MARKER.search(self.content, place)
        if found is None:
            raise IndexError
        if self.frame is None:
            raise _damaged("a scan before the frame header")
        components = list(body[1 : 1 + 2 * body[0] : 2])
        first, last, bits = struct.unpack_from("BBB", body, 1 + 2 * body[0])
        if not components or not set(components) <= self.missing.keys():
            raise _damaged("a scan of what is not in the frame")
        if not self.frame.progressive:
            first, last, bits = 0, 0, 0
        for name in components:
            for i in range(first, min(last, _COEFFICIENTS - 1) + 1):
                self.missing[name][i] = bits & 0xF
        if self.interval:
            self._check_restarts(components, place, found.start())
        self.scans.append(found.start() - place)
        return found.start()

    def _check_restarts(self, components, start: int, end: int) -> None:
        units = self.frame.units(components)
        expected = math.ceil(units / self.interval) - 1
        found = len(_RESTART.findall(self.content, start, end))
        if found < expected:
            raise _cut(f"{found} of {expected} restart markers are there")

    def _finished(self, data_end: int) -> JpegParts:
        if not self.scans:
            raise _damaged("it has no picture")
        if any(bits for each in self.missing.values() for bits in each):
            raise _cut("a scan is missing")
        short = self.scans[-1] < _LAST_SCAN * sum(self.scans)
        return JpegParts(data_end, short or len(self.missing) == 4)


def _frame(marker: int, body: bytes) -> _Frame:
    bits, height, width, count = struct.unpack_from(">BHHB", body)
    if bits != 8 or count not in (1, 3, 4):
        raise Refused(
            "unusual_jpeg",
            f"is a JPEG of {count} colours and {bits} bits, which TensorFlow "
            "does not read (save it anew)",
        )
    factors = {}
    for i in range(6, 6 + 3 * count, 3):
        factors[body[i]] = body[i + 1] >> 4, body[i + 1] & 0xF
    if len(factors) < count or not all(map(all, factors.values())):
        raise _damaged("its frame header is senseless")
    return _Frame(width, height, marker == _PROGRESSIVE, factors)


def _cut(reason: str) -> Refused:
    return Refused("truncated", f"is a truncated JPEG ({reason})")


def _damaged(reason: str) -> Refused:
    return Refused("damaged", f"is a damaged JPEG ({reason})")
