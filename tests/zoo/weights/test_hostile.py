"""Bad files given to a model: refused, named, and nothing has changed."""

import json
import os
import pathlib
import subprocess
import sys
import zipfile

import h5py
import numpy as np
import pytest
import safetensors.numpy

import zoo

_LOAD = """
import sys
import numpy as np
import zoo
from zoo.weights.files import variable_names

def peak():
    # Not by getrusage, which knows the peak of the parent as well.
    with open("/proc/self/status") as file:
        status = dict(line.split(":", 1) for line in file)
    return int(status["VmHWM"].split()[0]) // 1024

model = zoo.create_model("resnet20")
variables = variable_names(model)
before = {name: np.array(variable) for name, variable in variables.items()}
for path in sys.argv[1:]:
    start = peak()
    for use in (
        lambda: zoo.load_weights(model, path),
        lambda: zoo.create_model("resnet20", weights=path),
    ):
        try:
            use()
        except ValueError as error:
            said = f"{type(error).__name__} {error}"
        else:
            said = "loaded"
    same = all(
        np.array_equal(before[name], variable)
        for name, variable in variables.items()
    )
    print(peak() - start, same, said, sep="\\t")
"""


def _files(folder, by_hand):
    """Yields files of every kind that lie about what they hold."""
    good = folder / "good.safetensors"
    tensors = {"stem_conv/kernel": np.ones((3, 3, 3, 16), "float32")}
    safetensors.numpy.save_file(tensors, good)
    whole = good.read_bytes()
    yield "cut.safetensors", whole[:-7]
    yield "empty.safetensors", b""
    yield "page.safetensors", b"<!DOCTYPE html><html>404</html>"
    header = json.dumps(
        {"a": {"dtype": "F32", "shape": [1 << 30], "data_offsets": [0, 8]}}
    ).encode()
    size = len(header).to_bytes(8, "little")
    yield "lies.safetensors", size + header + bytes(8)
    yield "huge.safetensors", (1 << 40).to_bytes(8, "little") + b"{}"
    bomb = by_hand.dict(
        a=by_hand.tensor(by_hand.storage("0", 20 << 20), 0, (1,), (1,))
    )
    path = by_hand.zip(
        folder / "x", bomb, {"0": bytes(80 << 20)}, packed=("data/0",)
    )
    yield "bomb.pth", path.read_bytes()
    program = by_hand.name("os", "system") + b"(X\x02\0\0\0lstR"
    path = by_hand.zip(folder / "x", by_hand.dict(a=program))
    yield "program.pth", path.read_bytes()
    with h5py.File(folder / "x.h5", "w") as file:
        file.create_dataset("layers/dense/vars/0", (950_000_000,), "f4")
    shape = (folder / "x.h5").read_bytes()
    yield "shape.weights.h5", shape
    with h5py.File(folder / "x.h5", "w") as file:
        # Under what a file for this model may take, were it not so small.
        file.create_dataset(
            "layers/stem_conv/vars/0",
            data=np.zeros(20 << 20, "float32"),
            chunks=(1 << 20,),
            compression="gzip",
        )
    yield "packed.weights.h5", (folder / "x.h5").read_bytes()
    with zipfile.ZipFile(folder / "x.keras", "w") as archive:
        archive.writestr("config.json", bytes(80 << 20), 8)
        archive.writestr("model.weights.h5", shape)
    yield "config.keras", (folder / "x.keras").read_bytes()


@pytest.mark.skipif(
    not pathlib.Path("/proc/self/status").exists(), reason="Linux only"
)
def test_they_cost_little_and_leave_the_model_as_it_was(by_hand, tmp_path):
    paths = []
    for name, data in _files(tmp_path, by_hand):
        paths.append(tmp_path / name)
        paths[-1].write_bytes(data)
    answer = subprocess.run(
        [sys.executable, "-c", _LOAD, *map(str, paths)],
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
        cwd=pathlib.Path(zoo.__file__).parent.parent,
        env={**os.environ, "CUDA_VISIBLE_DEVICES": "-1"},
    )
    lines = answer.stdout.splitlines()
    assert len(lines) == len(paths) == 10
    for path, line in zip(paths, lines, strict=True):
        cost, same, said = line.split("\t")
        assert int(cost) <= 64 and same == "True", (path, line)
        assert said.startswith("IntegrityError ") and str(path) in said
        assert said.isprintable()


def test_a_configuration_with_a_program_in_it_is_only_text(tiny, tmp_path):
    """What Keras would build from it, this zoo does not build."""
    model = tiny("resnet_cifar", classes=3)
    path = tmp_path / "net.keras"
    model.save(path)
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    config = json.loads(members["config.json"])
    config["config"]["layers"].append(
        {
            "module": "keras.layers",
            "class_name": "Lambda",
            "config": {"function": {"class_name": "__lambda__", "config": 1}},
            "registered_name": None,
        }
    )
    config["module"] = "os"
    members["config.json"] = json.dumps(config).encode()
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    other = tiny("resnet_cifar", weights=path)
    assert other.output_shape == (None, 3)
    assert all(
        np.array_equal(mine, theirs)
        for mine, theirs in zip(model.weights, other.weights, strict=True)
    )
