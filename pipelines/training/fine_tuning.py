"""Fine-tuning: the head first, then stage by stage from the top."""

import dataclasses
from typing import ClassVar

import zoo
from pipelines.training.callbacks import CosineRestarts
from pipelines.training.config import RunConfig
from pipelines.training.optimizers import SGDWithL2
from pipelines.training.preparation import Run
from pipelines.training.preparation import prepare
from pipelines.training.schedules import CosineSchedule
from pipelines.training.schedules import scaled_rate
from pipelines.training.trainer import Trainer
from pipelines.training.unfreezing import Phase
from pipelines.training.unfreezing import default_plan
from pipelines.training.unfreezing import freeze_below
from pipelines.training.unfreezing import parse_plan
from zoo.errors import RequestError

EPOCHS = 30
LEARNING_RATE = 0.4
_WARMUP = 0.1


@dataclasses.dataclass(frozen=True)
class FinetuneConfig(RunConfig):
    """What `finetune` is asked to do.

    Args:
        plan: Phases in words (see `parse_plan`), or None for the default.
    """

    # A short run from good features gains nothing from hard crops.
    PHOTO_AUGMENTATION: ClassVar[str] = "gentle"

    plan: str | None = None

    def __post_init__(self):
        super().__post_init__()
        if self.plan and (self.epochs or self.learning_rate):
            raise RequestError(
                "--plan says epochs and rates itself. Give either --plan, or "
                "--epochs and --learning_rate."
            )


def double_size(own: int, smallest: int) -> int:
    """Chooses a size for fine-tuning on photos.

    A network made for pictures of 32 pixels has features of that scale;
    photos hold more, and twice the side shows it at four times the cost.
    """
    return 2 * own if own <= 64 and smallest >= 2 * own else own


def finetune(config: FinetuneConfig, *, say=print, progress=None) -> dict:
    """Fine-tunes a model and leaves a run folder behind.

    With no weights there is nothing to keep, and the whole network learns
    from the start.

    Args:
        config: What is asked for.
        say: Tells a person something in one line.
        progress: Called with the numbers of pictures checked and in all.

    Returns:
        `examples`, `loss`, `top1`, `top5` on the held-out part, `seconds`.

    Raises:
        RequestError: Something asked for does not exist or does not fit.
        DataError: The pictures cannot be trained on.
        IntegrityError: The weights are damaged.
    """
    run = prepare(
        config,
        say=say,
        progress=progress,
        choose_image_size=double_size,
        check_model=lambda model: plan_of(config, model),
    )
    plan = plan_of(run.config, run.model)
    say(f"plan: {', '.join(map(str, plan))}")
    for line in describe_plan(plan, run):
        say(f"  {line}")
    with run.strategy.scope():
        optimizer = SGDWithL2(l2=config.weight_decay)
    trainer = Trainer(
        run.model,
        optimizer,
        run.strategy,
        label_smoothing=config.label_smoothing,
    )
    epochs = sum(phase.epochs for phase in plan)
    common = run.callbacks(run.training_data(), epochs)
    history = []
    for phase in plan:
        history += _run_phase(run, trainer, phase, len(history), common)
    return run.finish(history)


def plan_of(config: FinetuneConfig, model) -> tuple[Phase, ...]:
    """Returns the plan that a configuration asks for."""
    names = [stage.name for stage in zoo.stages(model)]
    if config.plan:
        return parse_plan(config.plan, names)
    epochs = config.epochs or EPOCHS
    rate = config.learning_rate or LEARNING_RATE
    if config.weights is None:
        return (Phase(names[0], epochs, rate),)
    return default_plan(names, epochs, rate)


def describe_plan(plan: tuple[Phase, ...], run: Run) -> list[str]:
    """Says, a line a phase, what learns, for how long and at which rate."""
    stages = zoo.stages(run.model)
    names = [stage.name for stage in stages]
    lines = []
    for number, phase in enumerate(plan, start=1):
        learning = stages[names.index(phase.stage) :]
        weights = sum(stage.parameters for stage in learning)
        rate = scaled_rate(phase.learning_rate, run.config.global_batch_size)
        first, last = learning[0].name, learning[-1].name
        what = last if first == last else f"{first} … {last}"
        lines.append(
            f"{number}. {what} ({weights:,} weights), {phase.epochs} "
            f"epoch(s), learning rate up to {rate:.3g}"
        )
    return lines


def _run_phase(
    run: Run, trainer: Trainer, phase: Phase, first_epoch: int, common: list
) -> list[dict]:
    freeze_below(run.model, phase.stage)
    data = run.training_data(first_step=trainer.global_step)
    steps = phase.epochs * data.steps_per_epoch
    warmup = round(_WARMUP * steps)
    schedule = CosineSchedule(
        peak=scaled_rate(phase.learning_rate, data.batch_size),
        first_cycle=max(1, steps - warmup),
        warmup=warmup,
    )
    return trainer.fit(
        data,
        run.validation_data(),
        epochs=first_epoch + phase.epochs,
        first_epoch=first_epoch,
        callbacks=[CosineRestarts(schedule), *common],
    )
