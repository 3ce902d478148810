"""Running the phases of a plan, each as cheaply as it can be run.

What lies below the lowest stage that learns is a constant function of the
picture. Where it is computed once (`fine_tuning.feature_cache`), the
stages above learn from that. Training from scratch is one phase.
"""

import dataclasses

import zoo
from pipelines.batches.evaluation_data import EvaluationData
from pipelines.batches.training_data import TrainingData
from pipelines.batches.training_data import whole_batches
from pipelines.features.cache import evaluation_features
from pipelines.features.cache import training_features
from pipelines.runs.run_folder import SNAPSHOTS
from pipelines.training.callbacks import BestWeights
from pipelines.training.callbacks import Interpolation
from pipelines.training.callbacks import ScheduledRate
from pipelines.training.callbacks import Snapshots
from pipelines.training.callbacks import TensorBoard
from pipelines.training.components import schedule_of
from pipelines.training.fine_tuning.costs import parts_of
from pipelines.training.fine_tuning.feature_cache import FeatureCache
from pipelines.training.fine_tuning.feature_cache import PhaseFeatures
from pipelines.training.fine_tuning.freezing import cut_at
from pipelines.training.fine_tuning.freezing import freeze_below
from pipelines.training.fine_tuning.plan import Phase
from pipelines.training.run import Run
from pipelines.training.schedules import scaled_rate
from pipelines.training.trainer import Networks
from pipelines.training.trainer import Trainer
from pipelines.training.watching import watchers


def steps_per_epoch(run: Run) -> int:
    """Returns how many whole batches there are to learn from."""
    return whole_batches(run.splits.train, run.config.global_batch_size)


def run_plan(run: Run, trainer: Trainer, progress=None) -> None:
    """Trains all phases of a run's plan, from where the trainer stands.

    Args:
        run: What is trained on what.
        trainer: Made for the whole run; where the run goes on, it is put
            where that was.
        progress: Called with the numbers of views done and in all, while
            features are computed.

    Raises:
        IntegrityError: The state that it goes on from does not fit.
    """
    run.check_state(trainer)
    stopper, callbacks = None, watchers(run)
    if run.config.patience or run.config.keep == "best":
        stopper = BestWeights(
            run.config.patience,
            run.task.decides,
            say=run.say,
            judged=trainer.judged,
        )
        callbacks.append(stopper)
    if run.config.snapshots:
        callbacks.append(_snapshots(run, trainer))
    way = Interpolation(run.config.wise_ft or 1.0)
    if way.part < 1:
        callbacks.append(way)
    ended = False
    try:
        _run_phases(run, trainer, run.keep(trainer, callbacks), progress)
        ended = True
    finally:
        for callback in callbacks:
            if isinstance(callback, TensorBoard):
                # Its files have a thread each, which would outlive the run.
                callback.close(ended=ended)
    if stopper and stopper.take_best():
        return
    if trainer.average:
        trainer.average.give()
    if way.take(run.model):
        run.say(
            f"the weights are kept that lie {way.part:.0%} of the way from "
            "before the last phase to its end (`wise_ft`)"
        )
    _tell_best(run, trainer.history)


def _run_phases(run: Run, trainer: Trainer, callbacks: list, progress) -> None:
    """Runs what is left of a plan, until somebody has seen enough."""
    stoppers = [each for each in callbacks if isinstance(each, BestWeights)]
    ways = [each for each in callbacks if isinstance(each, Interpolation)]
    cache = FeatureCache(run, run.plan, progress)
    until = 0
    for position, phase in enumerate(run.plan):
        until += phase.epochs
        if trainer.epoch >= until or any(each.stopped for each in stoppers):
            continue
        if position == len(run.plan) - 1:
            for way in ways:
                way.begin(run.model)
        kept = cache.take(position)
        run.remaining.plan(parts_of(run, cache.reads))
        _run_phase(
            run,
            trainer,
            phase,
            until=until,
            callbacks=callbacks,
            kept=kept,
        )
        if run.model.stop_training:
            # Whoever watches has seen enough.
            return


def _tell_best(run: Run, history: list[dict]) -> None:
    """Says which epoch was the best where it was not the last."""
    metric = run.task.decides
    known = [logs for logs in history if metric.held_out in logs]
    if not known:
        return
    best, last = known[0], known[-1]
    for logs in known:
        # Of equally good ones the last: nothing is lost by it.
        if not metric.is_better(best[metric.held_out], logs[metric.held_out]):
            best = logs
    if best is last:
        return
    run.say(
        f"epoch {best['epoch']} was the best by {metric.held_out} "
        f"({best[metric.held_out]:.4f}), the last one has "
        f"{last[metric.held_out]:.4f}; `keep=best` keeps the best"
    )


def _snapshots(run: Run, trainer: Trainer) -> Snapshots:
    """Of a plan of one phase."""
    (phase,) = run.plan
    steps = steps_per_epoch(run)
    schedule = schedule_of(run.config, phase, steps)
    return Snapshots(
        run.folder.path / SNAPSHOTS,
        schedule.ends,
        run.first_step,
        trainer.judged,
    )


def _run_phase(
    run: Run,
    trainer: Trainer,
    phase: Phase,
    *,
    until: int,
    callbacks: list,
    kept: PhaseFeatures | None,
) -> None:
    """Trains what a phase unfreezes, size by size where they grow.

    Args:
        run: What is trained on what.
        trainer: Its steps so far are counted on.
        phase: Which stages learn, how long and how fast.
        until: Epochs of the whole run that are over when the phase ends.
        callbacks: Of the whole run.
        kept: Features to read in place of pictures, where there are.
    """
    freeze_below(
        run.model, phase.stage, freeze_batch_norm=run.config.freeze_batch_norm
    )
    for size in run.sizes:
        end = min(until, size.first_epoch + size.epochs)
        # Of this phase, not passed yet, and nobody has had enough of it.
        if trainer.epoch >= end or trainer.epoch < size.first_epoch:
            continue
        reading = _reading(
            run, trainer.global_step, phase.stage, size.image_size, kept
        )
        steps = reading.train.steps_per_epoch
        begun = (until - phase.epochs) * steps
        rate = ScheduledRate(
            schedule_of(run.config, phase, steps), trainer.global_step - begun
        )
        trainer.fit(
            reading.train,
            reading.validation,
            epochs=end,
            callbacks=[rate, *callbacks],
            networks=reading.networks,
            stop=run.stop,
        )


@dataclasses.dataclass(frozen=True)
class _Reading:
    """What is read for some epochs, and which networks read it."""

    train: TrainingData
    validation: EvaluationData
    networks: Networks


def _reading(
    run: Run, first_step: int, stage: str, size: int, kept
) -> _Reading:
    config = run.config
    if kept is None:
        return _Reading(
            run.training_data(first_step, size),
            run.validation_data(),
            _networks_on_pictures(run, stage, size),
        )
    train_shape = run.train_model(size).input.shape[1:]
    with run.strategy.scope():
        _, train, evaluate = cut_at(run.model, stage, train_shape)
    return _Reading(
        training_features(
            kept.train,
            batch_size=config.global_batch_size,
            seed=config.seed,
            first_step=first_step,
            balance=config.balance,
        ),
        evaluation_features(kept.validation, batch_size=run.evaluation_batch),
        Networks(train, evaluate=evaluate),
    )


def _networks_on_pictures(run: Run, stage: str, size: int) -> Networks:
    model = run.train_model(size)
    if stage == zoo.stages(run.model)[0].name:
        return Networks(model)
    with run.strategy.scope():
        frozen, train, _ = cut_at(run.model, stage, model.input.shape[1:])
    return Networks(train, frozen)


def describe_plan(run: Run) -> list[str]:
    """Says, a line a phase, what learns, for how long and at which rate."""
    stages = zoo.stages(run.model)
    names = [stage.name for stage in stages]
    lines = []
    for number, phase in enumerate(run.plan, start=1):
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


def describe_sizes(run: Run) -> str:
    """Says how the pictures to learn from grow; empty where they do not."""
    if len(run.sizes) == 1:
        return ""
    grown = [f"{s.epochs} epoch(s) at {s.image_size} px" for s in run.sizes]
    return f"pictures grow: {', '.join(grown)}"
