"""`apps.doctor`: lines, a file and an exit code."""

import json

import pytest

from apps import doctor
from pipelines.doctor import examination
from pipelines.doctor import faults
from pipelines.doctor.findings import Finding


@pytest.fixture
def trials(monkeypatch):
    """Stands for the checks that train; returns what was asked of them."""
    asked = []

    def model(*options):
        asked.append(options)
        return Finding("model", "fits")

    monkeypatch.setattr(examination, "check_model", model)
    for name in ("devices", "finite"):
        monkeypatch.setattr(
            examination, f"check_{name}", lambda name=name: Finding(name, "…")
        )
    monkeypatch.setattr(
        examination, "check_disk", lambda folder: Finding("disk", folder)
    )
    return asked


def test_all_is_well(command, trials, tmp_path):
    output = tmp_path / "found.json"
    answer = command(doctor, f"--output={output}", "--runs=there")
    assert answer.code == 0, answer
    lines = answer.out.splitlines()
    assert len(lines) == 8 and lines[-1] == "all is well"
    assert all(line.startswith("ok ") for line in lines[:-1])
    assert "ok      disk         there" in lines
    assert trials == []
    found = json.loads(output.read_text())["findings"]
    assert [each["ok"] for each in found] == [True] * 7
    assert command(doctor, f"--output={output}").code == 2


def test_a_model_with_its_own_size_and_an_epoch(command, trials, photos):
    answer = command(
        doctor,
        "machine",
        "--model=resnet20",
        "--global_batch_size=4",
        "--precision=float32",
        f"--data={photos}",
    )
    assert answer.code == 0, answer
    assert trials == [("resnet20", 32, 4, "float32", 24)]


def test_a_check_that_failed(command, trials, monkeypatch):
    full = Finding("disk", "full", ok=False)
    monkeypatch.setattr(examination, "check_disk", lambda folder: full)
    answer = command(doctor)
    assert answer.code == 1
    assert "FAILED  disk         full" in answer.out
    assert answer.out.splitlines()[-1] == "failed: disk"


@pytest.mark.parametrize("ok", [True, False])
def test_killing_a_run(command, monkeypatch, tmp_path, ok):
    asked = []

    def kill(settings, runs, kills, *, progress, say):
        asked.extend([settings, runs, kills])
        progress(1, 2)
        found = Finding("kills", "killed", ok, {"seconds": 1.0})
        say(str(found))
        return [found]

    monkeypatch.setattr(faults, "check_kills", kill)
    output = tmp_path / "found.json"
    answer = command(
        doctor,
        "faults",
        "--runs=there",
        "--kills=2",
        "--settings=float16,folds",
        f"--output={output}",
    )
    assert answer.code == (0 if ok else 1)
    assert asked == [("float16", "folds"), "there", 2]
    state, end = ("ok", "all is well") if ok else ("FAILED", "failed: kills")
    assert answer.out.splitlines() == [f"{state:7} kills        killed", end]
    (found,) = json.loads(output.read_text())["findings"]
    assert found["values"] == {"seconds": 1.0}


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["nurse"], "`subject` is one of machine, faults. Received: nurse"),
        (["faults", "--kills=0"], "--kills lies in 1…10000. Received: 0"),
        (["faults", "--settings=float17"], "--settings: there is no float17."),
        (["faults", "--settings="], "--settings names no kind of run. All: mi"),
        (["--data=photos"], "--data has no meaning without --model"),
        (["--precision=float32"], "--precision has no meaning without --model"),
        (["--kills=3"], "--kills is for `subject=faults`, not for machine"),
        (["faults", "--model=resnet20"], "not for faults. Leave it out."),
        (["--model=resnet21"], "resnet20"),
    ],
)
def test_wrong_requests(command, trials, monkeypatch, words, message):
    monkeypatch.setattr(
        "apps.command.start_tensorflow", lambda: pytest.fail("too late")
    )
    answer = command(doctor, *words)
    assert answer.code == 2
    assert message in answer.err and len(answer.err.splitlines()) == 1
