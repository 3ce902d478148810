"""Models that somebody else hands in: one line, and nothing allocated."""

import json
import os
import pathlib
import subprocess
import sys
import zipfile

import h5py
import numpy as np
import pytest
from keras.src.backend.common import global_state

import zoo
from pipelines.evaluation.judging import judge
from pipelines.runs.model_loading import load_model
from zoo.errors import IntegrityError


@pytest.fixture(scope="module")
def saved(tiny, tmp_path_factory):
    path = tmp_path_factory.mktemp("saved") / "model.keras"
    tiny().save(path)
    return path


@pytest.fixture
def rewrite(saved, tmp_path):
    """Writes the model with another configuration, weights or name."""

    def write(change, name="bad.keras", weights=None):
        with zipfile.ZipFile(saved) as archive:
            members = {each: archive.read(each) for each in archive.namelist()}
        config = json.loads(members["config.json"])
        change({entry["name"]: entry for entry in config["config"]["layers"]})
        members["config.json"] = json.dumps(config).encode()
        members["model.weights.h5"] = weights or members["model.weights.h5"]
        with zipfile.ZipFile(tmp_path / name, "w") as archive:
            for each, data in members.items():
                archive.writestr(each, data)
        return tmp_path / name

    return write


def _scaling(**changes):
    def change(layers):
        layers["preprocessing"]["config"]["preprocessing"] |= changes

    return change


def _layer(name, **changes):
    return lambda layers: layers[name]["config"].update(changes)


def _as_function(name):
    def change(layers):
        layers[name].update(
            module="builtins", class_name="eval", registered_name=None
        )

    return change


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (_layer("head_logits", units=1 << 24), "'units' is 16,777,216, and no"),
        (
            _layer("head_logits", units=3, class_names=None),
            "describes .* numbers in",
        ),
        (_layer("head_logits", class_names=["a", "a"]), "called 'a'"),
        (_layer("head_logits", class_names=["a"]), "expected 2 names"),
        (_layer("head_logits", class_names=[1, 2]), "is no text"),
        (_layer("stem_conv", kernel_size=[1 << 40, 3]), "'kernel_size' is"),
        (_layer("stem_conv", filters=-3), "filters"),
        (_layer("stem_conv", unheard_of=1), "unheard_of"),
        (_scaling(mean=[float("nan")] * 3), "'mean' is nan"),
        (_scaling(std=[0, 1, 1]), "no std is 0"),
        (_scaling(image_size=1.5), "whole number of pixels"),
        (_scaling(image_size=16385), "'image_size' is 16,385"),
        (_as_function("stem_conv"), "eval"),
        (lambda layers: layers.pop("stem_conv").clear(), "made by this"),
    ],
)
def test_what_a_file_says_of_itself_is_checked(rewrite, change, reason):
    path = rewrite(change)
    with pytest.raises(IntegrityError, match=reason) as caught:
        load_model(path)
    assert str(path) in str(caught.value) and "\n" not in str(caught.value)


def test_a_refused_model_is_not_allocated_later(rewrite):
    with pytest.raises(IntegrityError):
        load_model(rewrite(_layer("head_logits", units=3, class_names=None)))
    # Keras allocates what is left in here when it next allocates anything.
    assert not global_state.get_global_attribute("uninitialized_variables")


def test_weights_that_are_no_numbers(tiny, tmp_path, noise):
    model = tiny()
    kernel = model.get_layer("head_logits").kernel
    kernel.assign(np.full(kernel.shape, np.nan))
    model.save(tmp_path / "nan.keras")
    with pytest.raises(IntegrityError, match="head_logits/kernel"):
        load_model(tmp_path / "nan.keras")
    zoo.save_weights(model, tmp_path / "nan.safetensors")
    other = tiny()
    before = other.get_weights()
    with pytest.raises(IntegrityError, match="no finite numbers: head_logits"):
        zoo.load_weights(other, tmp_path / "nan.safetensors")
    assert all(map(np.array_equal, before, other.get_weights()))


def test_answers_that_are_no_numbers(tiny, picture_folder, tmp_path):
    model = tiny(("blue", "green", "red"))
    kernel = model.get_layer("head_logits").kernel
    kernel.assign(np.full(kernel.shape, np.inf))
    with pytest.raises(IntegrityError, match=r"answers .* with NaN or inf"):
        judge(model, str(picture_folder), tmp_path / "judged", batch_size=4)
    assert not (tmp_path / "judged").exists()


_LOAD = """
import sys, time
import keras
from pipelines.runs.model_loading import load_model
def peak():
    with open("/proc/self/status") as file:
        status = dict(line.split(":", 1) for line in file)
    return int(status["VmHWM"].split()[0]) // 1024
keras.Sequential([keras.Input((4,)), keras.layers.Dense(2)])
for path in sys.argv[1:]:
    start, began = peak(), time.process_time()
    try:
        load_model(path)
    except ValueError as error:
        said = f"{type(error).__name__} {error}"
    else:
        said = "loaded"
    print(peak() - start, time.process_time() - began, said, sep="\\t")
"""


@pytest.mark.skipif(
    not pathlib.Path("/proc/self/status").exists(), reason="Linux only"
)
def test_they_cost_little(rewrite, tmp_path):
    same = lambda layers: None  # noqa: E731
    units = _layer("head_logits", units=1 << 24)
    with h5py.File(tmp_path / "x.h5", "w") as file:
        file.create_dataset("layers/dense/vars/0", (950_000_000,), "f4")
    shape = (tmp_path / "x.h5").read_bytes()
    paths = [rewrite(units, "units.keras"), rewrite(same, "h5.keras", shape)]
    for name, data in {
        "page.keras": b"<!DOCTYPE html>",
        "empty.keras": b"",
        "old.h5": shape,
        "cut.keras": rewrite(same).read_bytes()[:-100],
    }.items():
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
    assert len(lines) == len(paths)
    for path, line in zip(paths, lines, strict=True):
        cost, seconds, said = line.split("\t")
        assert int(cost) <= 64 and float(seconds) <= 1, (path, line)
        assert said.startswith("IntegrityError ") and str(path) in said
