"""What comes before the first step of a run: open, resolve, build, begin."""

import atexit
import dataclasses
import shutil
import tempfile
from collections.abc import Callable

import keras
import numpy as np
import tensorflow as tf

from pipelines.batches.augmentation import find_augmentation
from pipelines.batches.training_data import whole_batches
from pipelines.data.examples import Splits
from pipelines.devices.strategy import check_batch
from pipelines.devices.strategy import describe_devices
from pipelines.devices.strategy import make_strategy
from pipelines.devices.strategy import quick_precision
from pipelines.devices.strategy import workers_of
from pipelines.features.start import LITE
from pipelines.features.start import Devices
from pipelines.features.start import first_choice
from pipelines.runs.checkpoints import clean
from pipelines.runs.config import RunConfig
from pipelines.runs.options import RunOptions
from pipelines.runs.places import length_of
from pipelines.runs.resuming import identity
from pipelines.runs.run_folder import CHECKPOINTS
from pipelines.runs.run_folder import SNAPSHOTS
from pipelines.runs.run_folder import RunFolder
from pipelines.tasks.task import Task
from pipelines.training.building import build_model
from pipelines.training.components import task_of
from pipelines.training.defaults import Resolved
from pipelines.training.defaults import resolve
from pipelines.training.fine_tuning.plan import Plan
from pipelines.training.fine_tuning.plan_checks import check_plan
from pipelines.training.going_on import checkpoint_of
from pipelines.training.going_on import go_on
from pipelines.training.names_asked import check_names
from pipelines.training.names_asked import check_watchers
from pipelines.training.opening import check_enlarging
from pipelines.training.opening import choose_splits
from pipelines.training.opening import look_at
from pipelines.training.opening import with_label_noise
from pipelines.training.plan_of_model import plan_for
from pipelines.training.run import Run
from pipelines.training.setting_aside import set_aside
from pipelines.training.several_classes import choose_task
from zoo.errors import RequestError

# Folders in a run's, where a kill leaves files that are not whole.
_WRITTEN_TO = (CHECKPOINTS, SNAPSHOTS)


@dataclasses.dataclass(frozen=True, eq=False)
class Opened:
    """What a run has before anything is decided.

    Args:
        options: How it is carried out.
        strategy: Where it computes.
        splits: What there is to train on and to judge by.
        seen: What of it was looked at.
        sides: The shorter side of each of these pictures, in pixels.
        say: Tells a person something in one line.
    """

    options: RunOptions
    strategy: tf.distribute.Strategy
    splits: Splits
    seen: Splits
    sides: np.ndarray
    say: Callable[[str], None]


def prepare(
    config: RunConfig,
    *,
    options: RunOptions | None = None,
    say=print,
    progress=None,
) -> Run:
    """Opens the data, checks it, builds the model and makes the run's folder.

    Nothing is written before everything that can be refused has been.

    Args:
        config: What was asked for.
        options: How the run is carried out; the usual where None.
        say: Tells a person something in one line.
        progress: Called with the numbers of pictures checked and in all.

    Raises:
        RequestError: Something asked for does not exist or does not fit.
        DataError: The pictures cannot be trained on.
        IntegrityError: The weights, or all checkpoints, are damaged.
    """
    opened = open_run(config, options=options, say=say, progress=progress)
    resolved, task = resolve_opened(config, opened)
    with opened.strategy.scope():
        model = build_model(resolved.config, task)
    return begin(resolved, opened, task, model)


def open_run(
    config: RunConfig,
    *,
    options: RunOptions | None = None,
    say=print,
    progress=None,
    splits: Splits | None = None,
) -> Opened:
    """Opens the pictures and looks at them, where the run will compute.

    Args:
        config: What was asked for.
        options: How the run is carried out; the usual where None.
        say: Tells a person something in one line.
        progress: Called with the numbers of pictures checked and in all.
        splits: Pictures that are open already; those that the configuration
            names where None.

    Raises:
        RequestError: Something asked for does not exist or does not fit.
        DataError: The pictures cannot be trained on.
    """
    options = options or RunOptions()
    check_names(config, say)
    check_watchers(options)
    strategy = make_strategy(options.cluster)
    if workers_of(strategy).is_chief:
        RunFolder.refuse_if_taken(
            config.output,
            resume=options.resume,
            longer=length_of(config, options),
        )
    if config.global_batch_size:
        check_batch(config.global_batch_size, strategy, config.accumulate)
    keras.utils.set_random_seed(config.seed)
    splits = splits or choose_splits(config, progress)
    splits = with_label_noise(config, splits)
    if splits.note:
        say(splits.note)
    splits, seen, sides = look_at(config, splits, say, progress)
    splits = set_aside(config, splits)
    return Opened(options, strategy, splits, seen, sides, say)


def resolve_opened(config: RunConfig, opened: Opened) -> tuple[Resolved, Task]:
    """Decides what the configuration leaves open, by what was opened.

    Returns:
        What is done, and what is learned.

    Raises:
        RequestError: The devices cannot share the batch evenly, or it is
            larger than the set.
        DataError: Pictures are too small for what was asked for.
    """
    splits, strategy = opened.splits, opened.strategy
    devices = _devices(config, opened.sides)
    config, chosen = choose_task(config, splits)
    sizes = splits.train.strata_counts()
    resolved = resolve(config, sizes, opened.sides, devices)
    resolved = dataclasses.replace(
        resolved, choices={**chosen, **resolved.choices}
    )
    asked_size, config = config.image_size, resolved.config
    enlarged = check_enlarging(
        config, asked_size, opened.seen, opened.sides, opened.say
    )
    if enlarged and not config.upscale:
        # Whoever gives the size that was chosen has to say so.
        resolved = resolved.with_choice(
            "upscale", True, f"{enlarged} pictures are smaller than that"
        )
        config = resolved.config
    check_batch(config.global_batch_size, strategy, config.accumulate)
    whole_batches(splits.train, config.global_batch_size)
    task = task_of(config, splits.train)
    chosen = "thresholds" if task.several else "a temperature"
    aside = f"{len(splits.aside):,} for {chosen}, " if splits.aside else ""
    opened.say(
        f"{len(splits.train):,} pictures to train on, {aside}"
        f"{len(splits.validation):,} to judge by, "
        f"{task.about}; {config.model} at "
        f"{_sizes(config)}, {config.precision}, {describe_devices(strategy)}"
    )
    return resolved, task


def begin(
    resolved: Resolved, opened: Opened, task: Task, model: keras.Model
) -> Run:
    """Makes the run and its folder, or goes on with the one that is there.

    Args:
        resolved: What is done, all but a plan decided.
        opened: What was opened for it.
        task: What is learned.
        model: The copy to train, made in the strategy's scope.

    Raises:
        RequestError: What was asked for does not suit the model, or the
            folder holds another run.
        IntegrityError: All checkpoints are damaged.
    """
    config, options = resolved.config, opened.options
    replicas = opened.strategy.num_replicas_in_sync
    run = Run(
        config=config,
        strategy=opened.strategy,
        model=model,
        plan=_plan(config, model, len(opened.splits.train)),
        splits=opened.splits,
        task=task,
        augmentation=find_augmentation(config.augmentation),
        options=options,
        say=opened.say,
        identity=identity(config, opened.splits, replicas),
        choices=dict(resolved.choices),
    )
    _check_sizes(run)
    if not config.probe:
        check_plan(run)
    run.folder = _folder(config, options, run.workers)
    try:
        run.resumed = checkpoint_of(config, options, opened.say)
        if not run.resumed:
            run.list_pictures()
        go_on(run, options)
    except BaseException:
        run.folder.release()
        raise
    return run


def _devices(config: RunConfig, sides: np.ndarray) -> Devices:
    """Looks up what there is; fetches weights where nobody names a network."""
    gpu = bool(tf.config.list_physical_devices("GPU"))
    if config.model is not None:
        return Devices(gpu, quick_precision())
    lite = LITE.is_here
    fetched = first_choice(sides, gpu=gpu, lite=lite).fetch()
    return Devices(gpu, quick_precision(), fetched, lite)


def _plan(config: RunConfig, model: keras.Model, pictures: int) -> Plan:
    """The plan, perhaps with rates that are still to be found."""
    if config.probe:
        return ()
    plan, _ = plan_for(config, model, pictures)
    return plan


def _sizes(config: RunConfig) -> str:
    if config.train_size == config.image_size:
        return f"{config.image_size} px"
    return f"{config.image_size} px, learned at {config.train_size}"


def _check_sizes(run: Run) -> None:
    """Refuses sizes of pictures to learn from that the network cannot take."""
    config, side = run.config, run.config.train_size
    try:
        run.train_model()
    except RequestError as error:
        raise RequestError(
            f"`train_size={side}`: {error}. Give "
            f"`train_size={config.image_size}`, the size that is judged."
        ) from error


def _folder(config: RunConfig, options: RunOptions, workers) -> RunFolder:
    """Returns the run's folder; for all workers but the chief a waste bin."""
    if not workers.is_chief:
        waste = tempfile.mkdtemp(prefix="worker-")
        atexit.register(shutil.rmtree, waste, ignore_errors=True)
        return RunFolder(waste)
    folder = RunFolder(
        config.output,
        resume=options.resume,
        longer=length_of(config, options),
    )
    for place in (folder.path, *(folder.path / name for name in _WRITTEN_TO)):
        clean(place)
    return folder
