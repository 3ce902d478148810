"""Packing a data set into shards: few large files instead of many small ones.

A shard is written beside its place and renamed; after it comes its index,
which says that the shard is finished. What a killed run left is taken up
after the last finished shard, and `manifest.json`, written at the end, says
that the whole is finished.
"""

import dataclasses
import hashlib
import io
import json
import os
import pathlib
import zipfile
import zlib
from collections.abc import Callable
from collections.abc import Iterator
from concurrent import futures

import numpy as np
import tensorflow as tf

from pipelines.data import protos
from pipelines.data.examples import Examples
from pipelines.data.examples import Splits
from pipelines.data.manifest import TRAIN
from pipelines.data.manifest import VALIDATION
from pipelines.data.records import TFRECORD
from pipelines.data.records import array_record_module
from pipelines.data.reencoding import reencode
from pipelines.data.shards import KEYS
from pipelines.data.shards import MANIFEST
from pipelines.data.shards import VERSION
from zoo.errors import RequestError
from zoo.weights.files import write_atomically

REQUEST = "packing.json"
_UNFINISHED = ".unfinished"
_CHUNK = 64
# Of a TFRECORD: length and its checksum before, a checksum behind.
_HEAD, _TAIL = 12, 4


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


def pack(
    splits: Splits, output, packing: Packing = Packing(), progress=None
) -> dict:
    """Packs a data set, or goes on where a killed run stopped.

    Args:
        splits: What is packed, in its order.
        output: A folder: new, empty, or unfinished by the same request.
        packing: How.
        progress: Called with the numbers of pictures packed and in all.

    Returns:
        What `manifest.json` holds.

    Raises:
        RequestError: The folder holds something else.
        DataError: A picture cannot be read.
    """
    parts = {
        name: examples
        for name, examples in (
            (TRAIN, splits.train),
            (VALIDATION, splits.validation),
        )
        if examples is not None
    }
    folder = pathlib.Path(output)
    request = _request(parts, packing)
    _start(folder, request)
    total, before = sum(map(len, parts.values())), 0
    listed = {}
    for name, examples in parts.items():

        def report(done, before=before):
            if progress:
                progress(before + done, total)

        listed[name] = _pack_part(folder, name, examples, packing, report)
        before += len(examples)
    return _finish(folder, parts, packing, listed)


def _request(parts: dict[str, Examples], packing: Packing) -> dict:
    """Everything that decides what is in the shards."""
    hashed = hashlib.sha256()
    for examples in parts.values():
        hashed.update(np.ascontiguousarray(examples.labels).tobytes())
        for name in examples.names:
            hashed.update(os.fsencode(name) + b"\0")
        hashed.update(json.dumps(examples.class_names).encode())
    counts = {name: len(examples) for name, examples in parts.items()}
    return {
        **dataclasses.asdict(packing),
        "pictures": counts,
        "data": hashed.hexdigest(),
    }


def _start(folder: pathlib.Path, request: dict) -> None:
    """Refuses a folder that is not ours, and clears away half shards."""
    if (folder / MANIFEST).exists():
        raise RequestError(
            f"--output={folder} holds finished shards. Give another folder, "
            "or remove it."
        )
    place = folder / REQUEST
    if not place.exists():
        if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
            raise RequestError(
                f"--output={folder} is there already and was not begun by "
                "this command. Give a new folder."
            )
        folder.mkdir(parents=True, exist_ok=True)
        write_atomically(place, json.dumps(request, indent=1).encode())
    begun = json.loads(place.read_bytes())
    other = sorted(k for k in request if begun.get(k) != request[k])
    if other:
        changes = (f"{k} was {begun.get(k)}, is {request[k]}" for k in other)
        raise RequestError(
            f"--output={folder} was begun by another request: "
            f"{'; '.join(changes)}. Give that one again, or a new folder."
        )
    for each in folder.iterdir():
        if each.suffix == _UNFINISHED or each.name.startswith(".tmp-"):
            each.unlink()


def _pack_part(
    folder: pathlib.Path,
    split: str,
    examples: Examples,
    packing: Packing,
    report: Callable[[int], None],
) -> list[dict]:
    """Writes the shards that are missing; returns all shards' indices."""
    finished, done = [], 0
    while done < len(examples):
        path = folder / f"{split}-{len(finished):05d}.{packing.format}"
        index = _finished(path)
        if index is None:
            index = _write_shard(path, examples, done, packing, report)
        finished.append(index)
        done += len(index["labels"])
        report(done)
    return finished


def _finished(path: pathlib.Path) -> dict | None:
    """Reads a shard's index, if both are there whole."""
    try:
        with np.load(_index_of(path)) as saved:
            index = dict(saved)
        whole = path.stat().st_size == int(index["bytes"])
    except (OSError, ValueError, KeyError, zipfile.BadZipFile):
        return None
    return index if whole else None


def _index_of(path: pathlib.Path) -> pathlib.Path:
    return path.with_name(f"{path.name}.npz")


def _write_shard(path, examples, start, packing, report) -> dict:
    """Fills a shard from a picture on, and writes its index behind it."""
    unfinished = path.with_name(path.name + _UNFINISHED)
    writer = _writer(str(unfinished), packing.format)
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
    _save(_index_of(path), index)
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


def _writer(path: str, kind: str):
    return _TFRecords(path) if kind == TFRECORD else _ArrayRecords(path)


class _TFRecords:
    def __init__(self, path: str):
        self._file = tf.io.TFRecordWriter(path)
        self.size = 0

    def write(self, record: bytes) -> int:
        """Returns where the picture is in the file."""
        first, _ = protos.features(record, 0, len(record))[KEYS.picture]
        self._file.write(record)
        place = self.size + _HEAD + first
        self.size += _HEAD + len(record) + _TAIL
        return place

    def close(self) -> None:
        self._file.close()


class _ArrayRecords:
    def __init__(self, path: str):
        module = array_record_module()
        # Pictures are compressed already, and are read one by one.
        options = "group_size:1,uncompressed"
        self._file = module.ArrayRecordWriter(path, options)
        self._rows = self.size = 0

    def write(self, record: bytes) -> int:
        """Returns the number of the record."""
        self._file.write(record)
        self.size += len(record)
        self._rows += 1
        return self._rows - 1

    def close(self) -> None:
        self._file.close()


def _save(path: pathlib.Path, arrays: dict) -> str:
    """Writes arrays and returns the file's sha256."""
    file = io.BytesIO()
    np.savez(file, **arrays)
    write_atomically(path, file.getvalue())
    return hashlib.sha256(file.getvalue()).hexdigest()


def _finish(folder: pathlib.Path, parts, packing: Packing, listed) -> dict:
    """Joins the indices, writes the list, and removes what led to it."""
    manifest = {
        "version": VERSION,
        "format": packing.format,
        "max_side": packing.max_side,
        "quality": packing.quality if packing.max_side else None,
        "class_names": list(next(iter(parts.values())).class_names),
        "splits": {
            split: _part(folder, split, packing, indices)
            for split, indices in listed.items()
        },
    }
    text = json.dumps(manifest, indent=1) + "\n"
    write_atomically(folder / MANIFEST, text.encode())
    for part in manifest["splits"].values():
        for shard in part["shards"]:
            _index_of(folder / shard["file"]).unlink()
    (folder / REQUEST).unlink()
    return manifest


def _part(folder, split: str, packing: Packing, indices: list[dict]) -> dict:
    counts = [len(index["labels"]) for index in indices]
    joined = {
        name: np.concatenate([index[name] for index in indices])
        for name in ("places", "lengths", "labels", "crc32", "names")
    }
    lengths = np.concatenate([index["name_lengths"] for index in indices])
    joined["ends"] = np.concatenate([[0], np.cumsum(lengths)])
    joined["file_of"] = np.repeat(np.arange(len(counts), dtype="int32"), counts)
    name = f"{split}.index.npz"
    return {
        "examples": sum(counts),
        "index": name,
        "index_sha256": _save(folder / name, joined),
        "shards": [
            {
                "file": f"{split}-{number:05d}.{packing.format}",
                "examples": len(index["labels"]),
                "bytes": int(index["bytes"]),
                "sha256": str(index["sha256"]),
            }
            for number, index in enumerate(indices)
        ],
    }
