"""What a file is, is seen from its content; what it costs is bounded."""

import io
import json
import pathlib
import subprocess
import sys
import tarfile
import zipfile

import h5py
import numpy as np
import pytest
import safetensors.numpy

import zoo
from zoo.errors import IntegrityError
from zoo.errors import RequestError
from zoo.weights import read_weights
from zoo.weights import reading


def _tar():
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w") as archive:
        archive.addfile(tarfile.TarInfo("storages"))
    return stream.getvalue()


def _zip():
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("readme.txt", "hello")
    return stream.getvalue()


LOOKS = {
    "empty": b"",
    "web page": b"\n<!DOCTYPE html><html><title>404</title></html>",
    "Git LFS pointer": b"version https://git-lfs.github.com/spec/v1\noid sha",
    "like text": b"these are no weights\n",
    "JSON": json.dumps({"weights": [1, 2]}).encode(),
    "NumPy": b"\x93NUMPY\x01\0",
    "PNG": b"\x89PNG\r\n\x1a\n",
    "tar archive": _tar(),
    "zip archive without weights": _zip(),
    "gzip": b"\x1f\x8b\x08",
    "nothing that is known": b"\x01\x02\x03" * 100,
}


@pytest.mark.parametrize("look", LOOKS)
def test_other_files_are_said_to_look_like_what_they_are(tmp_path, look):
    for suffix, error in (
        (".pth", IntegrityError),
        (".safetensors", IntegrityError),
        (".txt", RequestError),
    ):
        path = tmp_path / f"w{suffix}"
        path.write_bytes(LOOKS[look])
        with pytest.raises(error, match=look) as caught:
            reading.read(path)
        assert str(path) in str(caught.value)


def test_missing_files_and_folders(tmp_path):
    for path in (tmp_path, tmp_path / "missing.pth"):
        with pytest.raises(RequestError, match="There is no weight file"):
            reading.read(path)


def test_the_name_does_not_matter(by_hand, tmp_path):
    values = np.arange(3, dtype="float32")
    files = [tmp_path / f"{number}.bin" for number in range(4)]
    safetensors.numpy.save_file({"a": values}, files[0])
    with h5py.File(files[1], "w") as file:
        file["a"] = values
    tensor = by_hand.tensor(by_hand.storage("0", 3), 0, (3,), (1,))
    storages = {"0": values.tobytes()}
    by_hand.zip(files[2], by_hand.dict(a=tensor), storages)
    by_hand.legacy(files[3], by_hand.dict(a=tensor), storages)
    for path in files:
        found = reading.read(path, expected_bytes=12)
        assert list(found) == ["a"] and np.array_equal(found["a"], values)
        assert np.array_equal(read_weights(path)["a"], values)
        with pytest.raises(IntegrityError, match="expected at most"):
            reading.read(path, expected_bytes=11)


def test_every_cut_and_many_flips_are_one_kind_of_error(by_hand, tmp_path):
    tensor = by_hand.tensor(by_hand.storage("0", 3), 0, (3,), (1,))
    storages = {"0": bytes(12)}
    path = by_hand.zip(tmp_path / "a.pth", by_hand.dict(a=tensor), storages)
    other = by_hand.legacy(tmp_path / "b.pth", by_hand.dict(a=tensor), storages)
    third = tmp_path / "c.safetensors"
    safetensors.numpy.save_file({"a": np.zeros(3)}, third)
    generator = np.random.default_rng(0)
    for file in (path, other, third):
        whole = file.read_bytes()
        for _ in range(200):
            data = bytearray(whole)
            data[generator.integers(len(data))] ^= 1 << generator.integers(8)
            file.write_bytes(data)
            try:
                found = reading.read(file)
            except IntegrityError as error:
                assert str(error).isprintable()
            else:
                assert all(values.size == 3 for values in found.values())


# Without the packages around it, which take longer to load than the rest.
_COSTS = """
import sys, types
for name in ("zoo", "zoo.weights"):
    package = types.ModuleType(name)
    package.__path__ = [f"{sys.argv[1]}/{name.replace('.', '/')}"]
    sys.modules[name] = package
from zoo.weights import reading
def peak():
    # Not by getrusage, which knows the peak of the parent as well.
    with open("/proc/self/status") as file:
        status = dict(line.split(":", 1) for line in file)
    return int(status["VmHWM"].split()[0]) // 1024
for path in sys.argv[2:]:
    before = peak()
    try:
        tensors = reading.read(path)
        kept = sum(values.nbytes for values in tensors.values()) >> 20
        del tensors
    except ValueError as error:
        kept = 0
    print(peak() - before - kept)
"""


@pytest.mark.skipif(
    not pathlib.Path("/proc/self/status").exists(), reason="Linux only"
)
def test_memory_is_bounded(by_hand, tmp_path):
    memo = by_hand.zip(tmp_path / "memo.pth", b"]r\xff\xff\xff\x7f")
    packed = by_hand.zip(
        tmp_path / "packed.pth",
        by_hand.dict(
            a=by_hand.tensor(by_hand.storage("0", 50 << 20), 0, (1,), (1,))
        ),
        {"0": bytes(200 << 20)},
        packed=("data/0",),
    )
    shape = tmp_path / "shape.weights.h5"
    with h5py.File(shape, "w") as file:
        file.create_dataset("layers/dense/vars/0", (950_000_000,), "f4")
    config = tmp_path / "config.keras"
    with zipfile.ZipFile(config, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("config.json", bytes(100 << 20))
        archive.writestr("model.weights.h5", shape.read_bytes(), 0)
    count = 24 << 20
    good = by_hand.zip(
        tmp_path / "good.pth",
        by_hand.dict(
            a=by_hand.tensor(
                by_hand.storage("0", count, "BFloat16"), 0, (count,), (1,)
            )
        ),
        {"0": bytes(2 * count)},
    )
    root = pathlib.Path(zoo.__file__).parent.parent
    files = (memo, packed, shape, config, good)
    answer = subprocess.run(
        [sys.executable, "-c", _COSTS, str(root), *map(str, files)],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    costs = dict(zip(files, map(int, answer.stdout.split()), strict=True))
    assert max(costs.values()) <= 64, costs
