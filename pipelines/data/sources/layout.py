"""How a data set is split: what its parts are called, and where they lie.

People write `Training`, `TEST`, `train_set`, `seg_train` or `train2017`: a
folder is a part where one of its words is a part's, and the others are none
of a class's name (`images`, numbers) or the same for several parts. Parts hold
folders; what is called `train` and holds pictures beside other folders of
pictures is a class of trains.
"""

import dataclasses
import os
import pathlib
from collections.abc import Iterable

from pipelines.data.sources.scan import Reason
from pipelines.data.sources.scan import Skipped
from pipelines.data.sources.scan import is_system
from pipelines.data.spelling import folded
from pipelines.data.spelling import words
from zoo.errors import DataError
from zoo.errors import RequestError

# A part's name in our own files; empty where a set is not split.
TRAIN, VALIDATION, TEST, WHOLE = "train", "val", "test", ""
# What they are called by most. The first that is there is taken.
TRAINING_PARTS = ("train", "training")
VALIDATION_PARTS = ("val", "validation", "valid", "test")
_NAMES = {
    TRAIN: (*TRAINING_PARTS, "trainset", "trn"),
    VALIDATION: (
        *VALIDATION_PARTS[:3],
        *("valset", "validset", "dev", "devset", "eval", "holdout"),
    ),
    TEST: ("test", "testing", "tests", "testset", "tst"),
}
_PART_OF_WORD = {word: part for part, all_ in _NAMES.items() for word in all_}
# Beside a part's word they say nothing.
_EMPTY = frozenset(
    (
        "data", "dataset", "set", "split", "part", "subset", "folder",
        "image", "images", "img", "imgs", "picture", "pictures", "pic", "pics",
        "photo", "photos", "file", "files",
    )
)  # fmt: skip


@dataclasses.dataclass(frozen=True)
class _Candidate:
    """A folder that may be a part.

    Args:
        place: The folder.
        rank: How surely it is meant, 0 for the usual name.
    """

    place: pathlib.Path
    rank: int


def part_of(name: str) -> tuple[str, tuple[str, ...]]:
    """Returns which part a name speaks of, and the words that say more.

    Returns:
        `WHOLE` where it speaks of none, or of two.

    Example:

        >>> from pipelines.data.sources.layout import part_of
        >>> part_of("Training_set"), part_of("seg_test"), part_of("ant")
        (('train', ()), ('test', ('seg',)), ('', ('ant',)))
    """
    found = words(name)
    parts = {_PART_OF_WORD[word] for word in found if word in _PART_OF_WORD}
    rest = tuple(
        word
        for word in found
        if word not in _EMPTY and word not in _PART_OF_WORD
    )
    return (parts.pop() if len(parts) == 1 else WHOLE), rest


def is_part_or_pictures(name: str) -> bool:
    """Says whether a name has no word of its own: `images`, `val_2`."""
    return bool(words(name)) and not part_of(name)[1]


def every_part(root: pathlib.Path) -> dict[str, pathlib.Path]:
    """Returns the folders of all parts of a data folder.

    Args:
        root: The folder.

    Returns:
        Folders by `TRAIN`, `VALIDATION` and `TEST`; none where the folders
        of the data folder are no parts.

    Raises:
        DataError: Two folders may be the same part.
    """
    candidates: dict[str, list[_Candidate]] = {}
    folders = visible_folders(root)
    for name in folders:
        part, rank = _rank(name, folders)
        if part:
            place = pathlib.Path(root) / name
            candidates.setdefault(part, []).append(_Candidate(place, rank))
    every = [each.place for some in candidates.values() for each in some]
    if not any(map(visible_folders, every)):
        # Classes, one of which is called so; or flat parts, which
        # `appearances` refuses in words.
        return {}
    return {
        part: _inner(_choose(part, candidates[part]), part)
        for part in _NAMES
        if part in candidates
    }


def find_parts(root: pathlib.Path) -> dict[str, pathlib.Path]:
    """Returns the parts that a folder is learned from and judged by.

    Args:
        root: The folder.

    Returns:
        Folders of class folders by `TRAIN` and `VALIDATION`, one or both of
        them; the folder itself by `WHOLE` where it has no such parts. A test
        part is used where there is none for validation, and where its
        pictures lie in class folders.

    Raises:
        DataError: Two folders may be the same part.
    """
    found = every_part(root)
    test = found.pop(TEST, None)
    judges = test and (TRAIN not in found or visible_folders(test))
    if judges and VALIDATION not in found:
        found[VALIDATION] = test
    return found or {WHOLE: root}


def named_part(root: pathlib.Path, part: str) -> pathlib.Path:
    """Returns the folder of a part that somebody has named.

    Raises:
        RequestError: The data has no such part.
        DataError: Two folders may be it.
    """
    found = every_part(root)
    if part not in found:
        raise no_part(root, part, found)
    return found[part]


def no_part(data, part: str, there: Iterable[str]) -> RequestError:
    """Returns the error about a part that a data set has not.

    Args:
        data: The data set.
        part: What was asked for.
        there: Which it has.
    """
    return RequestError(
        f"`part={part}`: {data} has no such part. It has: "
        f"{', '.join(there) or 'none'}."
    )


def visible_folders(root) -> list[str]:
    """Returns the names of the folders in a folder, sorted, without junk."""
    try:
        with os.scandir(str(root)) as entries:
            return sorted(
                entry.name
                for entry in entries
                if not entry.name.startswith(".")
                and not is_system(entry.name)
                and os.path.isdir(entry.path)
            )
    except OSError:
        return []


def _rank(name: str, folders: list[str]) -> tuple[str, int]:
    """Returns which part a folder is, and how surely; 0 is the surest."""
    part, rest = part_of(name)
    if not part:
        return WHOLE, 0
    known = _NAMES[part]
    if name in known:
        return part, known.index(name)
    if folded(name) in known:
        return part, len(known)
    if not rest:
        return part, len(known) + 1
    # `fruits_train` beside `fruits_test`; a `bullet train` is alone.
    others = {part_of(each)[0] for each in folders if part_of(each)[1] == rest}
    return (part, len(known) + 2) if others - {part, WHOLE} else (WHOLE, 0)


def _choose(part: str, candidates: list[_Candidate]) -> pathlib.Path:
    best = min(each.rank for each in candidates)
    chosen = [each.place for each in candidates if each.rank == best]
    if len(chosen) > 1:
        names = ", ".join(place.name for place in chosen)
        raise DataError(
            f"{chosen[0].parent} has several folders that may be its part "
            f"{part!r}: {names}. Call the one that is meant {part!r}, or "
            "move the others away."
        )
    return chosen[0]


def _inner(place: pathlib.Path, part: str) -> pathlib.Path:
    """Goes into `seg_train/seg_train`, as some archives unpack."""
    folders = visible_folders(place)
    if len(folders) == 1 and part_of(folders[0])[0] == part:
        inner = place / folders[0]
        if visible_folders(inner):
            return inner
    return place


def other_parts(
    root: pathlib.Path, chosen: Iterable[pathlib.Path]
) -> list[Skipped]:
    """Lists the folders that lie beside the parts, and are not read.

    Args:
        root: The data folder.
        chosen: What is read, as `find_parts` returns it.
    """
    root = pathlib.Path(root)
    # A part may lie a folder deeper than its name.
    chosen = {
        root / place.relative_to(root).parts[0] if place != root else root
        for place in chosen
    }
    if root in chosen:
        return []
    return [
        Skipped(str(root / name), Reason.OTHER_PART)
        for name in visible_folders(root)
        if root / name not in chosen
    ]
