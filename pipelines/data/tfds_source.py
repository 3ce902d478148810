"""TensorFlow Datasets: `tfds:NAME` and `tfds:NAME:SPLIT`.

The pictures stay encoded, as the data set stores them, so that they go
through the same decoding and cropping as files do.
"""

import io
import re

import numpy as np

from pipelines.data.examples import Examples
from pipelines.data.examples import Splits
from pipelines.data.examples import stratified_split
from pipelines.data.folder import TRAINING_PARTS
from pipelines.data.folder import VALIDATION_FRACTION
from pipelines.data.folder import VALIDATION_PARTS
from zoo.errors import DataError
from zoo.errors import RequestError

_SPEC = re.compile(r"tfds:(?P<name>[^:\[\]]+)(:(?P<split>.+))?")


def open_tfds(spec: str, *, seed: int = 0, data_dir=None) -> Splits:
    """Opens a data set of TensorFlow Datasets, downloading it if need be.

    Args:
        spec: `tfds:NAME` (its training and validation or test parts) or
            `tfds:NAME:SPLIT`, for example `tfds:cats_vs_dogs:train[:80%]`;
            a fifth of every class of that split is held out.
        seed: Decides what is held out.
        data_dir: Where the data sets are; the usual place where None.

    Raises:
        RequestError: No such data set or split, or it does not classify.
        DataError: It cannot be downloaded or read.
    """
    builder, split = _builder(spec, data_dir)
    if split:
        return _hold_out(_read(builder, split), spec, seed)
    parts = builder.info.splits
    train = next((part for part in TRAINING_PARTS if part in parts), None)
    held = next((part for part in VALIDATION_PARTS if part in parts), None)
    if train is None:
        raise RequestError(
            f"{spec} has no part called 'train'. It has: "
            f"{', '.join(parts)}. Name one: {spec}:PART."
        )
    if held is None:
        return _hold_out(_read(builder, train), spec, seed)
    return Splits(_read(builder, train), _read(builder, held))


def open_whole_tfds(spec: str, *, data_dir=None) -> Examples:
    """Opens one part to be judged by: the one named, else the held-out one.

    Raises:
        RequestError: No such data set or split, or it does not classify.
        DataError: It cannot be downloaded or read.
    """
    builder, split = _builder(spec, data_dir)
    parts = list(builder.info.splits)
    for part in VALIDATION_PARTS + TRAINING_PARTS:
        if split is None and part in parts:
            split = part
    return _read(builder, split or parts[0])


def _builder(spec: str, data_dir):
    match = _SPEC.fullmatch(spec)
    if not match:
        raise RequestError(
            f"--data={spec} is no data set. Expected tfds:NAME or "
            "tfds:NAME:SPLIT, such as tfds:cats_vs_dogs:train[:80%]."
        )
    import tensorflow_datasets as tfds

    try:
        builder = tfds.builder(match["name"], data_dir=data_dir)
    except (tfds.core.DatasetNotFoundError, ValueError) as error:
        raise RequestError(
            f"--data={spec}: TensorFlow Datasets knows no {match['name']!r}. "
            "The catalogue: https://www.tensorflow.org/datasets/catalog"
        ) from error
    try:
        builder.download_and_prepare()
    except Exception as error:
        reason = str(error).strip().splitlines() or [type(error).__name__]
        raise DataError(
            f"--data={spec} could not be downloaded and prepared in "
            f"{builder.data_dir}: {reason[0]}"
        ) from error
    if not {"image", "label"} <= set(builder.info.features):
        raise RequestError(
            f"--data={spec} is not for classification. Expected the features "
            f"'image' and 'label', received: {', '.join(builder.info.features)}"
        )
    return builder, match["split"]


def _read(builder, split: str) -> Examples:
    import tensorflow_datasets as tfds

    try:
        dataset = builder.as_dataset(
            split=split,
            decoders={"image": tfds.decode.SkipDecoding()},
            read_config=tfds.ReadConfig(try_autocache=False),
        )
    except (ValueError, KeyError) as error:
        raise RequestError(
            f"tfds:{builder.name} has no split {split!r}. It has: "
            f"{', '.join(builder.info.splits)}."
        ) from error
    pictures, labels = [], []
    for example in dataset.as_numpy_iterator():
        pictures.append(_as_bytes(example["image"]))
        labels.append(example["label"])
    if not pictures:
        raise DataError(f"tfds:{builder.name}:{split} holds no pictures.")
    return Examples(
        tuple(f"tfds:{builder.name}:{split}#{i}" for i in range(len(pictures))),
        np.asarray(labels, dtype="int32"),
        tuple(builder.info.features["label"].names),
        lambda wanted: [pictures[i] for i in wanted],
    )


def _as_bytes(image) -> bytes:
    if isinstance(image, bytes):
        return image
    # Some data sets store arrays; PNG keeps them exactly.
    from PIL import Image

    file = io.BytesIO()
    Image.fromarray(np.squeeze(image)).save(file, "PNG")
    return file.getvalue()


def _hold_out(examples: Examples, spec: str, seed: int) -> Splits:
    train, held_out = stratified_split(examples, VALIDATION_FRACTION, seed)
    return Splits(
        train,
        held_out,
        f"{spec} has no validation part: held out {len(held_out)} of "
        f"{len(examples)} pictures, {VALIDATION_FRACTION:.0%} of every class "
        f"(seed {seed}).",
    )
