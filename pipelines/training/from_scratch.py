"""Training a whole network, from scratch or from weights."""

from collections.abc import Callable

from pipelines.runs.interruption import stop_requests
from pipelines.runs.options import RunOptions
from pipelines.training.building import make_trainer
from pipelines.training.components import schedule_of
from pipelines.training.config import TrainConfig
from pipelines.training.fine_tuning.phases import describe_sizes
from pipelines.training.fine_tuning.phases import run_plan
from pipelines.training.fine_tuning.phases import steps_per_epoch
from pipelines.training.finished import Finished
from pipelines.training.finishing import finish
from pipelines.training.full_command import as_command
from pipelines.training.preparation import prepare
from pipelines.training.run import Run
from pipelines.waiting.heartbeat import heartbeat


@heartbeat()
def train(
    config: TrainConfig,
    *,
    options: RunOptions | None = None,
    say: Callable[[str], object] = print,
    progress: Callable[[int, int], object] | None = None,
) -> Finished:
    """Trains a model and leaves a run folder behind.

    The model saved is that of the last epoch: it has not been chosen by the
    pictures that it is judged by. The best one is kept among the checkpoints.
    Where the folder holds the same run, not finished, it goes on, and ends
    bit for bit as if it had never been stopped.

    Args:
        config: What is asked for.
        options: How the run is carried out; the usual where None.
        say: Tells a person something in one line.
        progress: Called with the numbers of pictures checked and in all.

    Raises:
        RequestError: Something asked for does not exist or does not fit.
        DataError: The pictures cannot be trained on, or the loss is no
            finite number any more.
        IntegrityError: The weights, or all checkpoints, are damaged.
        Interrupted: It was asked to stop; what it had reached is saved.
        WorkerLost: Another host of the run is gone.
    """
    run = prepare(config, options=options, say=say, progress=progress)
    with run.folder, stop_requests() as run.stop:
        trainer = make_trainer(run)
        run.tell_choices()
        say(f"the same in full: {as_command(run.config)}")
        say(describe(run))
        if describe_sizes(run):
            say(describe_sizes(run))
        run_plan(run, trainer, progress)
        return finish(run, trainer.history)


def describe(run: Run) -> str:
    """Says in one line how a run learns whose plan is one phase."""
    config, (phase,) = run.config, run.plan
    steps = steps_per_epoch(run)
    schedule = schedule_of(config, phase, steps)
    cycles = f" in {config.cycles} cycles" if config.cycles > 1 else ""
    return (
        f"{config.optimizer}, learning rate up to {schedule.peak:.4g} for "
        f"batches of {config.global_batch_size}, warm-up {schedule.warmup} "
        f"steps, {config.schedule}{cycles}, {phase.epochs} epochs of {steps} "
        "steps"
    )
