"""A task of one's own: one number a picture, by a trainer that knows none.

As a program it trains on two logical devices.
"""

import io
import sys

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from pipelines.batches.evaluation_data import evaluation_data
from pipelines.data.examples import Examples
from pipelines.evaluation.evaluator import Evaluator
from pipelines.evaluation.report import write_report
from pipelines.tasks.metric import Metric
from pipelines.tasks.task import Judged
from pipelines.tasks.task import Task
from pipelines.training.callbacks.progress import describe

ERROR = Metric("mae", "mean error", is_share=False, is_score=False)
NAMES = ("loss", "mae", "val_loss", "val_mae", "global_step")


class Regression(Task):
    """A float32 label `(batch,)` a picture; outputs are `(batch, 1)`."""

    sums = ("absolute",)
    metrics = (ERROR,)
    decides = ERROR
    loss_words = ("squared error", "1")
    about = "one number a picture"

    def build(self, create):
        return create(classes=1)

    def loss(self, targets, outputs):
        return tf.square(outputs[:, 0] - targets)

    def count(self, targets, outputs):
        return [tf.reduce_sum(tf.abs(outputs[:, 0] - targets))]

    def means(self, sums):
        count = sums["examples"]
        return {
            "loss": float(sums["loss"] / count),
            "mae": float(sums["absolute"] / count),
        }

    def measure(self, outputs, targets):
        off = outputs[:, 0] - targets
        return {
            "examples": len(targets),
            "loss": float(np.square(off).mean()),
            "mae": float(np.abs(off).mean()),
        }

    def answers(self, outputs, most):
        return [float(outputs[0])]

    def table(self, outputs, examples):
        rows = zip(examples.names, examples.labels, outputs[:, 0], strict=True)
        return [["picture", "label", "predicted"], *map(list, rows)]


def how_bright(count=18, side=16):
    """Pictures of one grey and some noise; the label is how bright it is."""
    random = np.random.default_rng(0)
    grey = np.linspace(0, 1, count)
    pictures = []
    for level in grey:
        pixels = 30 + 190 * level + random.normal(0, 9, (side, side, 3))
        file = io.BytesIO()
        Image.fromarray(pixels.astype("uint8")).save(file, "PNG")
        pictures.append(file.getvalue())
    return Examples(
        tuple(f"picture{i}" for i in range(count)),
        grey.astype("float32"),
        (),
        lambda wanted: [pictures[i] for i in wanted],
    )


@pytest.fixture(scope="module")
def lesson(lessons):
    return lessons.make(Regression(), how_bright(), 1, NAMES)


@pytest.fixture(scope="module")
def whole(lessons, lesson, tmp_path_factory):
    folder = tmp_path_factory.mktemp("whole")
    return *lessons.train(lesson, folder), folder


def test_it_learns_and_says_so(whole):
    trainer, _, callbacks, _ = whole
    history = trainer.history
    assert history[-1]["val_mae"] < history[0]["val_mae"]
    # The least error is the best one.
    errors = [logs["val_mae"] for logs in history]
    for callback in (callbacks[2], callbacks[3]):
        assert callback.best == min(errors)
    line = describe(history[-1], Regression())
    assert f"mean error {history[-1]['mae']:.4f} · validation: loss" in line
    assert f", mean error {errors[-1]:.4f} ·" in line


def test_stopped_and_gone_on_with_to_the_bit(lessons, lesson, whole, tmp_path):
    lessons.check_going_on(lesson, whole[:3], tmp_path)


def test_tensorboard_and_the_report_have_its_names(
    lessons, whole, tiny, tmp_path
):
    from tensorboard.backend.event_processing import (
        plugin_event_accumulator as event_accumulator,
    )

    trainer, _, _, folder = whole
    validation = str(folder / "validation")
    events = event_accumulator.EventAccumulator(validation).Reload()
    tags = {t for t in events.Tags()["tensors"] if t.startswith("epoch")}
    assert tags == {"epoch_loss", "epoch_mae"}
    examples, task = how_bright(), Regression()
    data = evaluation_data(examples, lessons.record, batch_size=lessons.batch)
    strategy = tf.distribute.get_strategy()
    outputs = Evaluator(trainer.model, strategy, task).logits(data)
    judged = Judged(examples, outputs, task.measure(outputs, examples.labels))
    page = write_report(
        tmp_path, task, judged, model=tiny(), history=trainer.history
    ).read_text()
    mae = judged.metrics["mae"]
    assert f"<b>{mae:.3f}</b><span>mean error</span>" in page
    assert "loss, squared error in 1" in page
    assert 'aria-label="Mean error over epochs"' in page


def test_two_devices_learn_what_one_does(lessons, lesson, whole, tmp_path):
    lessons.check_two_devices(lesson, whole, __file__, tmp_path)


if __name__ == "__main__":
    from conftest import Lesson
    from conftest import on_two_devices

    on_two_devices(Lesson(Regression(), how_bright(), 1, NAMES), sys.argv[1])
