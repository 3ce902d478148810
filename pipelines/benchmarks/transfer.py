"""Fine-tuning here against fine-tuning as Keras's guide shows it.

The guide "Transfer learning & fine-tuning" keeps resized pictures in memory
and calls `fit` with the lower layers frozen: they are computed again in every
epoch. Both ways start from the same weights and take the same steps, at the
same rates, on the same pictures without augmentation.
"""

import dataclasses
import os
import tempfile
import time

import keras
import tensorflow as tf

import zoo
from pipelines.batches.evaluation_data import evaluation_data
from pipelines.data.sources.opening import open_splits
from pipelines.training.config import FinetuneConfig
from pipelines.training.fine_tuning.fine_tuning import finetune_run
from pipelines.training.fine_tuning.freezing import freeze_below
from pipelines.training.fine_tuning.plan import Phase
from pipelines.training.fine_tuning.plan import parse_plan
from pipelines.training.optimizers import SGDWithL2
from pipelines.training.schedules import scaled_rate

BATCH = 32
_SETTLING = 12


@dataclasses.dataclass(frozen=True)
class Case:
    """A network to fine-tune.

    Args:
        name: What the results call it.
        model: One of `zoo.list_models()`.
        weights: Registered weights, or None for random ones.
        image_size: In pixels.
        plan: In words.
    """

    name: str
    model: str
    weights: str | None
    image_size: int
    plan: str


TASKS = (
    Case("head", "resnet50", None, 160, "head:20@0.02"),
    Case(
        "whole",
        "resnet20",
        "cifar10",
        64,
        "head:20@0.4,stage3:8@0.4,stage2:2@0.04",
    ),
    # What is chosen where no plan is given: most of its time goes into the
    # whole network, where nothing can be kept.
    Case(
        "usual",
        "resnet20",
        "cifar10",
        64,
        "head:4@0.4,stage3:18@0.4,all:8@0.2",
    ),
)


def benchmark_transfer(data: str, *, tasks=TASKS, say=print) -> dict:
    """Fine-tunes in both ways and returns how much faster ours is.

    Args:
        data: The pictures.
        tasks: What is fine-tuned.
        say: Tells a person something in one line.

    Returns:
        For each task `NAME_speedup`, `NAME_seconds`, `NAME_keras_seconds`,
        `NAME_accuracy` and `NAME_keras_accuracy` (top-1, 0…1). Counted is
        training with its validation, ours with the features that it
        computes; not reading weights, checking pictures or saving.
    """
    results = {}
    with tempfile.TemporaryDirectory() as folder:
        for task in tasks:
            start = _start(task, data, folder)
            theirs = _keras_way(task, data, start)
            ours = _our_way(task, data, start, folder)
            results |= {
                f"{task.name}_speedup": theirs[0] / ours[0],
                f"{task.name}_seconds": ours[0],
                f"{task.name}_keras_seconds": theirs[0],
                f"{task.name}_accuracy": ours[1],
                f"{task.name}_keras_accuracy": theirs[1],
            }
            say(
                f"{task.name:6} {task.model} at {task.image_size} px: "
                f"{ours[0]:6.1f} s here ({ours[1]:.1%}), {theirs[0]:6.1f} s "
                f"with fit ({theirs[1]:.1%}): {theirs[0] / ours[0]:.1f} x"
            )
    return results


def _start(task: Case, data: str, folder: str) -> str:
    """Writes the weights that both begin with, and returns their path."""
    keras.utils.set_random_seed(0)
    classes = len(open_splits(data).train.class_names)
    side = task.image_size
    model = zoo.create_model(
        task.model,
        classes=classes,
        weights=task.weights,
        input_shape=(side, side, 3),
    )
    if task.weights is None:
        _settle(model, open_splits(data).train)
    path = os.path.join(folder, f"{task.name}.safetensors")
    zoo.save_weights(model, path)
    return path


def _settle(model, examples) -> None:
    """Gives a random network's BatchNorm the statistics of its features."""
    for images, _ in _pictures(examples, model).batch(BATCH).take(_SETTLING):
        model(images, training=True)


def _our_way(task: Case, data: str, start: str, folder: str):
    """Returns the seconds and the accuracy of a run."""
    finished = finetune_run(
        FinetuneConfig(
            data=data,
            model=task.model,
            weights=start,
            output=os.path.join(folder, f"run-{task.name}"),
            plan=task.plan,
            image_size=task.image_size,
            global_batch_size=BATCH,
            augmentation="none",
            upscale=True,
        ),
        say=lambda line: None,
    )
    return finished.metrics["seconds"], finished.metrics["top1"]


def _keras_way(task: Case, data: str, start: str):
    """Returns seconds and accuracy of `fit`, phase by phase."""
    splits = open_splits(data)
    side = task.image_size
    model = zoo.create_model(
        task.model,
        classes=len(splits.train.class_names),
        weights=start,
        input_shape=(side, side, 3),
    )
    train = _pictures(splits.train, model)
    validation = _pictures(splits.validation, model).batch(BATCH)
    names = [stage.name for stage in zoo.stages(model)]
    started = time.perf_counter()
    for phase in parse_plan(task.plan, names):
        freeze_below(model, phase.stage)
        model.compile(
            optimizer=SGDWithL2(_cosine(phase, len(splits.train)), l2=1e-4),
            loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
            metrics=["accuracy"],
        )
        history = model.fit(
            train.shuffle(len(splits.train)).batch(BATCH).prefetch(2),
            validation_data=validation.prefetch(2),
            epochs=phase.epochs,
            shuffle=False,
            verbose=0,
        )
    seconds = time.perf_counter() - started
    return seconds, history.history["val_accuracy"][-1]


def _pictures(examples, model) -> tf.data.Dataset:
    """Resized pictures, kept in memory from the first epoch on."""
    data = evaluation_data(
        examples, zoo.preprocessing(model), batch_size=min(64, len(examples))
    )
    return (
        data.dataset.unbatch()
        .take(len(examples))
        .map(lambda image, label, _: (image, label))
        .cache()
    )


def _cosine(phase: Phase, examples: int):
    steps = phase.epochs * -(-examples // BATCH)
    warmup = round(0.1 * steps)
    peak = scaled_rate(phase.learning_rate, BATCH)
    if not warmup:
        return keras.optimizers.schedules.CosineDecay(peak, steps)
    return keras.optimizers.schedules.CosineDecay(
        0.0, steps - warmup, warmup_target=peak, warmup_steps=warmup
    )
