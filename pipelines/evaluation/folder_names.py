"""What a class's folder is called, which any file system has to take."""

import os
import re

# Bytes of a name, on every common file system.
_LONGEST = 255
# Left for the number of one that another is like.
_SPARE = 8
# Windows takes them for devices, whatever their ending.
_DEVICE = re.compile(
    r"(con|prn|aux|nul|conin\$|conout\$|(com|lpt)[0-9\u00b9\u00b2\u00b3])"
    r" *(\.|$)",
    re.IGNORECASE,
)


def folder_name(name: str) -> str:
    """Returns what the folder of a class is called, in any file system.

    Args:
        name: The class; what no folder can be called by becomes `_`.

    Example:

        >>> from pipelines.evaluation.folder_names import folder_name
        >>> folder_name("either/or"), folder_name("..."), folder_name("cat")
        ('either_or', '___', 'cat')
        >>> folder_name("St. "), folder_name("con"), folder_name("aux.b")
        ('St__', '_con', '_aux.b')
    """
    plain = "".join("_" if _is_refused(c) else c for c in name)
    plain = re.sub(r"^\.", "_", plain)
    if _DEVICE.match(plain):
        plain = f"_{plain}"
    plain = fitting(plain, "-" * _SPARE)
    # Windows drops blanks and dots at the end.
    return re.sub(r"[. ]+$", lambda end: "_" * len(end[0]), plain) or "_"


def _is_refused(letter: str) -> bool:
    return letter in '/\\:*?"<>|\x7f' or letter < " "


def fitting(name: str, ending: str) -> str:
    """Returns as much of a name as fits before an ending.

    Args:
        name: Of a file or a folder.
        ending: What follows it.

    Example:

        >>> from pipelines.evaluation.folder_names import fitting
        >>> len(fitting("\u00e4" * 255, ".jpg"))
        125
    """
    while name and len(os.fsencode(name + ending)) > _LONGEST:
        name = name[:-1]
    return name
