"""How a data set is split: what its parts are called, and where they lie."""

import os
import pathlib
from collections.abc import Iterable

from pipelines.data.sources.scan import Reason
from pipelines.data.sources.scan import Skipped

# A part's name in our own files; empty where a set is not split.
TRAIN, VALIDATION, WHOLE = "train", "val", ""
# What other people call it. The first that is there is taken.
TRAINING_PARTS = ("train", "training")
VALIDATION_PARTS = ("val", "validation", "valid", "test")


def find_parts(root: pathlib.Path) -> dict[str, pathlib.Path]:
    """Returns the folders of a data folder's parts, the training part first.

    Args:
        root: The folder.

    Returns:
        Folders of class folders by `TRAIN` and `VALIDATION`, one or both of
        them; the folder itself by `WHOLE` where it has no such parts.
    """
    found = {
        TRAIN: _first(root, TRAINING_PARTS),
        VALIDATION: _first(root, VALIDATION_PARTS),
    }
    return {part: place for part, place in found.items() if place} or {
        WHOLE: root
    }


def _first(root: pathlib.Path, names) -> pathlib.Path | None:
    places = (root / name for name in names)
    return next((place for place in places if place.is_dir()), None)


def other_parts(
    root: pathlib.Path, chosen: Iterable[pathlib.Path]
) -> list[Skipped]:
    """Lists the folders that lie beside the parts, and are not read.

    Args:
        root: The data folder.
        chosen: What is read, as `find_parts` returns it.
    """
    chosen = set(chosen)
    if root in chosen:
        return []
    return [
        Skipped(str(root / name), Reason.OTHER_PART)
        for name in sorted(os.listdir(root))
        if not name.startswith(".")
        and root / name not in chosen
        and (root / name).is_dir()
    ]
