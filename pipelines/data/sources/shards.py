"""A folder of shards, as `pipelines.data.packing.packing` writes it.

    manifest.json        the format, the class names, and for every split its
                         shards with their sizes and sha256
    train-00000.tfrecord examples with the usual names: image/encoded,
                         image/class/label, image/class/text, image/filename
    train.index.npz      where every picture is, and its label, name and crc32

Any reader of `tf.train.Example` can read the shards; the index makes every
picture reachable at once. A bit that changes is found when it is read.
"""

import hashlib
import io
import json
import pathlib

import numpy as np

from pipelines.data.examples import Examples
from pipelines.data.examples import Splits
from pipelines.data.holding_out import hold_out
from pipelines.data.names import Packed
from pipelines.data.names import Paths
from pipelines.data.sources.layout import TRAIN
from pipelines.data.sources.layout import VALIDATION_PARTS
from pipelines.data.sources.layout import no_part
from pipelines.data.sources.records import ARRAY_RECORD
from pipelines.data.sources.records import TFRECORD
from pipelines.data.sources.records import Index
from pipelines.data.sources.records import Keys
from pipelines.data.sources.records import RecordFiles
from zoo.errors import DataError

MANIFEST = "manifest.json"
VERSION = 1
KEYS = Keys(b"image/encoded", b"image/class/label")
FORMATS = (TFRECORD, ARRAY_RECORD)


def is_shards(folder) -> bool:
    """Says whether a folder holds finished shards."""
    folder = pathlib.Path(folder)
    # Other tools call their lists that, too.
    return (folder / MANIFEST).is_file() and any(folder.glob("*.index.npz"))


def open_shards(folder, *, seed: int | None = 0, progress=None) -> Splits:
    """Opens a folder of shards.

    Args:
        folder: What `pipelines.data.packing.packing.pack` wrote.
        seed: Decides what is held out where only one part was packed.
        progress: Called with numbers done and in all, where that is decided.

    Raises:
        DataError: It is damaged or incomplete; names the file.
    """
    folder = pathlib.Path(folder)
    parts = read_manifest(folder)["splits"]
    held_out = next((name for name in VALIDATION_PARTS if name in parts), None)
    if TRAIN not in parts:
        return Splits(None, _part(folder, held_out))
    if held_out is None:
        return hold_out(_part(folder, TRAIN), folder, seed, progress=progress)
    return Splits(_part(folder, TRAIN), _part(folder, held_out))


def open_whole_shards(folder, *, part: str | None = None) -> Examples:
    """Opens the part to be judged by, else all pictures.

    Args:
        folder: What `pipelines.data.packing.packing.pack` wrote.
        part: `"train"`, `"val"` or `"test"` for that part alone.

    Raises:
        RequestError: There is no such part.
        DataError: It is damaged or incomplete; names the file.
    """
    parts = read_manifest(folder)["splits"]
    if part:
        if part not in parts:
            raise no_part(folder, part, parts)
        return _part(folder, part)
    names = (*VALIDATION_PARTS, TRAIN)
    return _part(folder, next(name for name in names if name in parts))


def read_manifest(folder) -> dict:
    """Reads and checks the list of the shards.

    Raises:
        DataError: It cannot be understood.
    """
    path = pathlib.Path(folder) / MANIFEST
    try:
        manifest = json.loads(path.read_bytes())
        known = (
            manifest["version"] == VERSION
            and manifest["format"] in FORMATS
            and {TRAIN, *VALIDATION_PARTS} & set(manifest["splits"])
            and all(isinstance(each, str) for each in manifest["class_names"])
        )
    except (ValueError, KeyError, TypeError) as error:
        raise DataError(
            f"{path} is no list of shards ({error!r}). Pack the data anew."
        ) from error
    if not known:
        raise DataError(
            f"{path} was written by another version (expected {VERSION}), or "
            "lists nothing. Pack the data anew."
        )
    return manifest


def _part(folder, split: str) -> Examples:
    folder = pathlib.Path(folder)
    manifest = read_manifest(folder)
    part = manifest["splits"][split]
    files = tuple(str(_shard(folder, each)) for each in part["shards"])
    saved = _index(folder, part)
    index = Index(saved["places"], saved["lengths"], saved["labels"])
    records = RecordFiles(
        files,
        manifest["format"],
        saved["file_of"],
        index,
        KEYS.picture,
        saved["crc32"],
    )
    packed = Packed(saved["names"], saved["ends"])
    return Examples(
        Paths(packed),
        index.labels,
        tuple(manifest["class_names"]),
        records.encoded,
    )


def _shard(folder: pathlib.Path, entry: dict) -> pathlib.Path:
    path = folder / pathlib.Path(entry["file"]).name
    size = path.stat().st_size if path.is_file() else None
    if size != entry["bytes"]:
        raise DataError(
            f"{path} is not the shard that was packed: expected "
            f"{entry['bytes']} bytes, received "
            f"{'no file' if size is None else size}. Copy it again."
        )
    return path


def _index(folder: pathlib.Path, part: dict):
    path = folder / pathlib.Path(part["index"]).name
    data = path.read_bytes() if path.is_file() else b""
    if hashlib.sha256(data).hexdigest() != part["index_sha256"]:
        raise DataError(
            f"{path} is damaged: expected sha256 {part['index_sha256']}. Copy "
            "it again, or pack the data anew."
        )
    return dict(np.load(io.BytesIO(data)))
