"""The end of a run on a disk that takes nothing any more."""

import errno
import types

import numpy as np
import pytest
from tensorboard.backend.event_processing.event_accumulator import (
    EventAccumulator,
)

import zoo
from apps.system_errors import as_line
from pipelines.tasks.classification import Classification
from pipelines.tasks.multilabel import MultiLabel
from pipelines.training import finishing
from pipelines.training.config import TrainConfig
from pipelines.training.failures import NotWritten
from pipelines.training.from_scratch import train


@pytest.fixture
def run(tmp_path, monkeypatch):
    def full(run, history, more):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(finishing, "_finish", full)
    folder = types.SimpleNamespace(path=tmp_path)
    return types.SimpleNamespace(folder=folder)


def test_no_checkpoint_is_kept_that_is_not_there(run, tmp_path):
    (tmp_path / "checkpoints").mkdir()
    with pytest.raises(OSError, match="nor any checkpoint") as caught:
        finishing.finish(run, [])
    assert as_line(caught.value).startswith(f"{tmp_path}: No space left")


def test_the_checkpoint_that_is_there_is_named(run, tmp_path):
    for step in (3, 12):
        (tmp_path / "checkpoints" / f"{step:010d}").mkdir(parents=True)
    with pytest.raises(NotWritten, match="checkpoint of step 12 is kept"):
        finishing.finish(run, [])


@pytest.mark.parametrize(
    ("labels", "task", "guessing"),
    [
        (np.array([0, 1, 2, 1], "int32"), Classification(), np.log(3)),
        (
            np.array([[0, 1, 1], [0, 0, 0]], "uint8"),
            MultiLabel(("a", "b", "c")),
            3 * np.log(2),
        ),
    ],
)
def test_a_loss_far_above_that_of_guessing_is_said(labels, task, guessing):
    said = []
    held_out = types.SimpleNamespace(labels=labels)
    run = types.SimpleNamespace(
        splits=types.SimpleNamespace(validation=held_out), say=said.append
    )
    logits = np.ones((len(labels), 3), "float32")
    for loss in (0.0, 9.9 * guessing):
        finishing._say_if_absurd(run, task, logits, loss)
    assert said == []
    for loss in (10.1 * guessing, float("inf"), float("nan")):
        finishing._say_if_absurd(run, task, logits, loss)
        assert f"guessing has {guessing:.3g}: the run has dive" in said.pop()


def test_maps_in_the_report_and_in_tensorboard(picture_folder, tmp_path):
    finished = train(
        TrainConfig(
            data=str(picture_folder),
            model="alexnet_cifar",
            output=str(tmp_path / "run"),
            epochs=1,
            global_batch_size=6,
            image_size=16,
            maps=True,
        ),
        say=lambda line: None,
    )
    page = (tmp_path / "run" / "report.html").read_text()
    wrong = 6 - round(6 * finished.metrics["top1"])
    # Of six pictures all are doubts, and some are mistakes.
    assert page.count(" is seen") == 6 + wrong
    board = EventAccumulator(
        str(tmp_path / "run" / "validation"), {"tensors": 0}
    )
    board.Reload()
    (event,) = board.Tensors("mistakes_and_doubts")
    width, height, png = event.tensor_proto.string_val
    assert int(width) >= int(height) > 0 and png.startswith(b"\x89PNG")


def test_a_report_without_maps_is_better_than_none():
    said = []
    run = types.SimpleNamespace(
        config=types.SimpleNamespace(maps=True), say=said.append
    )
    model = zoo.create_model("resnet20", classes=2)
    zoo.set_thresholds(model, (0.5, 0.5))
    assert finishing._maps(run, model) is None
    assert "has no maps: `maps` is for models that tell one class" in said[0]
