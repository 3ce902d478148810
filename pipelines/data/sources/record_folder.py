"""A folder of TFRecord files that others wrote, with the keys of TF Models.

    train-00000-of-00010        or flowers_train_00000-of-00005.tfrecord,
    validation-00000-of-00002   train.tfrecord, train/00000.tfrec …

Each record is a `tf.train.Example` of a picture, a label, and perhaps the
class's name: https://github.com/tensorflow/models, `build_imagenet_data.py`.
What numbers there are become the classes, in their order: ImageNet's 1…1000,
of which 0 stands for the background, become the labels 0…999.
"""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from pipelines.data.examples import Examples
from pipelines.data.examples import Splits
from pipelines.data.holding_out import hold_out
from pipelines.data.names import Paths
from pipelines.data.sources import protos
from pipelines.data.sources.index_cache import cached_index
from pipelines.data.sources.layout import TEST
from pipelines.data.sources.layout import TRAIN
from pipelines.data.sources.layout import VALIDATION
from pipelines.data.sources.layout import WHOLE
from pipelines.data.sources.layout import no_part
from pipelines.data.sources.record_files import record_files
from pipelines.data.sources.record_files import refuse_class_folders
from pipelines.data.sources.record_files import say_unread
from pipelines.data.sources.records import TFRECORD
from pipelines.data.sources.records import Index
from pipelines.data.sources.records import Keys
from pipelines.data.sources.records import RecordFiles
from pipelines.data.sources.records import walk_tfrecord
from zoo.errors import DataError

# What examples call a picture and its label: TF Models, TFDS, Kaggle.
_KEYS = (
    Keys(b"image/encoded", b"image/class/label"),
    Keys(b"image", b"label"),
    Keys(b"image", b"class"),
)
# A class's name, the first that all classes have: WordNet's number, by which
# ImageNet's own folders are called, before its words.
_NAMES = (b"image/class/synset", b"image/class/text")


class _Part(NamedTuple):
    """What is known of the files of one part."""

    files: tuple[str, ...]
    keys: Keys
    index: Index
    file_of: np.ndarray


def open_record_folder(
    folder, *, seed: int | None = 0, progress=None
) -> Splits:
    """Opens a folder of TFRecord files.

    Args:
        folder: The folder.
        seed: Decides what is held out where no file is of such a part.
        progress: Called with the numbers of files indexed and in all.

    Raises:
        DataError: A file is damaged, or its examples lack a picture or a
            label; names it. Or the folder holds class folders, too.
    """
    files = record_files(folder)
    refuse_class_folders(folder, files)
    say_unread(files)
    parts = _open(_wanted(files), progress)
    labels = _labels_of(parts)
    names = _class_names(parts, labels)
    made = {part: _examples(parts[part], labels, names) for part in parts}
    held_out = made.get(VALIDATION, made.get(TEST))
    train = made.get(TRAIN, made.get(WHOLE))
    if train is None or held_out is not None:
        return Splits(train, held_out, _note(labels, names))
    splits = hold_out(train, folder, seed, progress=progress)
    return splits.noted(_note(labels, names))


def open_whole_record_folder(folder, *, part: str | None = None) -> Examples:
    """Opens the part to be judged by, else all pictures.

    Args:
        folder: The folder.
        part: `"train"`, `"val"` or `"test"` for that part alone.

    Raises:
        RequestError: There is no such part.
        DataError: As for `open_record_folder`.
    """
    files = record_files(folder)
    refuse_class_folders(folder, files)
    if part and part not in files:
        raise no_part(folder, part, filter(None, files))
    order = (VALIDATION, TEST, TRAIN, WHOLE)
    part = part or next(name for name in order if name in files)
    # Numbers mean the same in all parts, of which one may lack a class.
    wanted = {name: files[name] for name in (TRAIN, part) if name in files}
    parts = _open(wanted, None)
    labels = _labels_of(parts)
    return _examples(parts[part], labels, _class_names(parts, labels))


def _wanted(files: dict[str, list[str]]) -> dict[str, list[str]]:
    """Leaves out what is of no part beside others, and a test part.

    That is judged by where there is no other, and where it has labels.
    """
    if TRAIN in files:
        files = {name: files[name] for name in files if name != WHOLE}
    if TEST not in files or not {TRAIN, WHOLE} & files.keys():
        return files
    if VALIDATION not in files and _keys_of(files[TEST]):
        return files
    return {name: files[name] for name in files if name != TEST}


def _open(files: dict, progress) -> dict[str, _Part]:
    done, total = 0, sum(map(len, files.values()))
    parts = {}
    for name, paths in files.items():
        keys, indices = _keys_of(paths), []
        if keys is None:
            held = b", ".join(sorted(_first(paths))).decode("utf-8", "replace")
            raise DataError(
                f"{paths[0]} holds no labelled pictures: expected examples "
                "with 'image/encoded' and 'image/class/label', received "
                f"{held or 'something else, or nothing'}."
            )
        for path in paths:
            indices.append(cached_index(path, TFRECORD, keys))
            done += 1
            if progress:
                progress(done, total)
        counts = [len(each.labels) for each in indices]
        columns = zip(*(vars(each).values() for each in indices), strict=True)
        parts[name] = _Part(
            tuple(paths),
            keys,
            Index(*map(np.concatenate, columns)),
            np.repeat(np.arange(len(counts), dtype="int32"), counts),
        )
    return parts


def _keys_of(paths: list[str]) -> Keys | None:
    """Returns what the first record of some files calls its parts."""
    found = _first(paths)
    return next((k for k in _KEYS if {k.picture, k.label} <= found), None)


def _first(paths: list[str]) -> set[bytes]:
    """Returns the names of what the first record of some files holds."""
    for path in paths:
        for data, start, stop, _ in walk_tfrecord(path):
            try:
                return set(protos.features(data, start, stop))
            except protos.MalformedError:
                return set()
    return set()


def _labels_of(parts: dict[str, _Part]) -> np.ndarray:
    """Returns the numbers that stand for classes, in their order."""
    learned = parts.get(TRAIN, parts.get(WHOLE))
    some = [learned] if learned else parts.values()
    return np.unique(np.concatenate([part.index.labels for part in some]))


def _class_names(parts: dict[str, _Part], labels) -> tuple[str, ...]:
    """Names classes by what examples say of them, else by their numbers."""
    for key in _NAMES:
        found = {}
        for part in parts.values():
            for label, text in _said(part, key, found):
                found[label] = text
        names = [found.get(label, "") for label in labels.tolist()]
        if all(names) and len(set(names)) == len(names):
            return tuple(names)
        if all(names):
            # ImageNet has two cranes.
            return tuple(
                name if names.count(name) == 1 else f"{name} ({label})"
                for name, label in zip(names, labels.tolist(), strict=True)
            )
    return tuple(map(str, labels.tolist()))


def _said(part: _Part, key: bytes, known: dict) -> Iterator[tuple[int, str]]:
    """Yields what a part's examples call classes that have no name yet."""
    counts = np.bincount(part.file_of, minlength=len(part.files))
    missing = set(np.unique(part.index.labels).tolist()) - known.keys()
    start = 0
    # A file may be empty.
    for path, count in zip(part.files, counts.tolist(), strict=True):
        labels = part.index.labels[start : start + count].tolist()
        start += count
        if missing.isdisjoint(labels):
            continue
        for label, record in zip(labels, walk_tfrecord(path), strict=True):
            if label not in missing:
                continue
            data, first, last, _ = record
            found = protos.features(data, first, last)
            if key not in found:
                return
            missing.remove(label)
            text = bytes(data[found[key].span])
            yield label, text.decode("utf-8", "replace").strip()


def _note(labels: np.ndarray, names: tuple[str, ...]) -> str:
    if (labels == np.arange(len(labels))).all():
        return ""
    return (
        f"The records' labels {labels[0]}…{labels[-1]} are taken as "
        f"0…{len(labels) - 1}: {labels[0]} is {names[0]!r}."
    )


def _examples(part: _Part, labels: np.ndarray, names) -> Examples:
    own = part.index.labels
    places = np.searchsorted(labels, own).clip(max=len(labels) - 1)
    wrong = np.flatnonzero(labels[places] != own)
    if len(wrong):
        raise DataError(
            f"{part.files[part.file_of[wrong[0]]]} has pictures of the label "
            f"{own[wrong[0]]}, which is none of the training part's."
        )
    records = RecordFiles(
        part.files, TFRECORD, part.file_of, part.index, part.keys.picture
    )
    starts = np.searchsorted(part.file_of, np.arange(len(part.files)))
    called = (
        f"{part.files[number]}#{i - starts[number]}"
        for i, number in enumerate(part.file_of)
    )
    return Examples(
        Paths.of(called), places.astype("int32"), names, records.encoded
    )
