"""What a person sees of a run, on a terminal and in a file."""

import io
import types

import keras
import pytest
import tensorflow as tf

from pipelines.tasks.classification import Classification
from pipelines.training.callbacks import Progress
from pipelines.training.callbacks import progress
from pipelines.training.callbacks.progress import closing_summary
from pipelines.training.callbacks.progress import describe
from pipelines.training.optimizers import SGDWithL2
from pipelines.training.trainer import Trainer
from pipelines.waiting.work import going_on

TASK = Classification()
LOGS = {
    "loss": 0.51236,
    "top1": 0.8126,
    "images_per_second": 1234.6,
    "input_wait": 0.034,
}
HELD_OUT = {"val_loss": 0.4, "val_top1": 0.9, "val_top5": 1.0}


def test_an_epoch_in_words():
    start = "loss 0.5124 · top-1 81.3%"
    assert describe(LOGS, TASK) == f"{start} · 1,235 images/s · waited 3%"
    assert describe(LOGS | HELD_OUT, TASK) == (
        f"{start} · validation: loss 0.4000, top-1 90.0%, top-5 100.0% · "
        "1,235 images/s · waited 3%"
    )


@pytest.mark.parametrize(
    ("classes", "told"), [("ab", False), ("abcde", False), ("abcdef", True)]
)
def test_top5_is_told_where_it_says_anything(classes, told):
    task = Classification(tuple(classes))
    assert ("top-5" in describe(LOGS | HELD_OUT, task)) is told


def test_the_closing_line(monkeypatch):
    monkeypatch.setattr(progress, "peak_memory", lambda: "peak memory 1.5 GiB")
    history = [
        {"images_per_second": 100.0, "input_wait": 0.5, "seconds": 30.0},
        {"images_per_second": 200.0, "input_wait": 0.0, "seconds": 10.0},
    ]
    assert closing_summary(history) == (
        "125 images/s · waited 38% · 20 s an epoch · peak memory 1.5 GiB"
    )
    assert closing_summary([]) == ""


def run(stream, monkeypatch, first_epoch=0, total=3, seconds=10):
    """Epochs of some seconds each, by a clock of ours; what was going on."""
    now, seen = [0.0], []
    monkeypatch.setattr(progress.time, "perf_counter", lambda: now[0])
    callback = Progress(total, TASK, stream)
    callback.set_params({"steps": 2})
    for epoch in range(first_epoch, total):
        callback.on_epoch_begin(epoch)
        callback.on_train_batch_end(0, {})
        callback.on_train_batch_end(1, LOGS)
        piece = going_on()[-1]
        seen.append((piece.label, piece.done, piece.total, piece.note))
        now[0] += seconds
        callback.on_epoch_end(epoch, LOGS)
    return seen


@pytest.mark.parametrize(
    ("first_epoch", "endings"),
    [(0, ["20 s left", "10 s left", "30 s"]), (1, ["10 s left", "20 s"])],
)
def test_there_is_a_line_an_epoch(monkeypatch, first_epoch, endings):
    stream = io.StringIO()
    run(stream, monkeypatch, first_epoch)
    assert stream.getvalue().splitlines() == [
        f"epoch {first_epoch + 1 + i}/3 · {describe(LOGS, TASK)} · {ending}"
        for i, ending in enumerate(endings)
    ]


def test_an_epoch_is_work_that_is_counted(monkeypatch):
    before = going_on()
    seen = run(io.StringIO(), monkeypatch)
    note = "loss 0.5124, top-1 81.3%"
    assert seen == [(f"epoch {i}/3", 2, 2, note) for i in (1, 2, 3)]
    assert going_on() == before


def test_it_writes_to_the_standard_output(monkeypatch, capsys):
    callback = Progress(1, TASK)
    callback.set_params({"steps": 2})
    callback.on_epoch_begin(0)
    callback.on_epoch_end(0, LOGS)
    assert capsys.readouterr().out.startswith("epoch 1/1 · loss 0.5124")


def test_an_epoch_that_breaks_does_not_go_on(tiny, batches, coloured):
    class Breaks(keras.callbacks.Callback):
        def on_train_batch_end(self, batch, logs=None):
            assert going_on()[-1].label == "epoch 1/2"
            raise ValueError("broken")

    before = going_on()
    trainer = Trainer(
        tiny(), SGDWithL2(0.1), tf.distribute.get_strategy(), Classification()
    )
    train, _ = batches(coloured(4), 4)
    with pytest.raises(ValueError, match="broken"):
        trainer.fit(
            train,
            epochs=2,
            callbacks=[Progress(2, TASK, io.StringIO()), Breaks()],
        )
    assert going_on() == before


@pytest.mark.parametrize(("first", "told"), [(0, [0]), (95, [])])
def test_the_rest_of_an_epoch_says_nothing_of_whole_ones(first, told):
    seen = []
    remaining = types.SimpleNamespace(
        epoch=lambda number, seconds: seen.append(number), after=lambda _: 1.0
    )
    callback = Progress(2, TASK, io.StringIO(), remaining=remaining)
    callback.set_params({"steps": 100})
    callback.on_epoch_begin(0)
    for batch in range(first, 100):
        callback.on_train_batch_end(batch)
    callback.on_epoch_end(0, LOGS)
    assert seen == told
