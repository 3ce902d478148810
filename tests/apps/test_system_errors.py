"""What the operating system refuses: one line, exit 74, nothing half there."""

import contextlib
import errno
import importlib
import os
import resource
import subprocess
import sys

import pytest

import zoo
from apps import audit
from apps import models
from apps.command import say
from apps.listening import saving_what_is_reached
from apps.system_errors import as_line
from pipelines import herbarium
from pipelines.data.packing.shard_writing import UNFINISHED
from pipelines.runs.interruption import stop_requests
from pipelines.runs.run_folder import RunFolder

_LONG = "a" * 300
# What every command that writes is given beside where to.
_WORDS = {
    "audit": ["--data={photos}"],
    "benchmark": ["weights"],
    "compare": ["{run}", "{photos}"],
    "convert": ["cifar10", "--model=resnet20"],
    "curves": ["{run}"],
    "doctor": ["machine"],
    "ensemble": ["{run}", "{run}/model.keras", "--data={photos}"],
    "evaluate": ["{photos}", "--model={run}"],
    "features": ["{photos}", "--model={run}"],
    "finetune": ["{photos}", "--model=resnet20", "--weights=cifar10"],
    "pack": ["{photos}"],
    "search": ["{photos}/val/red/0.png", "--index={run}"],
    "train": ["{photos}", "--model=resnet20"],
}


@pytest.fixture
def run(tmp_path):
    """The folder of a model that can be judged."""
    model = zoo.create_model("resnet20", classes=2)
    zoo.set_class_names(model, ("blue", "red"))
    with RunFolder(tmp_path / "run") as folder:
        folder.save_model(model)
    return folder.path


@pytest.fixture
def full_disk():
    """Lets no file grow beyond some bytes, as on a disk that is full."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)

    def limit(size):
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))

    yield limit
    resource.setrlimit(resource.RLIMIT_FSIZE, before)


def _one_line(answer, *words):
    assert answer.code == 74, answer
    line = answer.err.splitlines()[-1]
    assert line.startswith("error: ") and "Traceback" not in answer.err
    assert all(str(word) in line for word in words), answer.err


@pytest.mark.parametrize("name", _WORDS)
def test_a_name_that_is_too_long(command, photos, name, tmp_path):
    module = importlib.import_module(f"apps.{name}")
    words = [
        word.format(photos=photos, run=tmp_path / "run")
        for word in _WORDS[name]
    ]
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "model.keras").touch()
    ending = {"convert": ".safetensors", "features": ".npz"}.get(name, ".png")
    output = tmp_path / f"{_LONG}{ending}"
    answer = command(module, *words, f"--output={output}")
    _one_line(answer, _LONG, "File name too long")


@pytest.mark.parametrize(
    ("name", "output", "size"),
    [
        ("convert", "net.weights.h5", 100_000),
        ("convert", "net.safetensors", 100_000),
        ("pack", "packed", 1000),
        ("features", "table.npz", 4000),
        ("evaluate", "judged", 30),
    ],
)
def test_a_full_disk(command, photos, run, full_disk, name, output, size):
    output = run.parent / output
    module = importlib.import_module(f"apps.{name}")
    words = [word.format(photos=photos, run=run) for word in _WORDS[name]]
    full_disk(size)
    answer = command(module, *words, f"--output={output}")
    full_disk(resource.RLIM_INFINITY)
    _one_line(answer, output, "File too large")
    assert not [
        each
        for each in (output, *output.rglob("*"))
        if each.is_file()
        and each.stat().st_size == size
        and not each.name.endswith(UNFINISHED)
    ]
    assert not list(run.parent.rglob(".tmp-*"))


def test_the_built_in_pictures(full_disk, tmp_path):
    """Pillow takes half a write for a whole one."""
    full_disk(1000)
    with pytest.raises(OSError, match="File too large") as caught:
        herbarium.write(tmp_path / "set", train_per_class=1, val_per_class=1)
    full_disk(resource.RLIM_INFINITY)
    assert as_line(caught.value) == f"{tmp_path / 'set'}: File too large"
    assert not list(tmp_path.iterdir())


def test_a_full_disk_under_an_audit(command, photos, tmp_path, monkeypatch):
    def full(handle):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    output = tmp_path / "found"
    answer = command(audit, f"--data={photos}", f"--output={output}")
    _one_line(answer, output, "No space left on device")
    assert not list(output.iterdir())


def test_there_is_no_home(command, tmp_path, monkeypatch):
    monkeypatch.delenv("ZOO_CACHE", raising=False)

    def nowhere(path):
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.setattr("pathlib.Path.expanduser", nowhere)
    answer = command(
        audit,
        "herbarium",
        f"--output={tmp_path / 'found'}",
    )
    _one_line(answer, "~: There is no home folder; set ZOO_CACHE")


def test_the_output_stream():
    here = os.path.dirname(os.path.dirname(zoo.__file__))

    def listed(**streams):
        return subprocess.Popen(
            [sys.executable, "-m", "apps.models"],
            stderr=subprocess.PIPE,
            cwd=here,
            text=True,
            **streams,
        )

    with open("/dev/full", "w") as full, listed(stdout=full) as process:
        said = process.stderr.read()
    assert process.returncode == 74
    assert said == "error: the standard output: No space left on device\n"
    with listed(stdout=subprocess.PIPE) as process:
        process.stdout.close()
        said = process.stderr.read()
    assert (process.returncode, said) == (141, "")


def test_another_pipe_that_breaks_is_told(command, monkeypatch):
    """Only what is said itself may end a command without a word."""

    def broken(*_):
        raise BrokenPipeError(errno.EPIPE, "Broken pipe")

    monkeypatch.setattr(models, "run", broken)
    answer = command(models)
    _one_line(answer, "Broken pipe")


@contextlib.contextmanager
def unread():
    """Has the standard output be one whose reader has left."""
    reader, writer = os.pipe()
    os.close(reader)
    plain = sys.stdout
    with os.fdopen(writer, "w") as sys.stdout:
        try:
            yield sys.stdout
        finally:
            sys.stdout = plain


def test_a_run_stops_and_saves_where_nobody_reads(capsys):
    with unread() as stream, stop_requests() as stop:
        with saving_what_is_reached():
            say("epoch 1")
            assert stop.name == "SIGTERM"
            # Said to nobody, and no second request, which would end it.
            say("epoch 2")
            print("epoch 3", flush=True)
        assert sys.stdout is stream
    assert capsys.readouterr().err == (
        "warning: nobody reads the output any more: the run stops, and saves "
        "what it has reached\n"
    )


def test_what_is_over_needs_no_saving():
    with unread(), pytest.raises(SystemExit) as ended:
        say("done")
    assert ended.value.code == 141


def test_what_is_said():
    assert as_line(OSError(28, "No space left", "a")) == "a: No space left"
    assert as_line(OSError(18, "Cross", "a", None, "b")) == "a -> b: Cross"
    assert as_line(OSError("as it is")) == "as it is"


def test_no_command_of_a_terminal_is_said(capsys):
    say("größe\x1b[2J一\u202egnp.exe\r\n")
    assert capsys.readouterr().out == (
        "größe\\u001b[2J一\\u202egnp.exe\\u000d\n\n"
    )
