"""Files and folders that a command is to make: there is nothing yet."""

import os

from pipelines.runs.places import refuse_no_folder
from zoo.errors import RequestError


def check_new_file(path: str, name: str = "output") -> None:
    """Refuses a file that cannot be written, before any time is spent.

    Args:
        path: The file.
        name: The setting that says it.

    Raises:
        RequestError: It is there already, or its folder is not.
        OSError: It cannot be: a name that is too long, a file for a folder.
    """
    _refuse_over(path, name)
    folder = os.path.dirname(path) or "."
    if not os.path.isdir(folder):
        raise RequestError(
            f"`{name}={path}`: there is no folder {folder}. Make it first, or "
            "give another."
        )


def check_new_folder(path: str) -> None:
    """Refuses a folder that is there or cannot be made.

    Raises:
        RequestError: It is there already, or would lie in a file.
        OSError: It cannot be: a name that is too long.
    """
    _refuse_over(path, "output")
    refuse_no_folder(path)


def _refuse_over(path: str, name: str) -> None:
    try:
        os.lstat(path)
    except (FileNotFoundError, NotADirectoryError):
        return
    raise RequestError(
        f"`{name}={path}` is there already. Give another name, or remove it "
        "first."
    )
