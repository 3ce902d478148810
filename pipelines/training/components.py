"""What a run learns with, made from its settings: here and nowhere else.

Optimizer, schedule, task and mixing, for training from scratch and for every
phase of a plan.
"""

import keras

from pipelines.batches.mixing import Mixing
from pipelines.batches.progressive import SizeStage
from pipelines.batches.progressive import progressive_stages
from pipelines.data.examples import Examples
from pipelines.runs.config import RunConfig
from pipelines.tasks.table import kind_of
from pipelines.tasks.task import Task
from pipelines.training.config import schedule_wish
from pipelines.training.defaults import usual_warmup
from pipelines.training.fine_tuning.freezing import stage_rates
from pipelines.training.fine_tuning.plan import Phase
from pipelines.training.fine_tuning.plan import Plan
from pipelines.training.optimizers import OPTIMIZERS
from pipelines.training.optimizers import in_precision
from pipelines.training.optimizers import with_rates
from pipelines.training.schedules import Schedule

# Growing sizes are multiples of what networks halve a picture to; those for
# small pictures halve it less often.
_SIZES_APART = 32
_SMALL_APART = 4
_SMALL_SIZE = 128


def optimizer_of(
    config: RunConfig, model: keras.Model | None = None
) -> keras.optimizers.Optimizer:
    """Returns the optimizer; to be called in a strategy's scope.

    With float16 a `LossScaleOptimizer` is around it. Its rate is set anew
    before each step, by the schedule.

    Args:
        config: With all defaults filled in.
        model: What it is for; all of it is trainable. Needed where stages
            have rates of their own, for which the optimizer is built.
    """
    row = OPTIMIZERS[config.optimizer]
    optimizer = row.build(
        row.learning_rate, config.weight_decay, config.momentum
    )
    if config.stage_lr_decay != 1.0:
        factors = stage_rates(model, config.stage_lr_decay)
        with_rates(optimizer, model.trainable_variables, factors)
    return in_precision(optimizer, config.precision)


def schedule_of(
    config: RunConfig, phase: Phase, steps_per_epoch: int
) -> Schedule:
    """Returns the schedule that fills a phase.

    Args:
        config: With all defaults filled in.
        phase: Says how long and how fast.
        steps_per_epoch: Of the run.

    Raises:
        RequestError: The warm-up is as long as the phase.
    """
    wish = schedule_wish(config, usual_warmup(config))
    return wish.fill(phase, steps_per_epoch, config.global_batch_size)


def check_schedule(config: RunConfig, plan: Plan, steps: int) -> None:
    """Refuses what the rate cannot do in a run.

    Args:
        config: With all defaults filled in.
        plan: Whose phases have a schedule each.
        steps: Of an epoch.

    Raises:
        RequestError: A warm-up, a cycle or a milestone has no room.
    """
    wish = schedule_wish(config, usual_warmup(config))
    wish.check(plan, steps, config.global_batch_size)


def task_of(config: RunConfig, examples: Examples) -> Task:
    """Returns what is learned.

    Args:
        config: With all defaults filled in.
        examples: The pictures to learn from.

    Raises:
        DataError: They do not fit.
    """
    return kind_of(config).of(config, examples)


def mixing_of(config: RunConfig, epochs: int) -> Mixing | None:
    """Returns how the pictures of a batch are mixed, if they are.

    Args:
        config: Says how.
        epochs: Of the whole run.

    Raises:
        RequestError: A value is out of its range.
    """
    if not config.mixup and not config.cutmix:
        return None
    mixed = max(0, epochs - config.mixing_off_for_last)
    return Mixing(config.mixup, config.cutmix, epochs=mixed)


def sizes_of(config: RunConfig, epochs: int) -> tuple[SizeStage, ...]:
    """Returns the sizes of pictures to learn from, one after the other.

    Args:
        config: With all defaults filled in.
        epochs: Of the whole run.
    """
    smallest, size = config.progressive_from, config.train_size
    return progressive_stages(
        smallest or size,
        size,
        epochs,
        stages=4 if smallest else 1,
        multiple=_SIZES_APART if size >= _SMALL_SIZE else _SMALL_APART,
    )
