"""What training from scratch is asked to do, and what that is made into."""

import dataclasses

import keras

from pipelines.batches.mixing import Mixing
from pipelines.data.balance import class_weights
from pipelines.data.balance import logit_adjustment
from pipelines.data.examples import Examples
from pipelines.training.config import EPOCHS
from pipelines.training.config import TrainConfig
from pipelines.training.config import schedule_wish
from pipelines.training.losses import Loss
from pipelines.training.optimizers import OPTIMIZERS
from pipelines.training.optimizers import in_precision
from pipelines.training.schedules import RunLength
from pipelines.training.schedules import Schedule
from pipelines.training.schedules import scaled_rate

LEARNING_RATE = OPTIMIZERS["sgd"].learning_rate


def filled(config: TrainConfig) -> TrainConfig:
    """Returns the configuration with all defaults that need no pictures."""
    corrected = config.class_weights or config.logit_adjustment
    return config.resolved(
        epochs=config.epochs or EPOCHS,
        learning_rate=config.learning_rate
        or OPTIMIZERS[config.optimizer].learning_rate,
        # What the loss makes up for is not made up for twice.
        balance=0.0 if corrected and config.balance is None else config.balance,
    )


def optimizer_of(config: TrainConfig) -> keras.optimizers.Optimizer:
    """Returns the optimizer, not built; to be called in a strategy's scope.

    With float16 a `LossScaleOptimizer` is around it.
    """
    row = OPTIMIZERS[config.optimizer]
    rate = config.learning_rate or row.learning_rate
    optimizer = row.build(rate, config.weight_decay, config.momentum)
    return in_precision(optimizer, config.precision)


def schedule_of(config: TrainConfig, steps_per_epoch: int) -> Schedule:
    """Returns the schedule that fills a run.

    Args:
        config: With epochs, batch size and learning rate filled in.
        steps_per_epoch: Of the run.

    Raises:
        RequestError: The warm-up is as long as the run.
    """
    return schedule_wish(config).fit(
        scaled_rate(config.learning_rate, config.global_batch_size),
        RunLength(config.epochs, steps_per_epoch, config.global_batch_size),
    )


def loss_of(config: TrainConfig, examples: Examples) -> Loss:
    """Returns the loss.

    Args:
        config: Says which.
        examples: The pictures to learn from, whose classes it counts.

    Raises:
        DataError: Logit adjustment meets a class without pictures.
    """
    changes = {}
    if config.class_weights:
        weights = class_weights(examples.counts(), config.class_weights)
        changes["class_weights"] = tuple(weights.tolist())
    if config.logit_adjustment:
        added = logit_adjustment(examples.counts(), config.logit_adjustment)
        changes["adjustment"] = tuple(added.tolist())
    return dataclasses.replace(_plain_loss(config), **changes)


def mixing_of(config: TrainConfig) -> Mixing | None:
    """Returns how the pictures of a batch are mixed, if they are.

    Raises:
        RequestError: A value is out of its range.
    """
    if not config.mixup and not config.cutmix:
        return None
    epochs = (config.epochs or EPOCHS) - config.mixing_off_for_last
    return Mixing(config.mixup, config.cutmix, epochs=max(0, epochs))


def _plain_loss(config: TrainConfig) -> Loss:
    """The loss before the classes of the pictures are known."""
    return Loss(
        config.loss,
        label_smoothing=config.label_smoothing,
        target_threshold=config.target_threshold,
    )
