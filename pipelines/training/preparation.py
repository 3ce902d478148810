"""What comes before the first step of every run."""

import keras

import zoo
from pipelines.data.augmentation import AUGMENTATIONS
from pipelines.data.augmentation import find_augmentation
from pipelines.data.datasets import whole_batches
from pipelines.training.building import build_model
from pipelines.training.choices import check_enlarging
from pipelines.training.choices import choose_splits
from pipelines.training.choices import fill_in
from pipelines.training.choices import look_at
from pipelines.training.choices import own_image_size
from pipelines.training.config import AUTO
from pipelines.training.config import RunConfig
from pipelines.training.run import Run
from pipelines.training.run_folder import RunFolder
from pipelines.training.strategy import check_batch
from pipelines.training.strategy import describe_devices
from pipelines.training.strategy import make_strategy
from zoo.weights import check_weights


def prepare(
    config: RunConfig,
    *,
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
        say: Tells a person something in one line.
        progress: Called with the numbers of pictures checked and in all.
        open_data: Opens the pictures.
        choose_model: Given the configuration and the pictures' shorter
            sides, returns one that names a model, where none was named.
        choose_image_size: See `pipelines.training.choices.fill_in`.
        build: Builds the model out of configuration and class names.
        check_model: Called with the model before anything is written, to
            refuse what does not suit it.

    Raises:
        RequestError: Something asked for does not exist or does not fit.
        DataError: The pictures cannot be trained on.
        IntegrityError: The weights are damaged.
    """
    _check_names(config)
    RunFolder.refuse_if_taken(config.output)
    strategy = make_strategy()
    if config.global_batch_size:
        check_batch(config.global_batch_size, strategy)
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
    check_batch(config.global_batch_size, strategy)
    whole_batches(splits.train, config.global_batch_size)
    say(
        f"{len(splits.train):,} pictures to train on, "
        f"{len(splits.validation):,} to judge by, "
        f"{len(splits.train.class_names)} classes; {config.model} at "
        f"{config.image_size} px, augmentation {config.augmentation!r}, "
        f"{config.precision}, {describe_devices(strategy)}"
    )
    with strategy.scope():
        model = build(config, splits.train.class_names)
    if check_model:
        check_model(model)
    folder = RunFolder(config.output)
    folder.write_config(
        {**config.as_dict(), "class_names": splits.train.class_names}
    )
    return Run(
        config=config,
        folder=folder,
        strategy=strategy,
        model=model,
        splits=splits,
        augmentation=AUGMENTATIONS[config.augmentation],
        say=say,
    )


def _check_names(config: RunConfig) -> None:
    """Refuses what is misspelt before any time is spent."""
    if config.model is not None:
        zoo.model_info(config.model)
        if config.weights != AUTO:
            check_weights(config.model, config.weights)
    if config.augmentation != AUTO:
        find_augmentation(config.augmentation)
