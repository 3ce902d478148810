"""Where what is fetched or made is kept for the next time. Pure Python."""

import errno
import os
import pathlib


def cache_folder() -> pathlib.Path:
    """Returns `$ZOO_CACHE`, or `~/.cache/zoo`; it need not be there.

    Raises:
        OSError: `ZOO_CACHE` says nothing, and there is no home.
    """
    try:
        named = os.environ.get("ZOO_CACHE") or "~/.cache/zoo"
        return pathlib.Path(named).expanduser()
    except RuntimeError:
        raise FileNotFoundError(
            errno.ENOENT,
            "There is no home folder; set ZOO_CACHE to a folder that can be "
            "written",
            "~",
        ) from None
