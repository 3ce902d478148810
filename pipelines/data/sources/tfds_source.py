"""TensorFlow Datasets: `tfds:NAME` and `tfds:NAME:SPLIT`.

The pictures stay encoded and where they are, in the data set's own files, so
that they go through the same decoding and cropping as files do, and a large
set is not read into memory.
"""

import dataclasses
import io
import os
import re

import numpy as np

from pipelines.data.examples import Examples
from pipelines.data.examples import Splits
from pipelines.data.holding_out import hold_out
from pipelines.data.names import Numbered
from pipelines.data.sources.index_cache import cached_index
from pipelines.data.sources.layout import TRAINING_PARTS
from pipelines.data.sources.layout import VALIDATION_PARTS
from pipelines.data.sources.layout import no_part
from pipelines.data.sources.layout import part_of
from pipelines.data.sources.records import ARRAY_RECORD
from pipelines.data.sources.records import TFRECORD
from pipelines.data.sources.records import Index
from pipelines.data.sources.records import Keys
from pipelines.data.sources.records import RecordFiles
from zoo.errors import DataError
from zoo.errors import RequestError

_KEYS = Keys(b"image", b"label")
_SPEC = re.compile(r"tfds:(?P<name>[^:\[\]]+)(:(?P<split>.+))?")


def open_tfds(
    spec: str, *, seed: int | None = 0, data_dir=None, progress=None
) -> Splits:
    """Opens a data set of TensorFlow Datasets, downloading it if need be.

    Args:
        spec: `tfds:NAME` (its training and validation or test parts) or
            `tfds:NAME:SPLIT`, for example `tfds:cats_vs_dogs:train[:80%]`;
            a fifth of every class of that split is held out.
        seed: Decides what is held out.
        data_dir: Where the data sets are; the usual place where None.
        progress: Called with the numbers of files indexed and in all, and of
            pictures where a part is held out.

    Raises:
        RequestError: No such data set or split, or it does not classify.
        DataError: It cannot be downloaded or read.
    """
    builder, split = _builder(spec, data_dir)
    if split:
        return _hold_out(builder, split, spec, seed, progress)
    parts = builder.info.splits
    train = next((part for part in TRAINING_PARTS if part in parts), None)
    held = next((part for part in VALIDATION_PARTS if part in parts), None)
    if train is None:
        raise RequestError(
            f"{spec} has no part called 'train'. It has: "
            f"{', '.join(parts)}. Name one: {spec}:PART."
        )
    if held is None:
        return _hold_out(builder, train, spec, seed, progress)
    return Splits(
        _read(builder, train, progress), _read(builder, held, progress)
    )


def _hold_out(builder, split: str, spec: str, seed, progress) -> Splits:
    examples = _read(builder, split, progress)
    return hold_out(examples, spec, seed, progress=progress)


def open_whole_tfds(
    spec: str, *, data_dir=None, part: str | None = None
) -> Examples:
    """Opens one part to be judged by: the one named, else the held-out one.

    Args:
        spec: As for `open_tfds`.
        data_dir: As for `open_tfds`.
        part: `"train"`, `"val"` or `"test"` where `spec` names no split.

    Raises:
        RequestError: No such data set or split, or it does not classify.
        DataError: It cannot be downloaded or read.
    """
    builder, split = _builder(spec, data_dir)
    parts = list(builder.info.splits)
    if part:
        named = [name for name in parts if part_of(name) == (part, ())]
        if split or not named:
            raise no_part(spec, part, [] if split else parts)
        split = named[0]
    for part in VALIDATION_PARTS + TRAINING_PARTS:
        if split is None and part in parts:
            split = part
    return _read(builder, split or parts[0])


def _builder(spec: str, data_dir):
    match = _SPEC.fullmatch(spec)
    if not match:
        raise RequestError(
            f"`data={spec}` is no data set. Expected tfds:NAME or "
            "tfds:NAME:SPLIT, such as tfds:cats_vs_dogs:train[:80%]."
        )
    import tensorflow_datasets as tfds

    try:
        builder = tfds.builder(match["name"], data_dir=data_dir)
    except (tfds.core.DatasetNotFoundError, ValueError) as error:
        raise RequestError(
            f"`data={spec}`: TensorFlow Datasets knows no {match['name']!r}. "
            "The catalogue: https://www.tensorflow.org/datasets/catalog"
        ) from error
    try:
        builder.download_and_prepare()
    except Exception as error:
        reason = str(error).strip().splitlines() or [type(error).__name__]
        raise DataError(
            f"`data={spec}` could not be downloaded and prepared in "
            f"{builder.data_dir}: {reason[0]}"
        ) from error
    if not {"image", "label"} <= set(builder.info.features):
        raise RequestError(
            f"`data={spec}` is not for classification. Expected the features "
            f"'image' and 'label', received: {', '.join(builder.info.features)}"
        )
    return builder, match["split"]


def _read(builder, split: str, progress=None) -> Examples:
    try:
        instructions = builder.info.splits[split].file_instructions
    except (ValueError, KeyError) as error:
        raise _no_split(builder, split) from error
    if not instructions:
        raise _no_split(builder, split)
    kind = _kind(builder)
    if kind is None:
        return _read_whole(builder, split)
    index, file_of = _indexed(instructions, kind, progress)
    files = tuple(str(each.filename) for each in instructions)
    records = RecordFiles(files, kind, file_of, index, _KEYS.picture)
    return _examples(builder, split, index.labels, records.encoded)


def _kind(builder) -> str | None:
    """Returns how the pictures are stored, None where not one by one."""
    import tensorflow_datasets as tfds

    formats = tfds.core.file_adapters.FileFormat
    kinds = {formats.TFRECORD: TFRECORD, formats.ARRAY_RECORD: ARRAY_RECORD}
    encoded = isinstance(builder.info.features["image"], tfds.features.Image)
    # Others, such as a bucket on the network, are read by their own library.
    local = os.path.isdir(builder.data_dir)
    return kinds.get(builder.info.file_format) if encoded and local else None


def _indexed(instructions, kind, progress) -> tuple[Index, np.ndarray]:
    """Indexes the files of a split, or finds their indices in the cache."""
    parts = []
    for done, each in enumerate(instructions, 1):
        whole = cached_index(str(each.filename), kind, _KEYS)
        parts.append(whole.part(each.skip, each.skip + each.take))
        if progress:
            progress(done, len(instructions))
    joined = [
        np.concatenate([getattr(part, field.name) for part in parts])
        for field in dataclasses.fields(Index)
    ]
    counts = [len(part.labels) for part in parts]
    return Index(*joined), np.repeat(
        np.arange(len(parts), dtype="int32"), counts
    )


def _no_split(builder, split: str) -> RequestError:
    return RequestError(
        f"tfds:{builder.name} has no split {split!r}. It has: "
        f"{', '.join(builder.info.splits)}."
    )


def _read_whole(builder, split: str) -> Examples:
    """Reads all pictures into memory, whatever they are stored as."""
    import tensorflow_datasets as tfds

    dataset = builder.as_dataset(
        split=split,
        decoders={"image": tfds.decode.SkipDecoding()},
        read_config=tfds.ReadConfig(try_autocache=False),
    )
    pictures, labels = [], []
    for example in dataset.as_numpy_iterator():
        pictures.append(_as_bytes(example["image"]))
        labels.append(example["label"])
    return _examples(
        builder, split, labels, lambda wanted: [pictures[i] for i in wanted]
    )


def _examples(builder, split: str, labels, encoded) -> Examples:
    labels = np.asarray(labels, "int32")
    names = tuple(builder.info.features["label"].names)
    spec = f"tfds:{builder.name}:{split}"
    if not len(labels):
        raise DataError(f"{spec} holds no pictures.")
    wrong = np.flatnonzero((labels < 0) | (labels >= len(names)))
    if len(wrong):
        raise DataError(
            f"{spec} has pictures without a label, such as number {wrong[0]}. "
            f"Name another part: {', '.join(builder.info.splits)}."
        )
    numbers = np.arange(len(labels), dtype="int32")
    return Examples(Numbered(f"{spec}#", numbers), labels, names, encoded)


def _as_bytes(image) -> bytes:
    if isinstance(image, bytes):
        return image
    # Some data sets store arrays; PNG keeps them exactly.
    from PIL import Image

    file = io.BytesIO()
    Image.fromarray(np.squeeze(image)).save(file, "PNG")
    return file.getvalue()
