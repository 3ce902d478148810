"""Trials in processes of their own, and what is made of their answers."""

import json
import math
import subprocess
import sys
import time

import pytest
import tensorflow as tf

from pipelines.doctor import probe
from pipelines.doctor import trials
from pipelines.doctor.trials import check_devices
from pipelines.doctor.trials import check_finite
from pipelines.doctor.trials import check_model
from zoo.errors import RequestError

MODEL = ("resnet20", 32, 64, "float32")


def test_two_devices_for_real(monkeypatch):
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    found = check_devices()
    assert found.ok, found.text
    assert found.values["devices"] == 2 and found.values["kind"] == "CPU"
    assert len(found.values["one"]) == len(found.values["several"]) == 4
    assert found.values["apart"] < 1e-5


def test_real_steps_of_a_model(monkeypatch, tmp_path):
    monkeypatch.setattr(probe, "_PRIORITY", tmp_path / "none")
    found = probe.try_model("resnet20", 16, 2, "float32")
    assert found["seconds_first_step"] > found["seconds_a_step"] > 0
    assert found["peak_bytes"] > 2**27 and found["peak_gpu_bytes"] is None


@pytest.mark.parametrize(
    ("error", "problem"),
    [
        (RequestError("no such model"), "no such model"),
        (MemoryError(), "memory"),
        (tf.errors.ResourceExhaustedError(None, None, "OOM"), "memory"),
    ],
)
def test_what_a_probe_cannot_do(monkeypatch, error, problem):
    def fail(model):
        raise error

    monkeypatch.setitem(probe.TASKS, "fail", fail)
    asked = '{"task": "fail", "model": "vgg"}'
    assert probe.answer(asked) == {"problem": problem}


def test_a_mistake_of_ours_is_not_hidden(monkeypatch):
    monkeypatch.setitem(probe.TASKS, "fail", lambda: int("a"))
    with pytest.raises(ValueError, match="invalid literal"):
        probe.answer('{"task": "fail"}')


@pytest.fixture
def answer(monkeypatch):
    """Lets the process of a trial end in a way of ours."""

    def give(found=None, code=0, err=""):
        out = "" if found is None else "chatter\n" + json.dumps(found) + "\n"
        done = subprocess.CompletedProcess([], code, out, err)
        monkeypatch.setattr(trials, "run_to_its_end", lambda *_: done)

    return give


@pytest.mark.parametrize(
    ("several", "ok"),
    [([1.0, 2.00001], True), ([1.0, 2.1], False), ([1.0, math.nan], False)],
)
def test_losses_of_several_devices(answer, several, ok):
    answer({"devices": 2, "kind": "GPU", "one": [1.0, 2.0], "several": several})
    found = check_devices()
    assert found.ok is ok
    assert ("CUDA_VISIBLE_DEVICES=0" in found.text) is not ok


def test_losses_that_are_not_finite(answer):
    answer({"float32": [1.0], "float16": [1.0, math.inf], "bfloat16": [1.0]})
    found = check_finite()
    assert not found.ok
    assert found.text == (
        "losses are not finite in float16: give another `precision`"
    )
    answer({"float32": [1.0, 0.5]})
    assert check_finite().ok


def test_a_model_that_fits(answer):
    answer(
        {
            "seconds_first_step": 12.0,
            "seconds_a_step": 0.5,
            "peak_bytes": 3 * 2**30,
            "peak_gpu_bytes": 2**30,
        }
    )
    found = check_model(*MODEL, examples=25_600)
    assert found.ok
    assert found.text == (
        "resnet20 at 32 px, batch 64, float32: 128.0 images/s, first step "
        "after 12 s, peak memory 3.0 GiB, GPU 1.0 GiB; an epoch of 25,600 "
        "pictures takes 3 min or more"
    )
    assert found.values["seconds_an_epoch"] == 200.0


@pytest.mark.parametrize(
    ("batch", "advice"),
    [(64, "`global_batch_size=32`"), (1, "a smaller `image_size` or `model`")],
)
@pytest.mark.parametrize("ending", [{"code": -9}, {"found": "memory"}])
def test_a_model_that_does_not_fit(answer, batch, advice, ending):
    if "found" in ending:
        ending = {"found": {"problem": "memory"}}
    answer(**ending)
    found = check_model("resnet20", 32, batch, "float32")
    assert not found.ok
    assert found.text.endswith(f"not enough memory for one step: try {advice}")


def test_a_trial_that_ends_with_a_traceback(answer):
    answer(code=1, err="Traceback …\nValueError: broken\n")
    for check in (check_devices, check_finite):
        found = check()
        assert not found.ok
        assert found.text == "the trial failed: ValueError: broken"
    text = check_model(*MODEL).text
    assert text.startswith("the trial failed: resnet20 at 32 px")


def test_a_trial_without_an_end(monkeypatch):
    def hang(words, patience):
        return plain([sys.executable, "-c", _HANGS], patience / 900)

    plain = trials.run_to_its_end
    monkeypatch.setattr(trials, "run_to_its_end", hang)
    started = time.monotonic()
    found = check_finite()
    assert not found.ok
    assert found.text == "the trial failed: no answer within 1 s"
    # Its child, which holds the pipes, has ended with it.
    assert time.monotonic() - started < 30


# It starts another process, and both sleep.
_HANGS = """
import subprocess, sys, time
subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
time.sleep(600)
"""
