"""Training a task by a trainer that knows none, stopped or on two devices.

A lesson is a task, pictures and how many numbers a picture is answered with.
A test file that has one trains it on two logical devices as a program.
"""

import collections
import json
import pathlib
import signal
import subprocess
import sys

import keras
import numpy as np
import pytest
import tensorflow as tf

from pipelines.batches.augmentation import AUGMENTATIONS
from pipelines.batches.evaluation_data import evaluation_data
from pipelines.batches.training_data import Reading
from pipelines.batches.training_data import training_data
from pipelines.devices.strategy import make_strategy
from pipelines.runs.checkpoints import newest
from pipelines.runs.interruption import Interrupted
from pipelines.runs.interruption import StopRequest
from pipelines.runs.state import RunState
from pipelines.runs.state import from_files
from pipelines.training.callbacks import BestWeights
from pipelines.training.callbacks import Checkpoints
from pipelines.training.callbacks import Progress
from pipelines.training.callbacks import TensorBoard
from pipelines.training.optimizers import SGDWithL2
from pipelines.training.trainer import Trainer
from zoo.preprocessing import Preprocessing

BATCH, EPOCHS = 4, 3
RECORD = Preprocessing(16, crop_fraction=1.0)

Lesson = collections.namedtuple("Lesson", "task examples outputs names")


def network(outputs):
    keras.utils.set_random_seed(1)
    pixels = keras.Input((16, 16, 3), name="pixels")
    x = keras.layers.Rescaling(1 / 127.5, -1)(pixels)
    x = keras.layers.Conv2D(4, 3, 2, name="a_conv")(x)
    x = keras.layers.GlobalAveragePooling2D()(x)
    head = keras.layers.Dense(outputs, name="head_logits")
    return keras.Model(pixels, head(x))


class StopAfter(keras.callbacks.Callback):
    def __init__(self, stop, step):
        super().__init__()
        self.stop, self.left = stop, step

    def on_train_batch_end(self, batch, logs=None):
        self.left -= 1
        if self.left == 0:
            self.stop.note(signal.SIGTERM)


def train(lesson, folder, strategy=None, stop_after=None):
    """Trains into a folder, from where a run in it was stopped."""
    task, stop = lesson.task, StopRequest()
    strategy = strategy or tf.distribute.get_strategy()
    with strategy.scope():
        model, optimizer = network(lesson.outputs), SGDWithL2(0.01, l2=1e-4)
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
    data = training_data(
        lesson.examples,
        RECORD,
        augmentation=AUGMENTATIONS["shift"],
        batch_size=BATCH,
        reading=Reading(first_step=trainer.global_step),
    )
    judge = evaluation_data(lesson.examples, RECORD, batch_size=BATCH)
    trainer.fit(data, judge, epochs=EPOCHS, callbacks=callbacks, stop=stop)
    return trainer, state, callbacks


def learned(lesson, history):
    return [[logs[name] for name in lesson.names] for logs in history]


def on_two_devices(lesson, folder):
    """Trains as a program of its own, and prints what came of it."""
    tf.config.set_logical_device_configuration(
        tf.config.list_physical_devices("CPU")[0],
        [tf.config.LogicalDeviceConfiguration()] * 2,
    )
    several = make_strategy()
    trainer, _, _ = train(lesson, pathlib.Path(folder), several)
    found = several.num_replicas_in_sync, learned(lesson, trainer.history)
    print(json.dumps(found))


@pytest.fixture(scope="session")
def lessons():
    """The functions that train a lesson."""
    return Lessons


class Lessons:
    batch, record = BATCH, RECORD
    make, train = Lesson, staticmethod(train)

    @staticmethod
    def check_going_on(lesson, whole, folder):
        """A run that is stopped and gone on with ends with the same bits."""
        trainer, state, _ = whole
        with pytest.raises(Interrupted, match="SIGTERM after step 6"):
            train(lesson, folder, stop_after=6)
        again, state_again, _ = train(lesson, folder)
        assert again.global_step == trainer.global_step == 12
        found = learned(lesson, again.history)
        assert found == learned(lesson, trainer.history)
        assert state_again.digest() == state.digest()

    @staticmethod
    def check_two_devices(lesson, whole, program, folder):
        """Two devices learn what one does."""
        done = subprocess.run(
            [sys.executable, program, str(folder)],
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stderr
        devices, history = json.loads(done.stdout.splitlines()[-1])
        assert devices == 2
        expected = learned(lesson, whole[0].history)
        np.testing.assert_allclose(history, expected, rtol=1e-4)
