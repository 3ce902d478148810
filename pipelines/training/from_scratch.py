"""Training a whole network, from scratch or from weights."""

import dataclasses

from pipelines.data.augmenting.mixing import Mixing
from pipelines.training.callbacks import CosineRestarts
from pipelines.training.config import AUTO
from pipelines.training.config import RunConfig
from pipelines.training.optimizers import SGDWithL2
from pipelines.training.preparation import prepare
from pipelines.training.run import Finished
from pipelines.training.schedules import CosineSchedule
from pipelines.training.schedules import fill_with_cycles
from pipelines.training.schedules import scaled_rate
from pipelines.training.trainer import Trainer
from zoo.errors import RequestError

EPOCHS = 30
LEARNING_RATE = 0.2
_PERIOD_MULTIPLIER = 2.0
# The part of a run in which the rate rises.
_WARMUP = 0.05


@dataclasses.dataclass(frozen=True)
class TrainConfig(RunConfig):
    """What `train` is asked to do.

    Args:
        cycles: Cosine cycles, each twice as long as the one before; together
            they fill the run.
        mixup: MixUp's alpha, 0 for none; see `Mixing`.
        cutmix: CutMix's alpha, 0 for none.
        mixing_off_for_last: Epochs at the end in which nothing is mixed.
        repeats: How often a picture comes in a batch.
    """

    cycles: int = 1
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
        mixing_of(self)
        if self.repeats < 1 or self.mixing_off_for_last < 0:
            raise RequestError(
                "--repeats is at least 1 and --mixing_off_for_last is not "
                f"negative. Received: {self.repeats}, "
                f"{self.mixing_off_for_last}"
            )
        if not 1 <= self.cycles <= 12:
            raise RequestError(
                f"--cycles lies in 1…12. Received: {self.cycles}"
            )


def train(config: TrainConfig, *, say=print, progress=None) -> Finished:
    """Trains a model and leaves a run folder behind.

    The model saved is that of the last epoch: it has not been chosen by the
    pictures that it is judged by. The best one is kept among the checkpoints.

    Args:
        config: What is asked for.
        say: Tells a person something in one line.
        progress: Called with the numbers of pictures checked and in all.

    Raises:
        RequestError: Something asked for does not exist or does not fit.
        DataError: The pictures cannot be trained on.
        IntegrityError: The weights are damaged.
    """
    config = config.resolved(
        epochs=config.epochs or EPOCHS,
        learning_rate=config.learning_rate or LEARNING_RATE,
    )
    run = prepare(config, say=say, progress=progress)
    config = run.config
    with run.strategy.scope():
        optimizer = SGDWithL2(l2=config.weight_decay)
    trainer = Trainer(
        run.model,
        optimizer,
        run.strategy,
        label_smoothing=config.label_smoothing,
    )
    data = run.training_data(mixing=mixing_of(config), repeats=config.repeats)
    schedule = schedule_of(config, data.steps_per_epoch)
    say(
        f"learning rate up to {schedule.peak:.4g} for batches of "
        f"{config.global_batch_size}, warm-up {schedule.warmup} steps, "
        f"{config.cycles} cosine cycle(s), {config.epochs} epochs of "
        f"{data.steps_per_epoch} steps"
    )
    history = trainer.fit(
        data,
        run.validation_data(),
        epochs=config.epochs,
        callbacks=[
            CosineRestarts(schedule),
            *run.callbacks(data, config.epochs),
        ],
    )
    return run.finish(history)


def mixing_of(config: TrainConfig) -> Mixing | None:
    """Returns how the pictures of a batch are mixed, if they are.

    Raises:
        RequestError: A value is out of its range.
    """
    if not config.mixup and not config.cutmix:
        return None
    epochs = (config.epochs or EPOCHS) - config.mixing_off_for_last
    return Mixing(config.mixup, config.cutmix, epochs=max(0, epochs))


def schedule_of(config: TrainConfig, steps_per_epoch: int) -> CosineSchedule:
    """Returns the schedule that fills a run."""
    steps = config.epochs * steps_per_epoch
    warmup = round(_WARMUP * steps)
    return CosineSchedule(
        peak=scaled_rate(config.learning_rate, config.global_batch_size),
        first_cycle=fill_with_cycles(
            steps - warmup, config.cycles, _PERIOD_MULTIPLIER
        ),
        warmup=warmup,
        period_multiplier=_PERIOD_MULTIPLIER,
    )
