"""The frozen list of a data set: which files, which labels, which bytes.

A manifest is a CSV file in UTF-8 with the header

    path,label,split,size,sha256

and a row a picture: the path from the manifest's own folder (or from `/`),
the name of the class, `train` or `val`, the size in bytes, and the sha256 in
hexadecimal. Beside `photos.csv` lies `photos.classes.json`, the list of the
class names in label order. `data.sources.csv_source` opens it, and refuses
a file of which one bit has changed. What an audit leaves out is not trained
on; files that come later change nothing.
"""

import contextlib
import dataclasses
import hashlib
import json
import os
import pathlib
from collections.abc import Iterable
from collections.abc import Iterator

from pipelines.data.examples import Examples
from pipelines.data.examples import Splits
from pipelines.data.sources.layout import TRAIN
from pipelines.data.sources.layout import VALIDATION
from pipelines.pages.commands import command
from zoo.errors import RequestError
from zoo.plain_csv import table_writer
from zoo.weights.atomic import replacing
from zoo.weights.atomic import write_atomically

HEADER = ("path", "label", "split", "size", "sha256")
_CHUNK = 256


@dataclasses.dataclass(frozen=True)
class ManifestRow:
    """One picture of a manifest.

    Args:
        path: The file, from the working folder or from `/`.
        label: The name of its class; of several a JSON list.
        split: `"train"` or `"val"`.
        size: In bytes.
        sha256: In hexadecimal.
    """

    path: str
    label: str
    split: str
    size: int
    sha256: str


def classes_path(manifest) -> pathlib.Path:
    """Returns where a manifest's class names are: `photos.classes.json`."""
    manifest = pathlib.Path(manifest)
    return manifest.with_name(f"{manifest.stem}.classes.json")


def write_class_names(manifest, class_names: Iterable[str]) -> None:
    """Writes a manifest's class names, in label order.

    Before the list itself: without them its labels may be read as others.
    """
    names = json.dumps(list(class_names), indent=0)
    write_atomically(classes_path(manifest), names.encode())


def entries(splits: Splits, progress=None) -> Iterator[ManifestRow]:
    """Reads every picture of a data set and says what it is.

    Args:
        splits: What is listed; its pictures are files.
        progress: Called with the numbers of pictures read and in all.

    Raises:
        RequestError: The pictures are not files, or a file is in both parts.
        DataError: A file cannot be read.
    """
    parts = [
        (split, examples)
        for split, examples in (
            (TRAIN, splits.train),
            (VALIDATION, splits.validation),
        )
        if examples is not None
    ]
    total, done = sum(len(examples) for _, examples in parts), 0
    for split, examples in parts:
        _refuse_if_no_files(examples)
        for start in range(0, len(examples), _CHUNK):
            stop = min(start + _CHUNK, len(examples))
            yield from _listed(examples, range(start, stop), split)
            done += stop - start
            if progress:
                progress(done, total)


def _listed(examples: Examples, indices, split: str) -> Iterator[ManifestRow]:
    pictures = examples.encoded(list(indices))
    for i, picture in zip(indices, pictures, strict=True):
        yield ManifestRow(
            examples.names[i],
            examples.label_text(i),
            split,
            len(picture),
            hashlib.sha256(picture).hexdigest(),
        )


def _refuse_if_no_files(examples: Examples) -> None:
    if not examples.are_files:
        raise RequestError(
            "A manifest lists files. The pictures of this data set are inside "
            f"others, such as {examples.names[0]}. Pack it, which writes a "
            f"manifest of its own: {command('pack', data='DATA')}"
        )


def check_new(path) -> None:
    """Refuses to write over a manifest.

    Raises:
        RequestError: It is there already, or it does not end in `.csv`.
    """
    if pathlib.Path(path).suffix != ".csv":
        raise RequestError(f"A manifest ends in .csv. Received: {path}")
    for each in (pathlib.Path(path), classes_path(path)):
        if each.exists():
            raise RequestError(
                f"{each} is there already. Give another name, or remove it."
            )


def write_manifest(
    path, listed: Iterable[ManifestRow], class_names: tuple[str, ...]
) -> int:
    """Writes a manifest, whole or not at all, and never over another one.

    Args:
        path: Where to, ending in `.csv`.
        listed: The pictures, for example `entries(splits)` or what an audit
            found good.
        class_names: All classes, in label order.

    Returns:
        How many pictures it lists.

    Raises:
        RequestError: It is there already, or it does not end in `.csv`.
    """
    check_new(path)
    folder = pathlib.Path(path).absolute().parent
    folder.mkdir(parents=True, exist_ok=True)
    count = 0
    with new_text_file(path) as file:
        writer = table_writer(file)
        writer.writerow(HEADER)
        for entry in listed:
            row = dataclasses.astuple(entry)
            writer.writerow((_relative(entry.path, folder), *row[1:]))
            count += 1
        write_class_names(path, class_names)
    return count


def _relative(path: str, folder: pathlib.Path) -> str:
    absolute = os.path.abspath(path)
    inside = os.path.join(folder, "")
    if absolute.startswith(inside):
        return absolute[len(inside) :]
    return absolute


@contextlib.contextmanager
def new_text_file(path):
    """Opens a text file that is there whole at the end, or not at all."""
    with (
        replacing(path) as temporary,
        open(
            temporary,
            "x",
            encoding="utf-8",
            errors="surrogateescape",
            newline="",
        ) as file,
    ):
        yield file
