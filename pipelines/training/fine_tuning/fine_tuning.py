"""Fine-tuning: the head first, then stage by stage from the top."""

from pipelines.devices.strategy import check_one_host
from pipelines.runs.interruption import stop_requests
from pipelines.runs.modes import FIND_RATE
from pipelines.runs.modes import refuse_unused
from pipelines.runs.options import RunOptions
from pipelines.runs.settings import AUTO
from pipelines.training.building import make_trainer
from pipelines.training.choices import Choice
from pipelines.training.config import FinetuneConfig
from pipelines.training.fine_tuning.looking_ahead import look_ahead
from pipelines.training.fine_tuning.outlook import Outlook
from pipelines.training.fine_tuning.phases import describe_plan
from pipelines.training.fine_tuning.phases import describe_sizes
from pipelines.training.fine_tuning.phases import run_plan
from pipelines.training.fine_tuning.plan import in_words
from pipelines.training.fine_tuning.plan_checks import check_plan
from pipelines.training.fine_tuning.probing import probe_run
from pipelines.training.fine_tuning.rate_curve import draw_rates
from pipelines.training.fine_tuning.rate_finder import find_rate
from pipelines.training.finished import Finished
from pipelines.training.finishing import finish
from pipelines.training.full_command import as_command
from pipelines.training.optimizers import OPTIMIZERS
from pipelines.training.plan_of_model import plan_for
from pipelines.training.preparation import prepare
from pipelines.training.run import Run
from pipelines.training.trainer import Trainer
from pipelines.waiting.heartbeat import heartbeat

RATES = "learning_rate.png"


@heartbeat()
def finetune_run(
    config: FinetuneConfig,
    *,
    options: RunOptions | None = None,
    say=print,
    progress=None,
) -> Finished:
    """Fine-tunes a model and leaves a run folder behind.

    With no weights there is nothing to keep, and the whole network learns
    from the start.

    Args:
        config: What is asked for.
        options: How the run is carried out; the usual where None.
        say: Tells a person something in one line.
        progress: Called with the numbers of pictures done and in all.

    Raises:
        RequestError: Something asked for does not exist or does not fit.
        DataError: The pictures cannot be trained on.
        IntegrityError: The weights, or all checkpoints, are damaged.
        Interrupted: It was asked to stop; what it had reached is saved.
    """
    run = prepare(config, options=options, say=say, progress=progress)
    return fine_tune(run, progress)


def fine_tune(run: Run, progress=None, more=None) -> Finished:
    """Carries a fine-tuning out that has been prepared.

    Args:
        run: From `pipelines.training.preparation`.
        progress: Called with the numbers of pictures done and in all.
        more: Returns more metrics (`pipelines.training.finishing.finish`).

    Raises:
        DataError: A picture has changed, or the loss is no finite number.
        Interrupted: It was asked to stop; what it had reached is saved.
    """
    with run.folder, stop_requests() as run.stop:
        look = look_ahead(run, progress)
        if run.config.probe:
            _tell(run)
            return probe_run(run, progress, more, look.probe if look else None)
        trainer = make_trainer(run)
        _decide(run, trainer, look.outlook if look else None)
        _tell(run)
        run.say(
            f"plan: {in_words(run.config.plan)} by {run.config.optimizer}, "
            f"{run.config.schedule}"
        )
        for line in [*describe_plan(run), describe_sizes(run)]:
            if line:
                run.say(f"  {line}")
        run_plan(run, trainer, progress)
        return finish(run, trainer.history, more)


def _tell(run: Run) -> None:
    """Says what was chosen, and the command that leaves nothing open."""
    run.tell_choices()
    run.say(f"the same in full: {as_command(run.config)}")


@heartbeat()
def find_rate_run(
    config: FinetuneConfig,
    *,
    options: RunOptions | None = None,
    say=print,
    progress=None,
) -> float | None:
    """Looks for a learning rate, draws it into the folder and returns it.

    Args:
        config: What is asked for.
        options: How it is carried out, on one host; the usual where None.
        say: Tells a person something in one line.
        progress: Called with the numbers of pictures done and in all.

    Returns:
        The rate; None where the loss falls nowhere clearly.

    Raises:
        RequestError: Something asked for does not exist or does not fit.
        DataError: The pictures cannot be trained on.
        IntegrityError: The weights are damaged.
    """
    refuse_unused(config, FIND_RATE)
    options = options or RunOptions()
    check_one_host(options.cluster, "find_lr")
    run = prepare(config, options=options, say=say, progress=progress)
    with run.folder:
        run.tell_choices()
        return _find_rate(run, make_trainer(run))


def _decide(run: Run, trainer: Trainer, outlook: Outlook | None) -> None:
    """Chooses epochs and rates where they are open, and writes the plan down.

    Where the run goes on, they have been chosen before.
    """
    choices = {}
    if run.config.learning_rate == AUTO:
        rate = _find_rate(run, trainer)
        run.settle(learning_rate=rate)
        if rate is not None:
            why = f"the middle of where the loss is lowest ({RATES})"
            choices["learning_rate"] = Choice(rate, why)
    run.plan, chosen = plan_for(
        run.config, run.model, len(run.splits.train), outlook
    )
    check_plan(run)
    if run.config.plan is None:
        wise_ft = run.config.wise_ft
        if "wise_ft" in chosen:
            wise_ft = chosen["wise_ft"].value
        run.settle(
            choices | chosen,
            wise_ft=wise_ft,
            plan=in_words(run.plan),
            epochs=None,
            learning_rate=None,
        )


def _find_rate(run: Run, trainer: Trainer) -> float | None:
    sgd, own = OPTIMIZERS["sgd"], OPTIMIZERS[run.config.optimizer]
    curve = find_rate(
        trainer,
        run.training_data(),
        model=run.train_model(),
        scale=own.fine_tuning_rate / sgd.fine_tuning_rate,
    )
    picture = run.folder.path / RATES
    draw_rates(curve, picture, run.task)
    if curve.best is None:
        run.say(
            f"no learning rate makes the loss fall clearly in "
            f"{len(curve.rates)} steps ({picture}): the usual one is taken"
        )
        return None
    named = [f"{name} {rate:.3g}" for name, rate in curve.candidates.items()]
    run.say(
        f"learning rate {curve.best:.3g} found in {len(curve.rates)} steps: "
        f"{', '.join(named)} ({picture})"
    )
    return float(f"{curve.best:.3g}")
