"""Copying pictures into a folder for each class; nothing is ever lost."""

import filecmp
import itertools
import os
import pathlib
import shutil
from collections.abc import Iterable

from pipelines.data.sources.patterns import would_find
from pipelines.data.spelling import folded
from pipelines.data.spelling import told_apart
from pipelines.evaluation.folder_names import fitting
from pipelines.evaluation.folder_names import folder_name
from pipelines.runs.places import refuse_no_folder
from zoo.errors import RequestError
from zoo.weights.atomic import making

# Of pictures of which the model is not sure.
UNSURE = "not_sure"


class Sorter:
    """Copies pictures into a sub-folder for each class.

    Args:
        folder: Of all classes, made if it is not there.
        names: Of the classes, in label order. Each has a folder of its own,
            also where a file system cannot tell two names apart.
    """

    def __init__(self, folder: str, names: Iterable[str]):
        names = list(dict.fromkeys(names))
        plain = [folder_name(name) for name in names]
        own = told_apart(plain, [UNSURE], same=folded)
        self._folder = pathlib.Path(folder)
        self._names = dict(zip(names, own, strict=True))

    def copy(self, picture: str, name: str | None) -> pathlib.Path:
        """Copies a picture into the folder of a class.

        What lies there stays: of the same bytes it is the copy already, and
        beside another picture of that name the copy is called `NAME-2` and
        so on. A copy is there whole or not at all.

        Args:
            picture: The file's path.
            name: The class; None where the model is not sure.

        Returns:
            The copy's path.

        Raises:
            OSError: It cannot be read or written.
        """
        source = pathlib.Path(picture)
        place = self._folder / (UNSURE if name is None else self._names[name])
        place.mkdir(parents=True, exist_ok=True)
        for number in itertools.count(1):
            more = f"-{number}" if number > 1 else ""
            ending = f"{more}{source.suffix}"
            copy = place / f"{fitting(source.stem, ending)}{ending}"
            if not os.path.lexists(copy) and _made(source, copy):
                return copy
            if copy.is_file() and filecmp.cmp(source, copy, shallow=False):
                return copy


def _made(source: pathlib.Path, copy: pathlib.Path) -> bool:
    """Makes a copy; False where another process was first."""
    try:
        with making(copy) as temporary:
            shutil.copyfile(source, temporary)
    except FileExistsError:
        return False
    # Last, since what may not be written cannot be brought to the disk.
    shutil.copystat(source, copy)
    return True


def check_sorting(folder: str, pictures: Iterable[str]) -> None:
    """Refuses to sort into a folder whose pictures are being sorted.

    Args:
        folder: Where copies go.
        pictures: Files, folders of them, and patterns.

    Raises:
        RequestError: The copies would be among the pictures next time, or it
            is no folder.
    """
    refuse_no_folder(folder, "sort_into")
    for path in pictures:
        if would_find(path, folder):
            raise RequestError(
                f"`sort_into={folder}` lies in {path}, whose pictures are "
                "sorted: they would be found twice the next time. Give a "
                "folder beside it."
            )
