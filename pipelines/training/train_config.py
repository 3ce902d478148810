"""What training from scratch is asked to do, and what that is made into."""

import dataclasses

import keras

from pipelines.batches.mixing import Mixing
from pipelines.data.balance import class_weights
from pipelines.data.balance import logit_adjustment
from pipelines.data.examples import Examples
from pipelines.runs.config import AUTO
from pipelines.runs.config import RunConfig
from pipelines.training.losses import Loss
from pipelines.training.optimizers import OPTIMIZERS
from pipelines.training.optimizers import in_precision
from pipelines.training.schedules import RunLength
from pipelines.training.schedules import Schedule
from pipelines.training.schedules import ScheduleWish
from pipelines.training.schedules import scaled_rate
from zoo.errors import RequestError

EPOCHS = 30
LEARNING_RATE = OPTIMIZERS["sgd"].learning_rate


@dataclasses.dataclass(frozen=True)
class TrainConfig(RunConfig):
    """What `train` is asked to do.

    Args:
        recipe: The name of the recipe that the other values come from, where
            one was given; changes nothing by itself.
        optimizer: One of `OPTIMIZERS`.
        momentum: Of the optimizer, in [0, 1); the first beta of Adam's kind.
        schedule: One of `SCHEDULES`.
        warmup: How long the rate rises, as `duration_in_steps` reads it;
            None for the schedule's own.
        milestones: Where a `step` schedule falls, or how often an
            `exponential` one does; such as `("30ep", "60ep")`.
        decay: What the rate is multiplied by there, or the power of a
            `polynomial`; None for the schedule's own.
        cycles: Cosine cycles, each twice as long as the one before; together
            they fill the run.
        snapshots: Whether the model of each cycle's end is kept.
        loss: One of `LOSSES`.
        target_threshold: See `binary_cross_entropy`.
        class_weights: How far rare classes weigh more, 0…1: the power of
            `pipelines.data.balance.class_weights`.
        logit_adjustment: Tau of `pipelines.data.balance.logit_adjustment`.
        label_noise: Part of the training labels that is made wrong.
        mixup: MixUp's alpha, 0 for none; see `Mixing`.
        cutmix: CutMix's alpha, 0 for none.
        mixing_off_for_last: Epochs at the end in which nothing is mixed.
        repeats: How often a picture comes in a batch.
    """

    recipe: str | None = None
    optimizer: str = "sgd"
    momentum: float = 0.9
    schedule: str = "cosine"
    warmup: str | None = None
    milestones: tuple[str, ...] = ()
    decay: float | None = None
    cycles: int = 1
    snapshots: bool = False
    loss: str = "softmax"
    target_threshold: float | None = None
    class_weights: float = 0.0
    logit_adjustment: float = 0.0
    label_noise: float = 0.0
    mixup: float = 0.0
    cutmix: float = 0.0
    mixing_off_for_last: int = 0
    repeats: int = 1

    def __post_init__(self):
        super().__post_init__()
        if AUTO in (self.weights, self.learning_rate) or self.model is None:
            raise RequestError(
                "Only apps.finetune chooses model, weights and learning rate "
                "by itself. Give --model, --weights and a number."
            )
        self._check_ranges(_RANGES)
        self._check_choice("optimizer", OPTIMIZERS)
        if self.snapshots and self.schedule != "cosine":
            raise RequestError(
                "--snapshots are the ends of cosine cycles, which "
                f"--schedule={self.schedule} has none of. Leave one out."
            )
        # These check what they are made of.
        mixing_of(self)
        _wish(self).fit(1.0, RunLength(self.epochs or EPOCHS, _MANY, 1))
        _plain_loss(self)


# Steps of an epoch that is not known yet: more than any has.
_MANY = 10**9
# Smallest and largest value of each number, both allowed.
_RANGES = (
    ("momentum", 0, 0.9999),
    ("cycles", 1, 12),
    ("class_weights", 0, 1),
    ("logit_adjustment", 0, 10),
    ("label_noise", 0, 1),
    ("mixing_off_for_last", 0, 10**6),
    ("repeats", 1, 10**6),
)


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
    return _wish(config).fit(
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


def _wish(config: TrainConfig) -> ScheduleWish:
    return ScheduleWish(
        config.schedule,
        config.warmup,
        tuple(config.milestones),
        config.decay,
        config.cycles,
    )


def _plain_loss(config: TrainConfig) -> Loss:
    """The loss before the classes of the pictures are known."""
    return Loss(
        config.loss,
        label_smoothing=config.label_smoothing,
        target_threshold=config.target_threshold,
    )
