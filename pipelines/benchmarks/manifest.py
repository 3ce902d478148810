"""What millions of pictures cost before and during training, in one run."""

import pathlib
import resource
import sys
import tempfile
import time

import numpy as np
import tensorflow as tf
from PIL import Image

from pipelines.batches.augmentation import AUGMENTATIONS
from pipelines.batches.training_data import Reading
from pipelines.batches.training_data import training_data
from pipelines.data.sources.csv_source import open_csv
from zoo.preprocessing import Preprocessing

SIZES = (10_000, 14_000_000)
# As many as ImageNet-21k has.
_CLASSES = 21_841
# Of a picture's name, with 100 classes enough for 100 million.
_DIGITS = 3
_BATCH = 64
_SIDE = 32
_FAR = 10**6
_WRITTEN = 100_000


def benchmark_manifest(
    sizes: tuple[int, ...] = SIZES, steps: int = 50
) -> list[dict]:
    """Opens manifests of several lengths and trains a little from each.

    The pictures are one file under as many names, so that what is measured
    is the manifest: no disk holds 14 million files for a test.

    Args:
        sizes: How many rows each manifest has, smallest first: memory is
            the highest that the process has had so far.
        steps: How many steps are timed.

    Returns:
        A row a manifest: `examples`, `open_seconds`, `first_batch_seconds`
        (with building the pipeline), `jump_seconds` (to the first batch of
        the millionth step), `step_seconds` (of 64 pictures of 32 pixels) and
        `peak_gib`.
    """
    with tempfile.TemporaryDirectory() as folder:
        return [_measure(pathlib.Path(folder), size, steps) for size in sizes]


def write_rows(folder: pathlib.Path, size: int) -> pathlib.Path:
    """Writes a manifest of names like ImageNet-21k's, and its one picture.

    Args:
        folder: Where to.
        size: How many rows, at least 4.

    Returns:
        The manifest.
    """
    classes = min(_CLASSES, size // 4)
    pixels = np.random.default_rng(0).integers(0, 256, (_SIDE, _SIDE, 3))
    Image.fromarray(pixels.astype("uint8")).save(folder / "picture.jpg")
    # Links to a folder itself give one file as many names as needed.
    for label in range(classes):
        link = folder / f"n{label:08d}"
        if not link.is_symlink():
            link.symlink_to(".")
    manifest = folder / f"{size}.csv"
    with open(manifest, "w", encoding="utf-8") as file:
        file.write("path,label,split\n")
        for start in range(0, size, _WRITTEN):
            rows = range(start, min(start + _WRITTEN, size))
            file.write("".join(_row(i, classes) for i in rows))
    return manifest


def _row(i: int, classes: int) -> str:
    label, number = f"n{i % classes:08d}", i // classes
    split = "val" if number == 1 else "train"
    # The links are the digits of a number.
    digits = ""
    for _ in range(_DIGITS):
        digits += f"n{number % classes:08d}/"
        number //= classes
    return f"{label}/{digits}picture.jpg,{label},{split}\n"


def _measure(folder: pathlib.Path, size: int, steps: int) -> dict:
    manifest = write_rows(folder, size)
    opened, splits = _timed(lambda: open_csv(manifest))
    examples = splits.train
    # Every size reads its files, although few of them would fit in memory.
    vars(examples)["held"] = None
    first, _ = _timed(lambda: next(iter(_batches(examples, 0))))
    far = _batches(examples, _FAR)
    jumped, batches = _timed(lambda: _started(far))
    stepped, _ = _timed(lambda: [next(batches) for _ in range(steps)])
    manifest.unlink()
    return {
        "examples": size,
        "open_seconds": opened,
        "first_batch_seconds": first,
        "jump_seconds": jumped,
        "step_seconds": stepped / steps,
        "peak_gib": _peak_bytes() / 2**30,
    }


def _batches(examples, step: int) -> tf.data.Dataset:
    return training_data(
        examples,
        Preprocessing(_SIDE, crop_fraction=1.0),
        augmentation=AUGMENTATIONS["none"],
        batch_size=_BATCH,
        reading=Reading(first_step=step),
    ).dataset


def _started(dataset):
    batches = iter(dataset)
    next(batches)
    return batches


def _timed(action):
    started = time.perf_counter()
    result = action()
    return time.perf_counter() - started, result


def _peak_bytes() -> int:
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024


def told(row: dict) -> str:
    """Writes a row of what `benchmark_manifest` returns as a line."""
    return (
        f"{row['examples']:12,} pictures: open {row['open_seconds']:.1f} "
        f"s, first batch {row['first_batch_seconds']:.1f} s, jump "
        f"{row['jump_seconds']:.3f} s, step {row['step_seconds']:.4f} s, "
        f"peak {row['peak_gib']:.2f} GiB"
    )
