"""A folder of shards, as `pipelines.data.packing.packing` writes it.

    manifest.json        the format, the class names, and for every split its
                         shards with their sizes and sha256; its own sha256
    train-00000.tfrecord examples with the usual names: image/encoded,
                         image/class/label, image/class/text, image/filename
    train.index.npz      where every picture is, and its label, name and crc32

Any reader of `tf.train.Example` can read the shards; the index makes every
picture reachable at once. All of a part is hashed when it is opened, once a
process; a bit that changes later is found when its picture is read.
"""

import hashlib
import io
import json
import pathlib
from concurrent import futures

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
from pipelines.waiting.work import work
from zoo.errors import DataError
from zoo.errors import IntegrityError

MANIFEST = "manifest.json"
VERSION = 1
KEYS = Keys(b"image/encoded", b"image/class/label")
FORMATS = (TFRECORD, ARRAY_RECORD)
_READERS = 4
# Path, size and time of the shards that this process has hashed, and their
# hashes.
_found_whole: set[tuple] = set()


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
        DataError: It is incomplete; names the file.
        IntegrityError: A file's bytes are not those that were packed; the same.
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
        DataError: It is incomplete; names the file.
        IntegrityError: A file's bytes are not those that were packed; the same.
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
        IntegrityError: It is not what was written, a class was renamed in it.
    """
    path = pathlib.Path(folder) / MANIFEST
    try:
        manifest = json.loads(path.read_bytes())
        known = (
            manifest["version"] == VERSION
            and manifest["format"] in FORMATS
            and {TRAIN, *VALIDATION_PARTS} & set(manifest["splits"])
            and all(isinstance(each, str) for each in manifest["class_names"])
            and all(map(_is_whole_entry, manifest["splits"].values()))
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
    # Lists of before have none.
    expected = manifest.pop("sha256", None)
    if expected and hash_of_manifest(manifest) != expected:
        raise _changed(path, expected, hash_of_manifest(manifest))
    return manifest


def _is_whole_entry(part: dict) -> bool:
    facts = [("file", str), ("bytes", int), ("sha256", str)]
    return isinstance(part["index"] + part["index_sha256"], str) and all(
        isinstance(shard[name], kind)
        for shard in part["shards"]
        for name, kind in facts
    )


def hash_of_manifest(manifest: dict) -> str:
    """Returns the sha256 of what a list of shards says, its own left out."""
    text = json.dumps(manifest, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def _part(folder, split: str) -> Examples:
    folder = pathlib.Path(folder)
    manifest = read_manifest(folder)
    part = manifest["splits"][split]
    files = _whole_shards(folder, part["shards"])
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


def _whole_shards(folder: pathlib.Path, shards: list[dict]) -> tuple[str, ...]:
    paths = [_shard(folder, each) for each in shards]
    expected = [each["sha256"] for each in shards]
    with (
        work("checking the shards", "shard") as piece,
        futures.ThreadPoolExecutor(_READERS) as pool,
    ):
        checks = pool.map(_check_bytes, paths, expected)
        for done, _ in enumerate(checks, start=1):
            piece.count(done, len(paths))
    return tuple(map(str, paths))


def _check_bytes(path: pathlib.Path, expected: str) -> None:
    status = path.stat()
    facts = (str(path), status.st_size, status.st_mtime_ns, expected)
    if facts in _found_whole:
        return
    with open(path, "rb") as file:
        found = hashlib.file_digest(file, "sha256").hexdigest()
    if found != expected:
        raise _changed(path, expected, found)
    _found_whole.add(facts)


def _changed(path: pathlib.Path, expected: str, found: str) -> IntegrityError:
    return IntegrityError(
        f"{path} is not what was packed: expected sha256 {expected}, received "
        f"{found}. Copy it again, or pack the data anew."
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
    found = hashlib.sha256(data).hexdigest()
    if found != part["index_sha256"]:
        raise _changed(path, part["index_sha256"], found)
    return dict(np.load(io.BytesIO(data)))
