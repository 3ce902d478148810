"""Stopped anywhere and gone on with, a run ends as if it had not been."""

import os
import shutil
import signal

import keras
import numpy as np
import pytest
import tensorflow as tf

from pipelines.batches.augmentation import find_augmentation
from pipelines.batches.mixing import Mixing
from pipelines.batches.training_data import Reading
from pipelines.batches.training_data import Sampling
from pipelines.batches.training_data import training_data
from pipelines.devices.batch_norm import trainable_copy
from pipelines.doctor.second_reading import compare
from pipelines.runs.state import RunState
from pipelines.runs.state import as_files
from pipelines.runs.state import from_files
from pipelines.tasks.classification import Classification
from pipelines.training.callbacks import ScheduledRate
from pipelines.training.optimizers import AdamW
from pipelines.training.optimizers import SGDWithL2
from pipelines.training.optimizers import in_precision
from pipelines.training.schedules import CosineSchedule
from pipelines.training.trainer import Trainer
from zoo.errors import IntegrityError
from zoo.layers import DropPath
from zoo.preprocessing import Preprocessing

EPOCHS, STEPS = 3, 4


def network(policy="float32"):
    """Small, and with everything that has a state of its own."""
    keras.utils.set_random_seed(3)
    keras.config.set_dtype_policy(policy)
    try:
        pixels = keras.Input((16, 16, 3), name="pixels")
        x = keras.layers.Rescaling(1 / 255)(pixels)
        x = keras.layers.Conv2D(4, 3, 2, name="a_conv", use_bias=False)(x)
        x = keras.layers.BatchNormalization(name="a_bn", momentum=0.8)(x)
        x = keras.layers.Activation("relu")(x)
        y = keras.layers.Conv2D(4, 3, padding="same", name="b_conv")(x)
        x = keras.layers.Add()([x, DropPath(0.3, name="b_drop")(y)])
        x = keras.layers.GlobalAveragePooling2D()(x)
        x = keras.layers.Dropout(0.4, name="drop")(x)
        x = keras.layers.Dense(2, dtype="float32", name="head_logits")(x)
        model = keras.Model(pixels, x)
        return trainable_copy(model)
    finally:
        keras.config.set_dtype_policy("float32")


class StopAt(keras.callbacks.Callback):
    """Ends training after a step, as if the process had gone."""

    class Gone(Exception):
        pass

    def __init__(self, state, steps):
        super().__init__()
        self.state, self.steps = state, steps

    def on_train_batch_end(self, batch, logs=None):
        if self.state.step == self.steps:
            self.state.trainer.read()
            arrays, facts = self.state.take()
            self.taken = as_files(self.model, arrays, facts)
            raise self.Gone


def start(examples, policy="float32", optimizer=SGDWithL2, **options):
    model = network(policy)
    precision = "float16" if policy == "mixed_float16" else "float32"
    trainer = Trainer(
        model,
        in_precision(optimizer(0.05, 1e-3), precision),
        tf.distribute.get_strategy(),
        Classification(),
        **options,
    )
    return trainer, RunState(trainer)


def go_on(trainer, examples, *callbacks, augmentation="shift"):
    data = training_data(
        examples,
        Preprocessing(16, crop_fraction=1.0),
        augmentation=find_augmentation(augmentation),
        batch_size=3,
        sampling=Sampling(seed=5),
        reading=Reading(first_step=trainer.global_step),
        mixing=Mixing(0.4, 1.0, epochs=2),
    )
    assert data.steps_per_epoch == STEPS
    schedule = CosineSchedule(0.05, first_cycle=5)
    cosine = ScheduledRate(schedule, trainer.global_step)
    return trainer.fit(data, epochs=EPOCHS, callbacks=[cosine, *callbacks])


VARIANTS = {
    "sgd": {},
    "adamw, running mean, clipped": {
        "optimizer": AdamW,
        "average_decay": 0.9,
        "clip_norm": 0.5,
    },
    "bfloat16, in parts": {"policy": "mixed_bfloat16", "accumulate": 3},
    "float16": {"policy": "mixed_float16"},
}


def learned(history):
    clocks = ("images_per_second", "input_wait", "seconds")
    return [
        {k: v for k, v in logs.items() if k not in clocks} for logs in history
    ]


@pytest.mark.parametrize("variant", VARIANTS)
def test_to_the_bit(coloured, variant):
    examples, options = coloured(6), VARIANTS[variant]
    trainer, whole = start(examples, **options)
    history = go_on(trainer, examples)
    _, fresh = start(examples, **options)
    assert fresh.digest() != whole.digest()
    stops = (1, 6, STEPS, STEPS + 1) if variant == "sgd" else (6,)
    for steps in stops:
        trainer, state = start(examples, **options)
        stop = StopAt(state, steps)
        with pytest.raises(StopAt.Gone):
            go_on(trainer, examples, stop)
        files, facts = stop.taken
        keras.utils.set_random_seed(99)
        trainer, state = start(examples, **options)
        state.put_back(from_files(files), facts)
        compare(state, from_files(files))
        assert trainer.global_step == steps
        again = go_on(trainer, examples)
        assert state.digest() == whole.digest()
        assert learned(again) == learned(history)


LAYERS = {
    "two of each": "shift+keras.RandomHue(0.2)+keras.RandomErasing"
    "+keras_cv.GridMask+keras_cv.RandomContrast(0.5)",
    "five of each": "keras.RandomPerspective(0.2)+keras.RandomRotation(0.1)"
    "+keras.RandomHue(0.2)+keras.RandomErasing+keras.RandomElasticTransform"
    "+keras_cv.GridMask+keras_cv.RandomHue(0.2)+keras_cv.RandomCutout(0.2, 0.2)"
    "+keras_cv.RandomChannelShift(factor=0.2)+keras_cv.RandAugment",
}
ALL_LAYERS = pytest.param("five of each", marks=pytest.mark.slow)


@pytest.mark.parametrize("words", ["two of each", ALL_LAYERS])
def test_layers_of_keras_draw_the_same_again(coloured, words):
    examples, words = coloured(6), LAYERS[words]
    trainer, whole = start(examples)
    go_on(trainer, examples, augmentation=words)
    trainer, state = start(examples)
    stop = StopAt(state, 6)
    with pytest.raises(StopAt.Gone):
        go_on(trainer, examples, stop, augmentation=words)
    files, facts = stop.taken
    keras.utils.set_random_seed(99)
    trainer, state = start(examples)
    state.put_back(from_files(files), facts)
    go_on(trainer, examples, augmentation=words)
    assert state.digest() == whole.digest()


def test_without_the_seeds_it_would_differ(coloured):
    examples = coloured(6)
    trainer, whole = start(examples)
    go_on(trainer, examples)
    trainer, state = start(examples)
    stop = StopAt(state, 6)
    with pytest.raises(StopAt.Gone):
        go_on(trainer, examples, stop)
    files, facts = stop.taken
    arrays = from_files(files)
    seeds = [name for name in arrays if name.startswith("seed/")]
    assert len(seeds) == 2
    for name in seeds:
        arrays[name] = arrays[name] * 0
    trainer, state = start(examples)
    state.put_back(arrays, facts)
    go_on(trainer, examples)
    assert state.digest() != whole.digest()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda a: a.pop("optimizer/0"), "'optimizer/0' is on one side"),
        (lambda a: a.update({"model/x/y": np.ones(1)}), "'model/x/y'"),
        (
            lambda a: a.update({"model/head_logits/bias": np.ones(3)}),
            r"has the shape \(3,\), expected \(2,\)",
        ),
    ],
)
def test_what_does_not_fit_is_refused(coloured, change, message):
    _, state = start(coloured(6))
    arrays, facts = state.take()
    change(arrays)
    with pytest.raises(IntegrityError, match=message):
        state.put_back(arrays, facts)


def test_a_checkpoint_without_its_files():
    with pytest.raises(IntegrityError, match=r"weights\.safetensors"):
        from_files({})


@pytest.fixture
def train_until(picture_folder, tmp_path, monkeypatch):
    """Returns a function that trains into a folder, stopped after a step."""
    from pipelines.training.callbacks import Progress
    from pipelines.training.config import TrainConfig
    from pipelines.training.from_scratch import train

    plain = Progress.on_train_batch_end

    def run(name, stop=None, said=None, options=None, **changes):
        taken = []

        def count(self, batch, logs=None):
            taken.append(batch)
            if len(taken) == stop:
                os.kill(os.getpid(), signal.SIGTERM)
            plain(self, batch, logs)

        monkeypatch.setattr(Progress, "on_train_batch_end", count)
        settings = {
            "data": str(picture_folder),
            "model": "alexnet_cifar",
            "output": str(tmp_path / name),
            "image_size": 16,
            "epochs": 4,
            "global_batch_size": 4,
            "augmentation": "randaugment",
            "mixup": 0.2,
            "ema": 0.9,
            "precision": "float32",
        }
        say = print if said is None else said.append
        config = TrainConfig(**settings | changes)
        return train(config, options=options, say=say)

    return run


def test_a_run_that_is_stopped_and_begun_again(train_until, tmp_path):
    from pipelines.runs.interruption import Interrupted

    whole = train_until("whole")
    steps = whole.history[-1]["global_step"]
    assert steps > 8
    with pytest.raises(Interrupted, match=f"SIGTERM after step {steps // 2}"):
        train_until("parts", stop=steps // 2)
    assert not (tmp_path / "parts" / "metrics.json").exists()
    said = []
    parts = train_until("parts", said=said)
    assert any(f"going on after step {steps // 2}" in line for line in said)
    for one, other in zip(
        whole.model.get_weights(), parts.model.get_weights(), strict=True
    ):
        np.testing.assert_array_equal(one, other)
    assert learned(parts.history) == learned(whole.history)
    np.testing.assert_array_equal(parts.logits, whole.logits)


@pytest.mark.parametrize("steps", [None, 1])
def test_results_that_could_not_be_written(
    train_until, tmp_path, monkeypatch, steps
):
    """Its last step is taken and saved, before or behind its epoch's end."""
    from pipelines.training import finishing
    from pipelines.training.failures import NotWritten

    def full(*_, **__):
        raise OSError(28, "No space left on device")

    whole = train_until("whole", epochs=1, checkpoint_steps=steps)
    plain = finishing.write_report
    monkeypatch.setattr(finishing, "write_report", full)
    for _ in range(2):
        with pytest.raises(
            NotWritten, match="the checkpoint of step 3 is kept"
        ):
            train_until("parts", epochs=1, checkpoint_steps=steps)
    monkeypatch.setattr(finishing, "write_report", plain)
    parts = train_until("parts", epochs=1, checkpoint_steps=steps)
    assert learned(parts.history) == learned(whole.history)
    np.testing.assert_array_equal(parts.logits, whole.logits)


def test_a_finished_run_becomes_longer_and_shorter(train_until, tmp_path):
    from pipelines.runs.options import RunOptions
    from zoo.errors import RequestError

    first = train_until("run", epochs=2, ema=None)
    with pytest.raises(RequestError, match="holds a finished run of 2 epochs"):
        train_until("run", epochs=3, ema=None)
    inexact, said = RunOptions(allow_inexact=True), []
    # Refused, it is finished still.
    with pytest.raises(RequestError, match="taken over with `ema` "):
        train_until("run", epochs=3, ema=0.5, options=inexact)
    assert (tmp_path / "run" / "metrics.json").exists()
    longer = train_until("run", epochs=3, ema=None, options=inexact, said=said)
    assert any("as asked: `epochs` (2 then, 3 now)" in line for line in said)
    assert len(longer.history) == 3
    assert learned(longer.history)[:2] == learned(first.history)
    (tmp_path / "run" / "metrics.json").unlink()
    # Fewer than were trained: nothing more is.
    shorter = train_until("run", epochs=1, ema=None, options=inexact)
    assert learned(shorter.history) == learned(longer.history)
    for one, other in zip(
        shorter.model.get_weights(), longer.model.get_weights(), strict=True
    ):
        np.testing.assert_array_equal(one, other)


def test_batches_of_another_size_go_on_inexactly(train_until, tmp_path):
    from pipelines.runs.interruption import Interrupted
    from pipelines.runs.options import RunOptions

    with pytest.raises(Interrupted):
        train_until("run", stop=4)
    said, inexact = [], RunOptions(allow_inexact=True)
    run = train_until("run", global_batch_size=2, options=inexact, said=said)
    # Four of three steps an epoch are 8 of six.
    assert any("going on after step 4 " in line for line in said)
    assert [logs["global_step"] for logs in run.history] == [3, 12, 18, 24]


def test_another_run_is_not_gone_on_with(train_until, tmp_path):
    from pipelines.runs.interruption import Interrupted
    from zoo.errors import RequestError

    with pytest.raises(Interrupted):
        train_until("run", stop=3)
    with pytest.raises(RequestError) as caught:
        train_until("run", seed=1, mixup=0.5)
    message = str(caught.value)
    assert "`seed` (0 then, 1 now)" in message
    assert "`mixup` (0.2 then, 0.5 now)" in message
    assert "`allow_inexact`" in message
    # What changes nothing may change.
    train_until("run", scalar_steps=7)
    with pytest.raises(RequestError, match="already holds a finished run"):
        train_until("run")


def test_a_state_that_does_not_fit_changes_no_file(
    train_until, tmp_path, monkeypatch
):
    from pipelines.runs.options import RunOptions
    from pipelines.training import going_on

    train_until("run", epochs=1)
    (tmp_path / "run" / "metrics.json").unlink()
    before = contents(tmp_path / "run")
    # As a setting that nobody knew of as one of the state.
    monkeypatch.setattr(going_on, "check_same_run", lambda *_, **__: set())
    inexact = RunOptions(allow_inexact=True)
    with pytest.raises(IntegrityError, match=r"'optimizer/\d+' is on one side"):
        train_until("run", epochs=1, momentum=0.0, options=inexact)
    assert contents(tmp_path / "run") == before


def contents(folder):
    return {
        path: path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and path.name != ".lock"
    }


def test_other_pictures_that_were_asked_for_are_those_of_the_run(
    train_until, picture_folder, tmp_path
):
    from pipelines.runs.interruption import Interrupted
    from pipelines.runs.options import RunOptions
    from zoo.errors import RequestError

    data, run = tmp_path / "data", tmp_path / "run"
    shutil.copytree(picture_folder, data)
    with pytest.raises(Interrupted):
        train_until("run", stop=2, data=str(data))
    began_with = (run / "split.csv").read_text()
    picture = data / "train" / "red" / "0.png"
    picture.write_bytes(picture.read_bytes() + b"\0")
    with pytest.raises(RequestError, match="training pictures"):
        train_until("run", data=str(data))
    assert (run / "split.csv").read_text() == began_with
    inexact = RunOptions(allow_inexact=True)
    with pytest.raises(Interrupted):
        train_until("run", stop=2, data=str(data), options=inexact)
    assert (run / "split.csv").read_text() != began_with
    # The same command goes on.
    train_until("run", data=str(data))
