"""The commands export and quantize, and what they refuse."""

import json
import resource

import pytest

import zoo
from apps import export
from apps import quantize
from pipelines.export import formats

_EXPORT = ("--model=alexnet_cifar", "--weights=cifar10")


def test_a_model_is_exported(command, tmp_path):
    output = tmp_path / "net"
    answer = command(
        export, *_EXPORT, "--format=savedmodel", f"--output={output}"
    )
    assert answer.code == 0, answer.err
    assert f"{output}/alexnet_cifar/1" in answer.out and "differs" in answer.out
    check = json.loads((output / "check.json").read_text())
    assert check["pictures"] == 6 and check["pictures_of"] == "drawn"


def test_weights_are_written_and_read_back(command, tmp_path):
    first, second = tmp_path / "first", tmp_path / "second"
    answer = command(export, *_EXPORT, "--format=hub", f"--output={first}")
    assert answer.code == 0 and "at most 0 of" in answer.out, answer
    answer = command(
        *(export, "--model=alexnet_cifar", f"--weights={first}"),
        *("--format=hub", f"--output={second}"),
    )
    assert answer.code == 0, answer.err
    assert (second / "config.json").read_bytes() == (
        first / "config.json"
    ).read_bytes()


@pytest.mark.parametrize(
    ("module", "words", "said"),
    [
        (export, ("--format=pmml",), "--format is one of savedmodel, litert"),
        (export, (), "--format is missing"),
        (
            export,
            ("--format=savedmodel", "--precision=float16"),
            "written in float32. float16 is for: litert, openvino",
        ),
        (
            export,
            ("--format=savedmodel", "--data=nowhere"),
            "no folder nowhere",
        ),
        (
            export,
            ("--format=hub", "--answer=probabilities"),
            "--answer=probabilities is of programs",
        ),
        (quantize, ("--format=hub", "photos"), "--format is one of"),
        (quantize, ("--format=savedmodel", "photos"), "--format is one of"),
        (quantize, ("--format=litert",), "--data is missing"),
    ],
)
def test_wrong_words(command, tmp_path, module, words, said):
    answer = command(module, *_EXPORT, *words, f"--output={tmp_path / 'net'}")
    assert answer.code == 2 and said in answer.err, answer.err
    assert not list(tmp_path.iterdir())


def test_an_untrained_network_is_refused(command, tmp_path):
    answer = command(
        *(export, "--model=resnet20", "--format=savedmodel"),
        f"--output={tmp_path / 'net'}",
    )
    assert answer.code == 2 and "untrained" in answer.err


def test_nothing_is_written_over(command, tmp_path):
    (tmp_path / "net").mkdir()
    answer = command(
        *(export, *_EXPORT, "--format=savedmodel"),
        f"--output={tmp_path / 'net'}",
    )
    assert answer.code == 2 and "is there already" in answer.err


def test_a_missing_package_is_named(command, tmp_path, monkeypatch):
    monkeypatch.setattr(formats.importlib.util, "find_spec", lambda _: None)
    answer = command(
        *(export, *_EXPORT, "--format=onnx", f"--output={tmp_path / 'net'}"),
    )
    assert answer.code == 2
    assert "needs tf2onnx, onnx, onnxruntime" in answer.err
    assert "pip install 'ai-edge-litert>=" in answer.err


def test_a_full_disk(command, tmp_path):
    """No file may grow beyond some bytes; the weights do."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, before[1]))
    try:
        answer = command(
            *(export, *_EXPORT, "--format=savedmodel"),
            f"--output={tmp_path / 'net'}",
        )
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert answer.code == 74, answer
    assert f"{tmp_path / 'net'}" in answer.err
    assert "Traceback" not in answer.err
    assert not list(tmp_path.iterdir())


def test_too_few_pictures_judge(command, photos, tmp_path, monkeypatch):
    model = zoo.create_model("alexnet_cifar", classes=2)
    zoo.set_class_names(model, ("blue", "red"))
    model.save(tmp_path / "net.keras")
    monkeypatch.setattr(formats.importlib.util, "find_spec", lambda _: True)
    answer = command(
        *(quantize, photos, f"--model={tmp_path / 'net.keras'}"),
        *("--format=litert", f"--output={tmp_path / 'eight'}"),
    )
    assert answer.code == 3 and "8 pictures judge" in answer.err
    assert "--fewest" in answer.err and not (tmp_path / "eight").exists()
