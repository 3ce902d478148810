"""Plans of fine-tuning: chosen, described, written as a command."""

import zoo
from pipelines.runs.settings import AUTO
from pipelines.runs.settings import default_of
from pipelines.training.config import FinetuneConfig
from pipelines.training.fine_tuning.unfreezing import Phase
from pipelines.training.fine_tuning.unfreezing import default_plan
from pipelines.training.fine_tuning.unfreezing import parse_plan
from pipelines.training.run import Run
from pipelines.training.schedules import scaled_rate

# Epochs: as few as that, and as many for a small set as show about so many
# pictures in all.
EPOCHS = 30
MOST_EPOCHS = 100
_PICTURES_SHOWN = 24_000
LEARNING_RATE = 0.4


def usual_epochs(pictures: int) -> int:
    """Returns how many epochs a set is fine-tuned for where nobody says it."""
    return max(EPOCHS, min(MOST_EPOCHS, _PICTURES_SHOWN // pictures))


def plan_of(
    config: FinetuneConfig, model, epochs: int = EPOCHS
) -> tuple[Phase, ...]:
    """Returns the plan that a configuration asks for.

    Args:
        config: What is asked for.
        model: Names the stages.
        epochs: Where the configuration does not say how many.
    """
    parameters = {stage.name: stage.parameters for stage in zoo.stages(model)}
    names = list(parameters)
    if config.plan:
        return parse_plan(config.plan, names)
    epochs = config.epochs or epochs
    rate = config.learning_rate
    rate = LEARNING_RATE if rate in (None, AUTO) else rate
    if config.weights is None:
        return (Phase(names[0], epochs, rate),)
    return default_plan(parameters, epochs, rate)


def as_command(config: FinetuneConfig) -> str:
    """Writes the command that says everything and leaves nothing open."""
    values = config.as_dict() | {"weights": config.weights or "none"}
    if config.train_size == config.image_size:
        values["train_size"] = None
    open_ones = ("epochs", "learning_rate", "fold")
    words = ["python -m apps.finetune"]
    for name, value in values.items():
        if value is None or name in open_ones or value == _unless(name):
            continue
        if isinstance(value, bool):
            words.append(f"--{'' if value else 'no'}{name}")
        else:
            words.append(f"--{name}={value}")
    return " ".join(words)


def _unless(name: str):
    """The value of a flag that need not be said: what nothing chooses."""
    return (
        None
        if name in ("augmentation", "precision")
        else default_of(FinetuneConfig, name)
    )


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
