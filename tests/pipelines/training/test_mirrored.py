"""Two devices do what one does: in its own process, before TensorFlow starts.

Two logical CPU devices stand for two GPUs.
"""

import json
import pathlib
import subprocess
import sys

import numpy as np
import pytest

import pipelines

_ROOT = pathlib.Path(pipelines.__file__).parents[1]
_PROGRAM = """
import json
import sys

import keras
import numpy as np
import tensorflow as tf

tf.config.set_logical_device_configuration(
    tf.config.list_physical_devices("CPU")[0],
    [tf.config.LogicalDeviceConfiguration()] * 2,
)

import zoo
from pipelines.batches.augmentation import AUGMENTATIONS
from pipelines.batches.evaluation_data import evaluation_data
from pipelines.batches.training_data import Reading
from pipelines.batches.training_data import training_data
from pipelines.data.examples import Examples
from pipelines.evaluation.evaluator import Evaluator
from pipelines.evaluation.extraction import Extractor
from pipelines.devices.batch_norm import trainable_copy
from pipelines.training.callbacks import Checkpoints
from pipelines.training.callbacks import ScheduledRate
from pipelines.training.callbacks import TensorBoard
from pipelines.runs.state import RunState
from pipelines.tasks.classification import Classification
from pipelines.tasks.losses import Loss
from pipelines.training.optimizers import SGDWithL2
from pipelines.training.schedules import CosineSchedule
from pipelines.devices.strategy import check_batch
from pipelines.devices.strategy import make_strategy
from pipelines.training.trainer import Trainer
from zoo.preprocessing import Preprocessing
from zoo.resnet import ResNet
from zoo.resnet import ResNetSpec

SPEC = ResNetSpec(
    "tiny", repeats=(1, 1), bottleneck=False, stem="cifar", shortcut="pad",
    widths=(8, 16), image_size=16, classes=3,
)
random = np.random.default_rng(0)
labels = np.arange(23, dtype="int32") % 3
pictures = [
    tf.io.encode_png(
        (random.integers(0, 160, (16, 16, 3)) + 40 * np.eye(3)[label])
        .astype("uint8")
    ).numpy()
    for label in labels
]
examples = Examples(
    tuple(map(str, range(23))), labels, ("a", "b", "c"),
    lambda wanted: [pictures[i] for i in wanted],
)
record = Preprocessing(16, crop_fraction=1.0)
keras.utils.set_random_seed(0)
start = ResNet(SPEC, input_shape=(16, 16, 3))


def run(strategy):
    data = training_data(
        examples, record, augmentation=AUGMENTATIONS["shift"], batch_size=4
    )
    judge = evaluation_data(examples, record, batch_size=8)
    with strategy.scope():
        model = trainable_copy(start, strategy.num_replicas_in_sync)
        optimizer = SGDWithL2(0.05, l2=1e-3)
    task = Classification("abc", Loss(label_smoothing=0.1))
    trainer = Trainer(model, optimizer, strategy, task)
    folder = sys.argv[1] + "/" + type(strategy).__name__
    callbacks = [
        ScheduledRate(CosineSchedule(0.05, first_cycle=5)),
        TensorBoard(folder, task),
        Checkpoints(folder, task.decides),
    ]
    callbacks[-1].run_state = RunState(trainer, callbacks)
    (logs,) = trainer.fit(data, judge, epochs=1, callbacks=callbacks)
    again = ResNet(SPEC)
    report = zoo.load_weights(again, folder + "/best.safetensors")
    off = [np.abs(a - b).max() for a, b in
           zip(again.get_weights(), model.get_weights(), strict=True)]
    return {
        "rate": logs["learning_rate"],
        "saved": [len(report.matched), float(max(off))],
        "loss": logs["loss"],
        "top1": logs["top1"],
        "validation": [logs["val_" + n] for n in ("loss", "top1", "top5")],
        "steps": trainer.global_step,
        "weights": {
            layer.name + "/" + v.name: v.numpy().flatten().tolist()
            for layer in model.layers for v in layer.weights
        },
        "velocities": [
            v.numpy().flatten().tolist() for v in optimizer.variables[2:]
        ],
        "norms": sorted({type(l).__name__ for l in model.layers
                         if "bn" in l.name}),
        "synchronized": [getattr(l, "synchronized", None)
                         for l in model.layers if "bn" in l.name],
    }, model


def learn(strategy, epochs, saved=None, dropout=0.3):
    # With all that has a state; returns the state at the end.
    keras.utils.set_random_seed(1)
    with strategy.scope():
        pixels = keras.Input((16, 16, 3))
        x = keras.layers.Rescaling(1 / 255)(pixels)
        x = keras.layers.Conv2D(8, 3, 2, name="a_conv")(x)
        if dropout:
            # Two devices' parts are halves of one device's: BatchNorm tells.
            x = keras.layers.BatchNormalization(name="a_bn")(x)
        x = keras.layers.GlobalAveragePooling2D()(x)
        x = keras.layers.Dropout(dropout, name="drop")(x)
        model = keras.Model(pixels, keras.layers.Dense(3, name="head")(x))
        model = trainable_copy(model, strategy.num_replicas_in_sync)
        optimizer = SGDWithL2(0.05, l2=1e-3)
    trainer = Trainer(model, optimizer, strategy, Classification(),
                      accumulate=2, clip_norm=0.5, average_decay=0.9)
    state = RunState(trainer)
    if saved:
        state.put_back(*saved)
    data = training_data(
        examples, record, augmentation=AUGMENTATIONS["shift"], batch_size=8,
        reading=Reading(first_step=trainer.global_step),
    )
    history = trainer.fit(data, epochs=epochs)
    return state, history


def masks(strategy):
    # What two devices keep of the same ones in the same step.
    with strategy.scope():
        ones = keras.Input((64,))
        model = keras.Model(ones, keras.layers.Dropout(0.5)(ones))
        model = trainable_copy(model, 2)
    kept = tf.function(lambda: strategy.run(
        lambda: model(tf.ones((1, 64)), training=True)))
    found = []
    for _ in range(3):
        parts = strategy.experimental_local_results(kept())
        found.append([part.numpy()[0].tolist() for part in parts])
    return found


several = make_strategy()
assert make_strategy() is several
whole, history = learn(several, 3)
half, _ = learn(several, 1)
again, _ = learn(several, 3, half.take())
plain = [learn(each, 2, dropout=0.0) for each in
         (several, tf.distribute.get_strategy())]
ends = [state.take()[0] for state, _ in plain]
exact_resume = {
    "whole": whole.digest(), "again": again.digest(), "half": half.digest(),
    "norms": [logs["gradient_norm"] for _, logs in
              ((s, h[-1]) for s, h in plain)],
    "apart": max(
        float(np.abs(ends[0][name] - ends[1][name]).max())
        for name in ends[0] if not name.startswith("seed/")
    ),
    "names": len(ends[0]),
    "masks": masks(several),
}
two, model = run(several)
one, single = run(tf.distribute.get_strategy())
exact = []
for count in range(8, 14):
    some = examples.subset(range(count))
    judge = evaluation_data(some, record, batch_size=4)
    found = Evaluator(model, several, Classification()).logits(judge)
    images = np.stack([
        tf.io.decode_png(p, channels=3).numpy() for p in pictures[:count]
    ])
    expected = np.asarray(model(images, training=False))
    exact.append([len(found), float(np.abs(found - expected).max())])
with several.scope():
    lower = keras.Model(model.input, [
        zoo.split(model, stage)[0].output for stage in ("stage2", "head")])
features = [
    [list(ours.shape), float(np.abs(ours - theirs).max())]
    for ours, theirs in zip(
        Extractor(lower, several).run(judge.dataset, count),
        lower(images, training=False), strict=True)
]
try:
    check_batch(7, several)
except ValueError as error:
    message = str(error)
print(json.dumps({
    "replicas": several.num_replicas_in_sync,
    "kind": type(several).__name__,
    "one": one, "two": two, "exact": exact, "message": message,
    "features": features,
    "resume": exact_resume,
}))
"""


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    program = tmp_path_factory.mktemp("mirrored") / "program.py"
    program.write_text(_PROGRAM)
    done = subprocess.run(
        [sys.executable, str(program), str(program.parent)],
        cwd=_ROOT,
        env={
            "PYTHONPATH": str(_ROOT),
            "PATH": "/usr/bin:/bin",
            "TF_CPP_MIN_LOG_LEVEL": "3",
            "CUDA_VISIBLE_DEVICES": "",
        },
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr[-4000:]
    return json.loads(done.stdout.splitlines()[-1])


def test_two_devices_make_one_strategy(runs):
    assert runs["kind"] == "MirroredStrategy" and runs["replicas"] == 2


def test_losses_and_metrics_are_those_of_one_device(runs):
    one, two = runs["one"], runs["two"]
    assert one["steps"] == two["steps"] == 5
    assert two["loss"] == pytest.approx(one["loss"], abs=1e-5)
    assert two["top1"] == one["top1"]
    np.testing.assert_allclose(two["validation"], one["validation"], atol=1e-5)


def test_weights_are_those_of_one_device(runs):
    one, two = (runs[name]["weights"] for name in ("one", "two"))
    assert list(one) == list(two)
    assert sum("moving" in name for name in one) == 10
    for name, values in one.items():
        np.testing.assert_allclose(two[name], values, atol=1e-5, err_msg=name)


def test_velocities_are_those_of_one_device(runs):
    one, two = (runs[name]["velocities"] for name in ("one", "two"))
    assert len(one) == len(two) == 17
    for ours, theirs in zip(two, one, strict=True):
        np.testing.assert_allclose(ours, theirs, atol=1e-4)


def test_batch_norm_suits_the_devices(runs):
    assert runs["one"]["norms"] == ["FusedBatchNormalization"]
    assert runs["two"]["norms"] == ["BatchNormalization"]
    assert runs["two"]["synchronized"] == [True] * 5


def test_rates_and_checkpoints_are_those_of_one_device(runs):
    last = 0.05 * (1 + np.cos(np.pi * 4 / 5)) / 2
    for name in ("one", "two"):
        assert runs[name]["rate"] == pytest.approx(last, rel=1e-5)
        assert runs[name]["saved"] == [27, 0]


def test_every_example_is_judged_once_whatever_is_left_over(runs):
    counts = [count for count, _ in runs["exact"]]
    assert counts == [8, 9, 10, 11, 12, 13]
    assert max(off for _, off in runs["exact"]) < 1e-5


def test_features_of_several_stages_at_once(runs):
    shapes, off = zip(*runs["features"], strict=True)
    assert list(shapes) == [[13, 16, 16, 8], [13, 16]]
    assert max(off) < 1e-5


def test_a_batch_that_two_devices_cannot_share(runs):
    assert runs["message"] == (
        "`global_batch_size=7` cannot be shared evenly by 2 devices. "
        "Give a multiple of 2."
    )


def test_a_run_goes_on_to_the_bit(runs):
    found = runs["resume"]
    assert found["whole"] == found["again"] != found["half"]


def test_in_parts_clipped_and_averaged_it_is_that_of_one_device(runs):
    found = runs["resume"]
    one, two = found["norms"]
    assert one == pytest.approx(two, rel=1e-4)
    assert found["names"] > 12 and found["apart"] < 1e-5


def test_devices_drop_different_units(runs):
    for one, other in runs["resume"]["masks"]:
        assert one != other
        assert {*one, *other} == {0.0, 2.0}
    first, second, third = runs["resume"]["masks"]
    assert first != second != third
