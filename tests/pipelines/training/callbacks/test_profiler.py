"""Records of steps, where TensorBoard's profile page looks for them."""

import pytest
import tensorflow as tf

from pipelines.runs.config import parse_steps
from pipelines.training.callbacks import Profiler
from pipelines.training.callbacks import profiler
from zoo.errors import RequestError


@pytest.mark.parametrize(
    "text", ["", "100", "5:4", "0:3", "a:b", "1:2:3", "-1:4", "1.5:2", "1:"]
)
def test_what_is_no_pair_of_steps(text):
    with pytest.raises(RequestError) as wrong:
        Profiler("folder", text)
    assert str(wrong.value).endswith(f"such as 100:110. Received: {text!r}")


def test_a_pair_of_steps():
    assert parse_steps(" 7:7 ") == (7, 7)


@pytest.fixture
def recorded(monkeypatch):
    """What was asked of the profiler, by the step it was asked at."""
    asked = []

    class Trace:
        def __init__(self, name, **marks):
            self.name, self.marks = name, marks

        def __enter__(self):
            asked.append((self.name, self.marks["step_num"]))

        def __exit__(self, *_):
            asked.append("end")

    fake = profiler.tf.profiler.experimental
    monkeypatch.setattr(fake, "start", lambda folder: asked.append("start"))
    monkeypatch.setattr(fake, "stop", lambda: asked.append("stop"))
    monkeypatch.setattr(fake, "Trace", Trace)
    return asked


def steps(callback, count):
    for batch in range(count):
        callback.on_train_batch_begin(batch)
        callback.on_train_batch_end(batch, {})


def test_both_steps_are_recorded(recorded):
    steps(Profiler("run", "2:3"), 6)
    one, two = [("train", 2), "end"], [("train", 3), "end"]
    assert recorded == ["start", *one, *two, "stop"]


def test_steps_are_counted_from_the_runs_start(recorded):
    steps(Profiler("run", "12:12", resumed_at=10), 6)
    assert recorded == ["start", ("train", 12), "end", "stop"]


def test_a_run_that_ends_before(recorded):
    callback = Profiler("run", "2:9")
    steps(callback, 2)
    callback.on_train_end()
    callback.on_train_end()
    assert recorded == ["start", ("train", 2), "end", "stop"]


def test_the_file_is_where_tensorboard_looks(tmp_path):
    callback = Profiler(tmp_path, "1:1")
    callback.on_train_batch_begin(0)
    tf.linalg.matmul(tf.ones((8, 8)), tf.ones((8, 8))).numpy()
    callback.on_train_batch_end(0, {})
    (file,) = tmp_path.glob("plugins/profile/*/*.xplane.pb")
    assert file.stat().st_size > 1000
