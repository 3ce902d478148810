"""Commands that list, convert and time weights."""

import hashlib
import json
import pathlib

import numpy as np
import pytest
import safetensors.numpy

import zoo
from apps import benchmark
from apps import convert
from apps import models
from zoo.weights.files import read_metadata
from zoo.weights.files import variable_names
from zoo.weights.listing import markdown_table

_DOCS = pathlib.Path(__file__).parents[2] / "docs" / "weights.md"


@pytest.fixture(scope="module")
def keras_file(tmp_path_factory):
    """A file that Keras wrote, of a small model of ours."""
    model = zoo.create_model("resnet20", weights="cifar10")
    path = tmp_path_factory.mktemp("weights") / "net.weights.h5"
    model.save_weights(path)
    return model, path


@pytest.mark.parametrize("ending", [".safetensors", ".weights.h5"])
def test_weights_are_converted_with_what_is_known(
    command, keras_file, tmp_path, ending
):
    original, source = keras_file
    output = tmp_path / f"ours{ending}"
    words = (f"--model=resnet20 --weights={source} --output={output}").split()
    answer = command(convert, *words)
    digest = hashlib.sha256(output.read_bytes()).hexdigest()
    assert answer.code == 0 and f"sha256 {digest}" in answer.out
    tensors = len(variable_names(original))
    assert f"{tensors} tensors loaded" in answer.err
    known = read_metadata(output)
    assert known["source"] == "net.weights.h5"
    source_hash = hashlib.sha256(source.read_bytes()).hexdigest()
    assert known["source_sha256"] == source_hash and known["origin"] == "zoo"
    model = zoo.create_model("resnet20", weights=output)
    assert all(
        np.array_equal(mine, theirs)
        for mine, theirs in zip(original.weights, model.weights, strict=True)
    )
    assert zoo.preprocessing(model).image_size == 32


def test_names_and_classes_come_out_of_the_registry(command, tmp_path):
    output = tmp_path / "ours.safetensors"
    words = f"--model=resnet20 --weights=cifar10 --output={output}".split()
    assert command(convert, *words).code == 0
    names = json.loads(read_metadata(output)["class_names"])
    assert names[:2] == ["airplane", "automobile"]
    assert "stem_conv/kernel" in safetensors.numpy.load_file(output)
    again = command(convert, *words)
    assert again.code == 2 and "is there already" in again.err


@pytest.mark.parametrize(
    ("output", "weights", "code", "said"),
    [
        ("ours.h5", "cifar10", 2, "written as .safetensors or .weights.h5"),
        ("no/ours.safetensors", "cifar10", 2, "there is no folder"),
        ("ours.safetensors", "imagenet", 2, "It has: cifar10"),
        ("ours.safetensors", "bad.pth", 4, "is no whole .pth file"),
    ],
)
def test_what_cannot_be_converted_is_said(
    command, tmp_path, monkeypatch, output, weights, code, said
):
    monkeypatch.chdir(tmp_path)
    pathlib.Path("bad.pth").write_bytes(b"what")
    answer = command(
        convert,
        "--model=resnet20",
        f"--weights={weights}",
        f"--output={output}",
    )
    assert answer.code == code and said in answer.err
    assert [path.name for path in tmp_path.iterdir()] == ["bad.pth"]


def test_where_there_is_no_network_the_place_is_named(
    command, tmp_path, monkeypatch
):
    monkeypatch.setenv("ZOO_OFFLINE", "1")
    monkeypatch.setenv("ZOO_CACHE", str(tmp_path))
    words = ["--model=resnet50", "--weights=imagenet", "--output=x.safetensors"]
    answer = command(convert, *words)
    folder = tmp_path / "weights" / "download.pytorch.org" / "models"
    assert answer.code == 2
    assert "https://download.pytorch.org/models/resnet50-11ad3fa6.pth" in (
        answer.err
    )
    assert f"into the folder {folder} as resnet50-11ad3fa6.pth" in answer.err


def test_every_set_of_a_model_is_listed(command, monkeypatch, tmp_path):
    monkeypatch.setenv("ZOO_CACHE", str(tmp_path))
    answer = command(models, "--weights", "--pattern=resnet50*")
    lines = answer.out.splitlines()
    assert answer.code == 0 and len(lines) == 1 + 6 + 1 + 2 + 4
    (row,) = (line for line in lines if "imagenet/torchvision_v2" in line)
    assert row.split()[:8] == [
        *("resnet50", "imagenet/torchvision_v2", "-", "224"),
        *("80.858", "95.434", "-", "BSD-3-Clause"),
    ]
    row = lines[1 + 2].split()
    assert row[:2] == ["resnet50", "imagenet/timm_a1"]
    assert row[3:8] == ["224", "80.382", "94.598", "288", "Apache-2.0"]
    row = command(models, "resnet20", "--weights").out.splitlines()[1]
    assert row.split()[:4] == ["resnet20", "cifar10", "shipped", "32"]
    assert command(models, "--weights", "--pattern=x*").code == 2


def test_a_models_page_says_where_weights_are_from(command):
    answer = command(models, "--name=resnet20")
    assert "weights 'cifar10': top-1 87.05 %, at 32 px" in answer.out
    answer = command(models, "--name=resnet18")
    assert "top-1 71.504 %, at 224 px, timm results-imagenet.csv" in answer.out
    assert "resnet18.a1_in1k, tested at 288 px too, Apache-2.0" in answer.out
    answer = command(models, "--pattern=resnet50")
    assert "imagenet, the best of 6" in answer.out


def test_the_table_in_the_docs_is_the_generated_one(command):
    table = markdown_table()
    assert command(models, "--markdown").out == table
    assert table in _DOCS.read_text(encoding="utf-8")
    rows = table.splitlines()
    assert len({row.count("|") for row in rows}) == 1
    assert sum("`imagenet`" in row for row in rows[2:]) == 48


def test_loading_is_measured(command, tmp_path):
    output = tmp_path / "found.json"
    answer = command(
        *(benchmark, "weights", "--model=resnet18", "--rounds=1"),
        f"--output={output}",
    )
    found = json.loads(output.read_text())
    assert answer.code == 0 and "resnet18 from resnet18.pth, 45 MiB" in (
        answer.out
    )
    assert 0 < found["seconds"] < 60
    assert 44 < found["model_mebibytes"] < found["file_mebibytes"] < 46
