"""Runs with delays put in: nobody waits in silence.

Time goes twenty times as fast for the heartbeat, so that half a minute of a
log takes a second and a half.
"""

import contextlib
import functools
import os
import pty
import threading
import time
import types

import numpy as np
import pytest

from pipelines.audit import file_pass
from pipelines.audit import label_errors
from pipelines.audit.auditing import audit_data
from pipelines.audit.report.writing import write_report
from pipelines.data import checks
from pipelines.evaluation import report
from pipelines.evaluation.evaluator import Evaluator
from pipelines.evaluation.judging import judge
from pipelines.training import step
from pipelines.training.config import FinetuneConfig
from pipelines.training.fine_tuning.fine_tuning import finetune_run
from pipelines.waiting.heartbeat import heartbeat
from pipelines.waiting.heartbeat import speaking

FASTER = 20
DELAY = 4
# Seconds, and some more for a machine that is busy.
LONGEST = {"terminal": 5 / FASTER + 2, "log": 35 / FASTER + 1.5}


@pytest.fixture
def late(monkeypatch):
    """Returns a function that makes the first call of another one late."""

    def patch(place, name):
        plain, delayed = getattr(place, name), []

        @functools.wraps(plain)
        def call(*arguments, **named):
            if not delayed:
                delayed.append(True)
                time.sleep(DELAY)
            return plain(*arguments, **named)

        monkeypatch.setattr(place, name, call)

    return patch


@pytest.fixture(params=LONGEST)
def watched(request, monkeypatch):
    """Returns a context that listens to a stream, and what it has heard."""
    clock = types.SimpleNamespace(monotonic=lambda: FASTER * time.monotonic())
    monkeypatch.setattr("pipelines.waiting.heartbeat.time", clock)
    monkeypatch.setattr("pipelines.waiting.heartbeat._BEAT", 0.25 / FASTER)
    near, far = pty.openpty() if request.param == "terminal" else os.pipe()
    heard = types.SimpleNamespace(times=[], parts=[], text="", longest=0.0)

    def listen():
        # A terminal whose other end is closed is an error, not an end.
        with contextlib.suppress(OSError):
            while part := os.read(near, 4096):
                heard.times.append(time.monotonic())
                heard.parts.append(part.decode(errors="replace"))

    @contextlib.contextmanager
    def watch():
        thread = threading.Thread(target=listen)
        thread.start()
        heard.times.append(time.monotonic())
        with (
            open(far, "w", encoding="utf-8") as stream,
            contextlib.redirect_stdout(stream),
            heartbeat(stream),
        ):
            yield heard
        heard.times.append(time.monotonic())
        thread.join()
        os.close(near)
        heard.text = "".join(heard.parts)
        heard.longest = np.diff(heard.times).max()
        place = int(np.diff(heard.times).argmax())
        assert heard.longest < LONGEST[request.param], heard.parts[place - 1 :]

    return watch


def say(text):
    with speaking():
        print(text, flush=True)


def test_a_run_is_never_silent(watched, late, picture_folder, tmp_path):
    late(step, "_accumulated")
    late(report, "render")
    config = FinetuneConfig(
        data=str(picture_folder),
        model="resnet20",
        weights="cifar10",
        output=str(tmp_path / "run"),
        plan="head:1@0.1",
        global_batch_size=4,
        image_size=16,
    )
    with watched() as heard:
        finetune_run(config, say=say)
    assert "compiling the training step" in heard.text
    assert "writing the report" in heard.text


def test_an_audit_is_never_silent(watched, late, picture_folder, tmp_path):
    late(file_pass, "_as_seen")
    late(label_errors, "nearest_neighbours")
    with watched() as heard:
        found = audit_data(str(picture_folder), str(tmp_path / "audit"))
        write_report(found, tmp_path / "audit")
    assert "looking at the files" in heard.text
    assert "looking for label errors" in heard.text


def test_judging_is_never_silent(watched, late, tiny, picture_folder, tmp_path):
    late(checks, "inspect")
    late(Evaluator, "_mean_of_views")
    model = tiny(("blue", "green", "red"))
    with watched() as heard:
        judge(model, str(picture_folder), str(tmp_path / "judged"))
    assert "looking at the pictures" in heard.text
    assert "judging" in heard.text
