"""What a person sees of a run, on a terminal and in a file."""

import io

import pytest

from pipelines.tasks.classification import Classification
from pipelines.training.callbacks import Progress
from pipelines.training.callbacks import progress
from pipelines.training.callbacks.progress import closing_summary
from pipelines.training.callbacks.progress import describe
from pipelines.training.callbacks.progress import duration

TASK = Classification()
LOGS = {
    "loss": 0.51236,
    "top1": 0.8126,
    "images_per_second": 1234.6,
    "input_wait": 0.034,
}
HELD_OUT = {"val_loss": 0.4, "val_top1": 0.9, "val_top5": 1.0}


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.2, "0 s"),
        (48.4, "48 s"),
        (99.4, "99 s"),
        (100, "2 min"),
        (720, "12 min"),
        (5940, "99 min"),
        (6000, "1 h 40 min"),
        (12_000, "3 h 20 min"),
    ],
)
def test_durations(seconds, text):
    assert duration(seconds) == text


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


class Terminal(io.StringIO):
    def isatty(self):
        return True


def run(stream, monkeypatch, first_epoch=0, total=3, seconds=10):
    """Epochs of some seconds each, by a clock of ours."""
    now = [0.0]
    monkeypatch.setattr(progress.time, "perf_counter", lambda: now[0])
    callback = Progress(total, TASK, stream)
    callback.set_params({"steps": 2})
    for epoch in range(first_epoch, total):
        callback.on_epoch_begin(epoch)
        callback.on_train_batch_end(0, {})
        callback.on_train_batch_end(1, LOGS)
        now[0] += seconds
        callback.on_epoch_end(epoch, LOGS)
    return stream.getvalue()


@pytest.mark.parametrize(
    ("first_epoch", "endings"),
    [(0, ["20 s left", "10 s left", "30 s"]), (1, ["10 s left", "20 s"])],
)
def test_in_a_file_there_is_a_line_an_epoch(monkeypatch, first_epoch, endings):
    written = run(io.StringIO(), monkeypatch, first_epoch)
    assert written.splitlines() == [
        f"epoch {first_epoch + 1 + i}/3 · {describe(LOGS, TASK)} · {ending}"
        for i, ending in enumerate(endings)
    ]


def test_on_a_terminal_there_is_a_bar_as_well(monkeypatch):
    written = run(Terminal(), monkeypatch)
    assert "epoch 1/3:" in written and "0/2" in written
    lines = [line for line in written.split("\n") if "· waited 3%" in line]
    assert len(lines) == 3


def test_it_writes_to_the_standard_output(monkeypatch, capsys):
    callback = Progress(1, TASK)
    callback.on_epoch_begin(0)
    callback.on_epoch_end(0, LOGS)
    assert capsys.readouterr().out.startswith("epoch 1/1 · loss 0.5124")
