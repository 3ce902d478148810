"""Running the phases of a plan, each as cheaply as it can be run.

What lies below the lowest stage that learns is a constant function of the
picture. Where a phase is long enough, its results are computed once
(`pipelines.features`) and the stages above learn from them.
"""

import dataclasses
import math
import time

import keras

import zoo
from pipelines.data.augmentation import AUGMENTATIONS
from pipelines.data.datasets import every_view
from pipelines.features.cache import Features
from pipelines.features.cache import evaluation_features
from pipelines.features.cache import training_features
from pipelines.features.extraction import Extractor
from pipelines.training.callbacks import CosineRestarts
from pipelines.training.run import Run
from pipelines.training.schedules import CosineSchedule
from pipelines.training.schedules import scaled_rate
from pipelines.training.trainer import Trainer
from pipelines.training.unfreezing import Phase
from pipelines.training.unfreezing import freeze_below
from zoo.errors import RequestError

_WARMUP = 0.1
# Epochs in which one view of a picture is shown once.
_EPOCHS_A_VIEW = 4
# A cache that saves less than this, in seconds, is not worth its tracing.
_WORTH = 3.0


@dataclasses.dataclass(frozen=True)
class PhaseData:
    """What a phase reads, and which part of the model reads it.

    Args:
        train: Pictures or features to learn from.
        validation: The same to judge by.
        learner: What learns from them, None for the whole model.
        frozen: What has to run before the learner, or None.
    """

    train: object
    validation: object
    learner: keras.Model | None = None
    frozen: keras.Model | None = None


def run_phase(
    run: Run,
    trainer: Trainer,
    phase: Phase,
    *,
    first_epoch: int,
    callbacks: list,
    progress=None,
) -> list[dict]:
    """Trains what a phase unfreezes and returns the logs of its epochs.

    Args:
        run: What is trained on what.
        trainer: Its steps so far are counted on.
        phase: Which stages learn, how long and how fast.
        first_epoch: The number of the phase's first epoch.
        callbacks: Of the whole run.
        progress: Called with the numbers of pictures done and in all, while
            features are computed.
    """
    config = run.config
    freeze_below(
        run.model, phase.stage, freeze_batch_norm=config.freeze_batch_norm
    )
    data = _data(run, trainer.global_step, phase, progress)
    steps = phase.epochs * data.train.steps_per_epoch
    warmup = round(_WARMUP * steps)
    schedule = CosineSchedule(
        peak=scaled_rate(phase.learning_rate, data.train.batch_size),
        first_cycle=max(1, steps - warmup),
        warmup=warmup,
    )
    return trainer.fit(
        data.train,
        data.validation,
        epochs=first_epoch + phase.epochs,
        first_epoch=first_epoch,
        callbacks=[CosineRestarts(schedule), *callbacks],
        learner=data.learner,
        frozen=data.frozen,
    )


def views_of(epochs: int, augmentation) -> int:
    """Returns in how many ways a cached picture is shown.

    Without augmentation all views are alike.
    """
    if augmentation == AUGMENTATIONS["none"]:
        return 1
    return math.ceil(epochs / _EPOCHS_A_VIEW)


def head_features(run: Run, progress=None) -> Features:
    """Returns what the head sees of the pictures to learn from, as they are.

    Args:
        run: What is trained on what.
        progress: Called with the numbers of pictures done and in all.

    Raises:
        RequestError: The model has weights between its features and its
            logits that no linear classifier takes the place of.
    """
    with run.strategy.scope():
        below, above = zoo.split(run.model, "head")
    if len([layer for layer in above.layers if layer.weights]) > 1:
        raise RequestError(
            f"--probe fits one linear layer, but the head of "
            f"{run.config.model} has several. Give --plan=head:20@0.4."
        )
    extractor = Extractor(below, run.strategy, run.folder.path)
    examples = run.splits.train
    data = run.evaluation_data(examples)
    values = extractor.run(data.dataset, len(examples), progress)
    return Features(examples, values)


def _data(run: Run, first_step: int, phase: Phase, progress) -> PhaseData:
    stage = phase.stage
    if stage == zoo.stages(run.model)[0].name:
        return PhaseData(run.training_data(first_step), run.validation_data())
    with run.strategy.scope():
        below, above = zoo.split(run.model, stage)
    views = views_of(phase.epochs, run.augmentation)
    cached = None
    if run.config.cache:
        cached = _cached(run, below, phase.epochs, views, progress)
    if cached is None:
        train = run.training_data(first_step)
        return PhaseData(train, run.validation_data(), above, below)
    train, validation = cached
    return PhaseData(
        training_features(
            train,
            batch_size=run.config.global_batch_size,
            seed=run.config.seed,
            first_step=first_step,
            balance=run.config.balance,
        ),
        evaluation_features(
            validation, batch_size=run.validation_data().batch_size
        ),
        above,
    )


def _cached(run: Run, below, epochs: int, views: int, progress):
    """Returns the features to learn from and to judge by, where they pay."""
    train, held_out = run.splits.train, run.splits.validation
    extractor = Extractor(below, run.strategy, run.folder.path)
    count = views * len(train)
    if epochs <= views:
        run.say("  no cache: so few epochs show no picture twice")
        return None
    if not extractor.has_room_for(count):
        size = extractor.bytes_of(count) / 2**30
        run.say(f"  no cache: {size:.1f} GiB of features have no room")
        return None
    validation = run.validation_data()
    judged = extractor.run(validation.dataset, len(held_out))
    if extractor.seconds_each is None:
        # So few that the time went into tracing: once more.
        started = time.perf_counter()
        extractor.run(validation.dataset, len(held_out))
        each = (time.perf_counter() - started) / len(held_out)
    else:
        each = extractor.seconds_each
    saved = each * (
        (epochs - views) * len(train) + (epochs - 1) * len(held_out)
    )
    if saved < _WORTH:
        run.say(f"  no cache: it would save {saved:.1f} s")
        return None
    run.say(
        f"  cache: {views} view(s) of {len(train):,} pictures, "
        f"{extractor.bytes_of(count) / 2**20:,.0f} MiB, in about "
        f"{each * count:.0f} s; saves about {saved:.0f} s"
    )
    dataset = every_view(
        train,
        zoo.preprocessing(run.model),
        augmentation=run.augmentation,
        batch_size=validation.batch_size,
        seed=run.config.seed,
        views=views,
    )
    learned = extractor.run(dataset, count, progress)
    return Features(train, learned, views), Features(held_out, judged)
