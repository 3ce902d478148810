"""Copying pictures into a folder for each class; nothing is ever lost."""

import filecmp
import itertools
import os
import pathlib
import shutil

from zoo.errors import RequestError
from zoo.weights.atomic import naming


def copy_into(picture: str, folder: str, name: str) -> pathlib.Path:
    """Copies a picture into the sub-folder of a class.

    What lies there stays: of the same bytes it is the copy already, and beside
    another picture of that name the copy is called `NAME-2` and so on.

    Args:
        picture: The file's path.
        folder: The folder of all classes, made if it is not there.
        name: The class; what no folder can be called by becomes `_`.

    Returns:
        The copy's path.

    Raises:
        OSError: It cannot be read or written.
    """
    source = pathlib.Path(picture)
    place = pathlib.Path(folder) / folder_name(name)
    place.mkdir(parents=True, exist_ok=True)
    for number in itertools.count(1):
        more = f"-{number}" if number > 1 else ""
        copy = place / f"{source.stem}{more}{source.suffix}"
        try:
            # Whoever comes first has the name.
            with naming(copy), open(copy, "xb") as file:
                _fill(source, file, copy)
        except FileExistsError:
            if copy.is_file() and filecmp.cmp(source, copy, shallow=False):
                return copy
            continue
        return copy


def _fill(source: pathlib.Path, file, copy: pathlib.Path) -> None:
    try:
        with open(source, "rb") as picture:
            shutil.copyfileobj(picture, file)
        file.flush()
        shutil.copystat(source, copy)
    except BaseException:
        copy.unlink()
        raise


def folder_name(name: str) -> str:
    """Returns what the folder of a class is called, in any file system.

    Example:

        >>> from pipelines.evaluation.sorting import folder_name
        >>> folder_name("either/or"), folder_name(".."), folder_name("cat")
        ('either_or', '_.', 'cat')
    """
    plain = "".join("_" if c in '/\\:*?"<>|' or c < " " else c for c in name)
    hidden = plain.startswith(".")
    return (f"_{plain[1:]}" if hidden else plain) or "_"


def check_sorting(folder: str, pictures) -> None:
    """Refuses to sort into a folder whose pictures are being sorted.

    Args:
        folder: Where copies go.
        pictures: Files, and folders of them.

    Raises:
        RequestError: The copies would be among the pictures next time.
    """
    inside = pathlib.Path(os.path.realpath(folder))
    for path in pictures:
        own = pathlib.Path(os.path.realpath(path))
        if own.is_dir() and (own == inside or own in inside.parents):
            raise RequestError(
                f"`sort_into={folder}` lies in {path}, whose pictures are "
                "sorted: they would be found twice the next time. Give a "
                "folder beside it."
            )
