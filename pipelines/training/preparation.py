"""What comes before the first step of every run."""

import atexit
import pathlib
import shutil
import tempfile

import keras

import zoo
from pipelines.batches.augmentation import AUGMENTATIONS
from pipelines.batches.augmentation import find_augmentation
from pipelines.batches.training_data import whole_batches
from pipelines.devices.strategy import check_batch
from pipelines.devices.strategy import describe_devices
from pipelines.devices.strategy import make_strategy
from pipelines.devices.strategy import workers_of
from pipelines.runs.checkpoints import clean
from pipelines.runs.checkpoints import newest
from pipelines.runs.config import RunConfig
from pipelines.runs.options import RunOptions
from pipelines.runs.resuming import check_same_run
from pipelines.runs.resuming import identity
from pipelines.runs.run_folder import CHECKPOINTS
from pipelines.runs.run_folder import RunFolder
from pipelines.runs.settings import AUTO
from pipelines.training.building import build_model
from pipelines.training.defaults import check_enlarging
from pipelines.training.defaults import choose_splits
from pipelines.training.defaults import fill_in
from pipelines.training.defaults import look_at
from pipelines.training.defaults import own_image_size
from pipelines.training.run import Run
from zoo.errors import RequestError
from zoo.weights import check_weights


def prepare(
    config: RunConfig,
    *,
    options: RunOptions | None = None,
    say=print,
    progress=None,
    open_data=choose_splits,
    choose_model=None,
    choose_image_size=own_image_size,
    build=build_model,
    check_model=None,
) -> Run:
    """Opens the data, checks it, builds the model and makes the run's folder.

    Nothing is written before everything that can be refused has been.

    Args:
        config: What was asked for.
        options: How the run is carried out; the usual where None.
        say: Tells a person something in one line.
        progress: Called with the numbers of pictures checked and in all.
        open_data: Opens the pictures.
        choose_model: Given the configuration and the pictures' shorter
            sides, returns one that names a model, where none was named.
        choose_image_size: See `pipelines.training.defaults.fill_in`.
        build: Builds the model out of configuration and class names.
        check_model: Called with the model before anything is written, to
            refuse what does not suit it.

    Raises:
        RequestError: Something asked for does not exist or does not fit.
        DataError: The pictures cannot be trained on.
        IntegrityError: The weights, or all checkpoints, are damaged.
    """
    options = options or RunOptions()
    _check_names(config)
    strategy = make_strategy(options.cluster)
    workers = workers_of(strategy)
    if workers.is_chief:
        RunFolder.refuse_if_taken(config.output, resume=options.resume)
    if config.global_batch_size:
        check_batch(config.global_batch_size, strategy, config.accumulate)
    keras.utils.set_random_seed(config.seed)
    splits = open_data(config, progress)
    if splits.note:
        say(splits.note)
    splits, seen, sides = look_at(config, splits, say, progress)
    asked_size = config.image_size
    if choose_model:
        config = choose_model(config, sides)
    config = fill_in(config, splits.train, sides, choose_image_size)
    check_enlarging(config, asked_size, seen, sides, say)
    check_batch(config.global_batch_size, strategy, config.accumulate)
    whole_batches(splits.train, config.global_batch_size)
    say(
        f"{len(splits.train):,} pictures to train on, "
        f"{len(splits.validation):,} to judge by, "
        f"{len(splits.train.class_names)} classes; {config.model} at "
        f"{_sizes(config)}, augmentation {config.augmentation!r}, "
        f"{config.precision}, {describe_devices(strategy)}"
    )
    with strategy.scope():
        model = build(config, splits.train.class_names)
        learner = _learner(config, model)
    if check_model:
        check_model(model)
    run = Run(
        config=config,
        folder=_folder(config, options, workers),
        strategy=strategy,
        model=model,
        learner=learner,
        splits=splits,
        augmentation=AUGMENTATIONS[config.augmentation],
        say=say,
        identity=identity(config, splits, strategy.num_replicas_in_sync),
        resumed=_resumable(config, options, say),
    )
    try:
        _go_on(run, options)
    except BaseException:
        run.folder.release()
        raise
    return run


def _sizes(config: RunConfig) -> str:
    if config.train_size == config.image_size:
        return f"{config.image_size} px"
    return f"{config.image_size} px, learned at {config.train_size}"


def _learner(config: RunConfig, model: keras.Model) -> keras.Model:
    """Returns the model's layers at the size that they learn at."""
    side = config.train_size
    try:
        return zoo.resized(model, (side, side, 3))
    except RequestError as error:
        raise RequestError(
            f"--train_size={side}: {error}. Give "
            f"--train_size={config.image_size}, the size that is judged."
        ) from error


def _go_on(run: Run, options: RunOptions) -> None:
    """Takes over what was decided before, where the run goes on."""
    if run.resumed:
        begun = run.resumed.facts["run"]
        check_same_run(
            begun["identity"],
            run.identity,
            allow_inexact=options.allow_inexact,
            say=run.say,
        )
        step, path = run.resumed.step, run.resumed.path
        run.say(f"going on after step {step:,} ({path})")
        run.started -= begun["elapsed"]
        run.decisions |= begun["decisions"]
        run.resolve(**begun["resolved"])
    else:
        run.resolve()


def _folder(config: RunConfig, options: RunOptions, workers) -> RunFolder:
    """Returns the run's folder; for all workers but the chief a waste bin."""
    if not workers.is_chief:
        waste = tempfile.mkdtemp(prefix="worker-")
        atexit.register(shutil.rmtree, waste, ignore_errors=True)
        return RunFolder(waste)
    folder = RunFolder(config.output, resume=options.resume)
    clean(folder.path / CHECKPOINTS)
    return folder


def _resumable(config: RunConfig, options: RunOptions, say):
    """Returns the checkpoint to go on from, or None."""
    if not options.resume:
        return None
    return newest(pathlib.Path(config.output) / CHECKPOINTS, say)


def _check_names(config: RunConfig) -> None:
    """Refuses what is misspelt before any time is spent."""
    if config.model is not None:
        zoo.model_info(config.model)
        if config.weights != AUTO:
            check_weights(config.model, config.weights)
    if config.augmentation != AUTO:
        find_augmentation(config.augmentation)
