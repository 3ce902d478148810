"""Fine-tuning: the head first, then stage by stage from the top."""

import zoo
from pipelines.runs.interruption import stop_requests
from pipelines.runs.options import RunOptions
from pipelines.runs.settings import AUTO
from pipelines.training.building import build_model
from pipelines.training.callbacks import BestWeights
from pipelines.training.config import FinetuneConfig
from pipelines.training.defaults import choose_splits
from pipelines.training.fine_tuning.feature_cache import FeatureCache
from pipelines.training.fine_tuning.phases import run_phase
from pipelines.training.fine_tuning.plan import as_command
from pipelines.training.fine_tuning.plan import describe_plan
from pipelines.training.fine_tuning.plan import plan_of
from pipelines.training.fine_tuning.plan import usual_epochs
from pipelines.training.fine_tuning.probing import probe_run
from pipelines.training.fine_tuning.rate_finder import draw_rates
from pipelines.training.fine_tuning.rate_finder import find_rate
from pipelines.training.fine_tuning.refusals import check_asked
from pipelines.training.fine_tuning.refusals import check_finding
from pipelines.training.finished import Finished
from pipelines.training.losses import Loss
from pipelines.training.optimizers import SGDWithL2
from pipelines.training.optimizers import in_precision
from pipelines.training.optimizers import with_rates
from pipelines.training.preparation import prepare
from pipelines.training.run import Run
from pipelines.training.start import choose_start
from pipelines.training.start import usual_weights
from pipelines.training.trainer import Trainer

RATES = "learning_rate.png"


def double_size(own: int, smallest: int) -> int:
    """Chooses a size for fine-tuning on photos.

    A network made for pictures of 32 pixels has features of that scale;
    photos hold more, and twice the side shows it at four times the cost.
    """
    return 2 * own if own <= 64 and smallest >= 2 * own else own


def finetune_run(
    config: FinetuneConfig,
    *,
    options: RunOptions | None = None,
    say=print,
    progress=None,
    open_data=choose_splits,
    build=build_model,
) -> Finished:
    """Fine-tunes a model and leaves a run folder behind.

    With no weights there is nothing to keep, and the whole network learns
    from the start.

    Args:
        config: What is asked for.
        options: How the run is carried out; the usual where None.
        say: Tells a person something in one line.
        progress: Called with the numbers of pictures done and in all.
        open_data: See `pipelines.training.preparation.prepare`.
        build: The same.

    Raises:
        RequestError: Something asked for does not exist or does not fit.
        DataError: The pictures cannot be trained on.
        IntegrityError: The weights, or all checkpoints, are damaged.
        Interrupted: It was asked to stop; what it had reached is saved.
    """
    check_asked(config)
    run = _prepare(
        config, say, progress, options=options, open_data=open_data, build=build
    )
    with run.folder, stop_requests() as run.stop:
        if run.config.probe:
            return probe_run(run, progress)
        trainer = _trainer(run)
        _decide(run, trainer)
        say(f"the same in full: {as_command(run.config)}")
        plan = plan_of(run.config, run.model)
        say(f"plan: {run.config.plan}")
        for line in describe_plan(plan, run):
            say(f"  {line}")
        _run_plan(run, trainer, plan, progress)
        return run.finish(trainer.history)


def find_rate_run(config: FinetuneConfig, *, say=print, progress=None) -> float:
    """Looks for a learning rate, draws it into the folder and returns it.

    Raises:
        RequestError: Something asked for does not exist or does not fit.
        DataError: The pictures cannot be trained on.
        IntegrityError: The weights are damaged.
    """
    check_finding(config)
    run = _prepare(config, say, progress)
    with run.folder:
        return _find_rate(run, _trainer(run))


def name_start(config: FinetuneConfig, sides, say=print) -> FinetuneConfig:
    """Fills in the model and the weights where nobody has named them."""
    if config.model is None:
        start = choose_start(sides, say)
        weights = start.weights if config.weights == AUTO else config.weights
        return config.resolved(model=start.model, weights=weights)
    if config.weights == AUTO:
        return config.resolved(weights=usual_weights(config.model))
    return config


def stage_factors(model, decay: float) -> list[float]:
    """Returns what each trainable variable's rate is multiplied by.

    Args:
        model: A model of the zoo.
        decay: Of each stage against the one above it.
    """
    factors = {
        variable.path: decay**depth
        for depth, stage in enumerate(reversed(zoo.stages(model)))
        for layer in stage.layers
        for variable in layer.trainable_variables
    }
    return [factors[variable.path] for variable in model.trainable_variables]


def _prepare(config: FinetuneConfig, say, progress, **options) -> Run:
    return prepare(
        config,
        say=say,
        progress=progress,
        choose_model=lambda unnamed, sides: name_start(unnamed, sides, say),
        choose_image_size=double_size,
        check_model=lambda model: plan_of(config, model),
        **options,
    )


def _trainer(run: Run) -> Trainer:
    config = run.config
    with run.strategy.scope():
        optimizer = in_precision(
            with_rates(
                SGDWithL2(l2=config.weight_decay),
                run.model.trainable_variables,
                stage_factors(run.model, config.stage_lr_decay),
            ),
            config.precision,
        )
    return Trainer(
        run.model,
        optimizer,
        run.strategy,
        loss=Loss(label_smoothing=config.label_smoothing),
        accumulate=config.accumulate,
        clip_norm=config.clip_norm,
        average_decay=config.ema,
    )


def _decide(run: Run, trainer: Trainer) -> None:
    """Chooses epochs and rate where they are open, and writes the plan down."""
    if run.config.plan:
        return
    if run.config.learning_rate == AUTO:
        run.resolve(learning_rate=_find_rate(run, trainer))
    plan = plan_of(run.config, run.model, usual_epochs(len(run.splits.train)))
    run.resolve(plan=",".join(map(str, plan)), epochs=None, learning_rate=None)


def _find_rate(run: Run, trainer: Trainer) -> float:
    curve = find_rate(trainer, run.training_data(), learner=run.learner)
    draw_rates(curve, run.folder.path / RATES)
    run.say(
        f"learning rate {curve.best:.3g} found in {len(curve.rates)} steps "
        f"({run.folder.path / RATES})"
    )
    return float(f"{curve.best:.3g}")


def _run_plan(run: Run, trainer: Trainer, plan, progress) -> None:
    epochs = sum(phase.epochs for phase in plan)
    stopper = None
    callbacks = run.callbacks(run.training_data(), epochs)
    if run.config.patience:
        stopper = BestWeights(run.config.patience, say=run.say)
        callbacks.append(stopper)
    callbacks = run.keep(trainer, callbacks)
    cache = FeatureCache(run, plan, progress)
    until = 0
    for position, phase in enumerate(plan):
        until += phase.epochs
        if trainer.epoch >= until or (stopper and stopper.stopped):
            continue
        run_phase(
            run,
            trainer,
            phase,
            until=until,
            callbacks=callbacks,
            kept=cache.take(position),
        )
    if stopper:
        stopper.take_best()
    elif trainer.average:
        trainer.average.give()
