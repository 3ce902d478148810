"""Packing a data set into shards: few large files instead of many small ones.

A shard is written beside its place and renamed; after it comes its index,
which says that the shard is finished. What a killed run left is taken up
after the last finished shard, and `manifest.json`, written at the end, says
that the whole is finished.
"""

import dataclasses
import hashlib
import json
import os
import pathlib
from collections.abc import Callable

import numpy as np

from pipelines.data.examples import Examples
from pipelines.data.examples import Splits
from pipelines.data.packing import shard_writing
from pipelines.data.packing.shard_writing import UNFINISHED
from pipelines.data.packing.shard_writing import Packing
from pipelines.data.packing.shard_writing import index_path
from pipelines.data.packing.shard_writing import read_index
from pipelines.data.packing.shard_writing import write_shard
from pipelines.data.sources.layout import TRAIN
from pipelines.data.sources.layout import VALIDATION
from pipelines.data.sources.shards import MANIFEST
from pipelines.data.sources.shards import VERSION
from pipelines.data.sources.shards import hash_of_manifest
from zoo.errors import RequestError
from zoo.weights.atomic import write_atomically

REQUEST = "packing.json"
_AS_IT_IS = Packing()


def pack(
    splits: Splits, output, packing: Packing = _AS_IT_IS, progress=None
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
    if any(examples.several for examples in parts.values()):
        raise RequestError(
            "Shards hold one class a picture, and in this data one may show "
            "several. Train from the table itself."
        )
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
            f"`output={folder}` holds finished shards. Give another folder, "
            "or remove it."
        )
    place = folder / REQUEST
    if not place.exists():
        if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
            raise RequestError(
                f"`output={folder}` is there already and was not begun by "
                "this command. Give a new folder."
            )
        folder.mkdir(parents=True, exist_ok=True)
        write_atomically(place, json.dumps(request, indent=1).encode())
    begun = json.loads(place.read_bytes())
    other = sorted(k for k in request if begun.get(k) != request[k])
    if other:
        changes = (f"{k} was {begun.get(k)}, is {request[k]}" for k in other)
        raise RequestError(
            f"`output={folder}` was begun by another request: "
            f"{'; '.join(changes)}. Give that one again, or a new folder."
        )
    for each in folder.iterdir():
        if each.suffix == UNFINISHED or each.name.startswith(".tmp-"):
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
        index = read_index(path)
        if index is None:
            index = write_shard(path, examples, done, packing, report)
        finished.append(index)
        done += len(index["labels"])
        report(done)
    return finished


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
    manifest["sha256"] = hash_of_manifest(manifest)
    text = json.dumps(manifest, indent=1) + "\n"
    write_atomically(folder / MANIFEST, text.encode())
    for part in manifest["splits"].values():
        for shard in part["shards"]:
            index_path(folder / shard["file"]).unlink()
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
        "index_sha256": shard_writing.save_arrays(folder / name, joined),
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
