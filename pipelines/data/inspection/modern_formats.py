"""Formats that are read where a library for them is installed: HEIF and AVIF.

A phone writes HEIF (`.heic`); the package pillow-heif reads it. AVIF is read
by Pillow itself where it was built with libavif, as its wheels are.
"""

import dataclasses
import functools
import importlib.util

from zoo.extras import installing


@dataclasses.dataclass(frozen=True)
class Modern:
    """A format, and what reads it.

    Args:
        name: Pillow's.
        endings: Of files' names.
        module: What reads it.
        remedy: How to have that, as the end of a sentence.
    """

    name: str
    endings: tuple[str, ...]
    module: str
    remedy: str

    @functools.cached_property
    def is_read(self) -> bool:
        """Whether what reads it is installed."""
        return importlib.util.find_spec(self.module) is not None


HEIF = Modern(
    "HEIF",
    (".heic", ".heif", ".hif"),
    "pillow_heif",
    f"{installing('heif')} to read it",
)
AVIF = Modern(
    "AVIF",
    (".avif",),
    "PIL._avif",
    "install a Pillow with AVIF to read it, as its wheels are",
)
MODERN = (HEIF, AVIF)
READ = tuple(each for each in MODERN if each.is_read)


def remedy_of(ending: str) -> str:
    """Returns how files of an ending could be read, or ""."""
    for each in MODERN:
        if ending in each.endings and not each.is_read:
            return each.remedy
    return ""


@functools.cache
def register() -> None:
    """Lets Pillow open HEIF, where the library for it is installed."""
    if HEIF.is_read:
        import pillow_heif

        pillow_heif.register_heif_opener()
