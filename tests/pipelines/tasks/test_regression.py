"""A task of one's own: one number a picture, by a trainer that knows none.

As a program it trains on two logical devices.
"""

import io
import json
import pathlib
import signal
import subprocess
import sys

import keras
import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from pipelines.batches.augmentation import AUGMENTATIONS
from pipelines.batches.evaluation_data import evaluation_data
from pipelines.batches.training_data import Reading
from pipelines.batches.training_data import training_data
from pipelines.data.examples import Examples
from pipelines.devices.strategy import make_strategy
from pipelines.evaluation.evaluator import Evaluator
from pipelines.evaluation.report import write_report
from pipelines.runs.checkpoints import newest
from pipelines.runs.interruption import Interrupted
from pipelines.runs.interruption import StopRequest
from pipelines.runs.state import RunState
from pipelines.runs.state import from_files
from pipelines.tasks.task import Judged
from pipelines.tasks.task import Metric
from pipelines.tasks.task import Task
from pipelines.training.callbacks import BestWeights
from pipelines.training.callbacks import Checkpoints
from pipelines.training.callbacks import Progress
from pipelines.training.callbacks import TensorBoard
from pipelines.training.callbacks.progress import describe
from pipelines.training.optimizers import SGDWithL2
from pipelines.training.trainer import Trainer
from zoo.preprocessing import Preprocessing

ERROR = Metric("mae", "mean error", is_share=False, is_score=False)
BATCH, EPOCHS = 4, 3


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


def network():
    keras.utils.set_random_seed(1)
    pixels = keras.Input((16, 16, 3), name="pixels")
    x = keras.layers.Rescaling(1 / 127.5, -1)(pixels)
    x = keras.layers.Conv2D(4, 3, 2, name="a_conv")(x)
    x = keras.layers.GlobalAveragePooling2D()(x)
    return keras.Model(pixels, keras.layers.Dense(1, name="head_logits")(x))


class StopAfter(keras.callbacks.Callback):
    def __init__(self, stop, step):
        super().__init__()
        self.stop, self.left = stop, step

    def on_train_batch_end(self, batch, logs=None):
        self.left -= 1
        if self.left == 0:
            self.stop.note(signal.SIGTERM)


def train(folder, strategy=None, stop_after=None):
    """Trains into a folder, from where a run in it was stopped."""
    task, stop = Regression(), StopRequest()
    strategy = strategy or tf.distribute.get_strategy()
    with strategy.scope():
        model, optimizer = network(), SGDWithL2(0.01, l2=1e-4)
    trainer = Trainer(
        model, optimizer, strategy, task, accumulate=2, average_decay=0.9
    )
    resumed = newest(folder / "checkpoints")
    callbacks = [
        TensorBoard(folder, task, resumed_at=resumed and resumed.step),
        Progress(EPOCHS, task),
        BestWeights(9, task.decides),
        Checkpoints(folder / "checkpoints", task.decides, stop=stop),
    ]
    state = RunState(trainer, callbacks)
    callbacks[-1].run_state = state
    if resumed:
        state.put_back(from_files(resumed.files), resumed.facts)
    if stop_after:
        callbacks.insert(0, StopAfter(stop, stop_after))
    examples, record = how_bright(), Preprocessing(16, crop_fraction=1.0)
    data = training_data(
        examples,
        record,
        augmentation=AUGMENTATIONS["shift"],
        batch_size=BATCH,
        reading=Reading(first_step=trainer.global_step),
    )
    judge = evaluation_data(examples, record, batch_size=BATCH)
    trainer.fit(data, judge, epochs=EPOCHS, callbacks=callbacks, stop=stop)
    return trainer, state, callbacks


def learned(history):
    names = ("loss", "mae", "val_loss", "val_mae", "global_step")
    return [[logs[name] for name in names] for logs in history]


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    folder = tmp_path_factory.mktemp("whole")
    return *train(folder), folder


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


def test_stopped_and_gone_on_with_to_the_bit(whole, tmp_path):
    trainer, state, _, _ = whole
    with pytest.raises(Interrupted, match="SIGTERM after step 6"):
        train(tmp_path, stop_after=6)
    again, state_again, _ = train(tmp_path)
    assert again.global_step == trainer.global_step == 12
    assert learned(again.history) == learned(trainer.history)
    assert state_again.digest() == state.digest()


def test_tensorboard_and_the_report_have_its_names(whole, tiny, tmp_path):
    from tensorboard.backend.event_processing import (
        plugin_event_accumulator as event_accumulator,
    )

    trainer, _, _, folder = whole
    validation = str(folder / "validation")
    events = event_accumulator.EventAccumulator(validation).Reload()
    tags = {t for t in events.Tags()["tensors"] if t.startswith("epoch")}
    assert tags == {"epoch_loss", "epoch_mae"}
    examples, task = how_bright(), Regression()
    record = Preprocessing(16, crop_fraction=1.0)
    data = evaluation_data(examples, record, batch_size=BATCH)
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


def test_two_devices_learn_what_one_does(whole, tmp_path):
    done = subprocess.run(
        [sys.executable, __file__, str(tmp_path)],
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    devices, history = json.loads(done.stdout.splitlines()[-1])
    assert devices == 2
    np.testing.assert_allclose(history, learned(whole[0].history), rtol=1e-4)


def on_two_devices(folder):
    tf.config.set_logical_device_configuration(
        tf.config.list_physical_devices("CPU")[0],
        [tf.config.LogicalDeviceConfiguration()] * 2,
    )
    several = make_strategy()
    trainer, _, _ = train(folder, several)
    print(json.dumps([several.num_replicas_in_sync, learned(trainer.history)]))


if __name__ == "__main__":
    on_two_devices(pathlib.Path(sys.argv[1]))
