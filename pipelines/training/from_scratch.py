"""Training a whole network, from scratch or from weights."""

import dataclasses

from pipelines.data.balance import noisy_labels
from pipelines.data.examples import Splits
from pipelines.runs.interruption import stop_requests
from pipelines.runs.options import RunOptions
from pipelines.runs.run_folder import SNAPSHOTS
from pipelines.training.callbacks import CosineRestarts
from pipelines.training.callbacks import Snapshots
from pipelines.training.config import TrainConfig
from pipelines.training.defaults import choose_splits
from pipelines.training.finished import Finished
from pipelines.training.preparation import prepare
from pipelines.training.run import Run
from pipelines.training.schedules import Schedule
from pipelines.training.schedules import cycle_ends
from pipelines.training.train_config import filled
from pipelines.training.train_config import loss_of
from pipelines.training.train_config import mixing_of
from pipelines.training.train_config import optimizer_of
from pipelines.training.train_config import schedule_of
from pipelines.training.trainer import Trainer


def train(
    config: TrainConfig,
    *,
    options: RunOptions | None = None,
    say=print,
    progress=None,
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
    run = prepare(
        filled(config),
        options=options,
        say=say,
        progress=progress,
        open_data=open_data,
    )
    with run.folder, stop_requests() as run.stop:
        trainer = _trainer(run)
        _fit(run, trainer)
        return run.finish(trainer.history)


def _fit(run: Run, trainer: Trainer) -> None:
    config = run.config
    data = run.training_data(
        run.first_step, mixing=mixing_of(config), repeats=config.repeats
    )
    schedule = schedule_of(config, data.steps_per_epoch)
    run.say(describe(config, schedule, data.steps_per_epoch))
    callbacks = [
        CosineRestarts(schedule, run.first_step),
        *run.callbacks(data, config.epochs),
    ]
    if config.snapshots:
        ends = cycle_ends(schedule, config.epochs * data.steps_per_epoch)
        folder = run.folder.path / SNAPSHOTS
        callbacks.append(Snapshots(folder, ends, run.first_step))
    trainer.fit(
        data,
        run.validation_data(),
        epochs=config.epochs,
        callbacks=run.keep(trainer, callbacks),
        learner=run.learner,
        stop=run.stop,
    )
    if trainer.average:
        trainer.average.give()


def _trainer(run: Run) -> Trainer:
    config = run.config
    with run.strategy.scope():
        optimizer = optimizer_of(config)
    return Trainer(
        run.model,
        optimizer,
        run.strategy,
        loss=loss_of(config, run.splits.train),
        accumulate=config.accumulate,
        clip_norm=config.clip_norm,
        average_decay=config.ema,
    )


def open_data(config: TrainConfig, progress=None) -> Splits:
    """Opens the pictures, and makes labels wrong where that is asked for.

    Raises:
        RequestError: There is no such data set.
        DataError: It cannot be trained on.
    """
    splits = choose_splits(config, progress)
    if not config.label_noise:
        return splits
    train = splits.train
    labels = noisy_labels(
        train.labels, len(train.class_names), config.label_noise, config.seed
    )
    return dataclasses.replace(
        splits, train=dataclasses.replace(train, labels=labels)
    )


def describe(config: TrainConfig, schedule: Schedule, steps: int) -> str:
    """Says in one line how a run learns; `steps` are those of an epoch."""
    cycles = f" in {config.cycles} cycles" if config.cycles > 1 else ""
    return (
        f"{config.optimizer}, learning rate up to {schedule.peak:.4g} for "
        f"batches of {config.global_batch_size}, warm-up {schedule.warmup} "
        f"steps, {config.schedule}{cycles}, {config.epochs} epochs of {steps} "
        "steps"
    )
