"""Writing one shard and its index, or finding that it is finished."""

import dataclasses
import hashlib
import io
import os
import pathlib
import zipfile
import zlib
from collections.abc import Iterator
from concurrent import futures

import numpy as np
import tensorflow as tf

from pipelines.data.packing.record_writers import open_writer
from pipelines.data.packing.reencoding import reencode
from pipelines.data.sources.records import TFRECORD
from pipelines.data.sources.shards import KEYS
from zoo.weights.atomic import write_atomically

UNFINISHED = ".unfinished"
_CHUNK = 64


@dataclasses.dataclass(frozen=True)
class Packing:
    """How a data set is packed.

    Args:
        format: `"tfrecord"` or `"arrayrecord"`.
        max_side: Pictures whose longer side is longer, in pixels, are made
            smaller; None leaves all as they are.
        quality: Of the JPEGs that this makes, 1 to 100.
        shard_mb: A shard is closed when it has this many megabytes (1e6).
    """

    format: str = TFRECORD
    max_side: int | None = None
    quality: int = 90
    shard_mb: float = 256


def read_index(path: pathlib.Path) -> dict | None:
    """Reads a shard's index, if both are there whole."""
    try:
        with np.load(index_path(path)) as saved:
            index = dict(saved)
        whole = path.stat().st_size == int(index["bytes"])
    except (OSError, ValueError, KeyError, zipfile.BadZipFile):
        return None
    return index if whole else None


def index_path(path: pathlib.Path) -> pathlib.Path:
    """Returns where the index of a shard is kept until all are joined."""
    return path.with_name(f"{path.name}.npz")


def write_shard(path, examples, start, packing, report) -> dict:
    """Fills a shard from a picture on, and writes its index behind it.

    Args:
        path: Of the shard.
        examples: The pictures.
        start: The first that is written.
        packing: How.
        report: Called with the number of pictures that are packed.

    Returns:
        The index: where each picture is, and what is known of the shard.
    """
    unfinished = path.with_name(path.name + UNFINISHED)
    writer = open_writer(str(unfinished), packing.format)
    rows = []
    for name, picture, label in _pictures(examples, start, packing):
        record = _example(name, picture, label, examples.class_names[label])
        place = writer.write(record)
        crc32 = zlib.crc32(picture)
        rows.append((place, len(picture), label, crc32, os.fsencode(name)))
        if len(rows) % _CHUNK == 0:
            report(start + len(rows))
        if writer.size >= packing.shard_mb * 1e6:
            break
    writer.close()
    with open(unfinished, "rb+") as file:
        os.fsync(file.fileno())
        sha256 = hashlib.file_digest(file, "sha256").hexdigest()
    places, lengths, labels, crc32, names = zip(*rows, strict=True)
    index = {
        "places": np.asarray(places, "int64"),
        "lengths": np.asarray(lengths, "int64"),
        "labels": np.asarray(labels, "int32"),
        "crc32": np.asarray(crc32, "uint32"),
        "names": np.frombuffer(b"".join(names), "uint8"),
        "name_lengths": np.asarray([len(name) for name in names], "int64"),
        "bytes": np.asarray(unfinished.stat().st_size),
        "sha256": np.asarray(sha256),
    }
    os.replace(unfinished, path)
    save_arrays(index_path(path), index)
    return index


def _pictures(examples, start, packing) -> Iterator[tuple[str, bytes, int]]:
    """Yields names, bytes and labels, made smaller where that is asked."""

    def smaller(name, picture):
        if packing.max_side is None:
            return picture
        return reencode(picture, name, packing.max_side, packing.quality)

    with futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        for first in range(start, len(examples), _CHUNK):
            indices = range(first, min(first + _CHUNK, len(examples)))
            names = [examples.names[i] for i in indices]
            pictures = pool.map(smaller, names, examples.encoded([*indices]))
            labels = examples.labels[indices.start : indices.stop].tolist()
            yield from zip(names, pictures, labels, strict=True)


def _example(name: str, picture: bytes, label: int, text: str) -> bytes:
    def of_bytes(value):
        return tf.train.Feature(bytes_list=tf.train.BytesList(value=[value]))

    number = tf.train.Feature(int64_list=tf.train.Int64List(value=[label]))
    features = {
        KEYS.picture.decode(): of_bytes(picture),
        KEYS.label.decode(): number,
        "image/class/text": of_bytes(os.fsencode(text)),
        "image/filename": of_bytes(os.fsencode(name)),
    }
    example = tf.train.Example(features=tf.train.Features(feature=features))
    return example.SerializeToString(deterministic=True)


def save_arrays(path: pathlib.Path, arrays: dict) -> str:
    """Writes arrays and returns the file's sha256."""
    file = io.BytesIO()
    np.savez(file, **arrays)
    write_atomically(path, file.getvalue())
    return hashlib.sha256(file.getvalue()).hexdigest()
