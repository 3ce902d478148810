"""What comes before the first step of every run."""

import dataclasses
import time
from collections.abc import Callable

import keras
import numpy as np
import tensorflow as tf

import zoo
from pipelines.data.augmentation import AUGMENTATIONS
from pipelines.data.augmentation import Augmentation
from pipelines.data.augmentation import find_augmentation
from pipelines.data.checks import check_pictures
from pipelines.data.checks import check_sizes
from pipelines.data.datasets import EvaluationData
from pipelines.data.datasets import TrainingData
from pipelines.data.datasets import evaluation_data
from pipelines.data.datasets import training_data
from pipelines.data.datasets import whole_batches
from pipelines.data.examples import Splits
from pipelines.data.sources import open_splits
from pipelines.evaluation.evaluator import Evaluator
from pipelines.training.batch_norm import plain_copy
from pipelines.training.batch_norm import trainable_copy
from pipelines.training.callbacks import Checkpoints
from pipelines.training.callbacks import Progress
from pipelines.training.callbacks import TensorBoard
from pipelines.training.config import PRECISIONS
from pipelines.training.config import RunConfig
from pipelines.training.run_folder import CHECKPOINTS
from pipelines.training.run_folder import HISTORY
from pipelines.training.run_folder import METRICS
from pipelines.training.run_folder import RunFolder
from pipelines.training.strategy import check_batch
from pipelines.training.strategy import describe_devices
from pipelines.training.strategy import make_strategy
from zoo.errors import DataError
from zoo.weights import check_weights

# Pictures not much larger than the input are shifted, larger ones cropped.
_SHIFT_BELOW = 1.25
_PICTURES_SHOWN = 32


@dataclasses.dataclass
class Run:
    """Everything a run works with, made before its first step.

    Args:
        config: With all defaults filled in.
        folder: Where results go.
        strategy: Where it computes.
        model: The copy that is trained, in the run's precision.
        splits: The pictures.
        augmentation: What training does to them.
        say: Tells a person something in one line.
    """

    config: RunConfig
    folder: RunFolder
    strategy: tf.distribute.Strategy
    model: keras.Model
    splits: Splits
    augmentation: Augmentation
    say: Callable[[str], None]
    started: float = dataclasses.field(default_factory=time.perf_counter)

    def training_data(self, first_step: int = 0) -> TrainingData:
        return training_data(
            self.splits.train,
            zoo.preprocessing(self.model),
            augmentation=self.augmentation,
            batch_size=self.config.global_batch_size,
            seed=self.config.seed,
            first_step=first_step,
        )

    def validation_data(self) -> EvaluationData:
        replicas = self.strategy.num_replicas_in_sync
        batch = min(256, len(self.splits.validation))
        return evaluation_data(
            self.splits.validation,
            zoo.preprocessing(self.model),
            batch_size=-(-batch // replicas) * replicas,
        )

    def callbacks(self, train: TrainingData, epochs: int) -> list:
        """The callbacks that every run has."""
        pictures, _ = next(iter(train.dataset))
        return [
            TensorBoard(self.folder.path, pictures[:_PICTURES_SHOWN].numpy()),
            Checkpoints(self.folder.path / CHECKPOINTS),
            Progress(epochs),
        ]

    def finish(self, history: list[dict]) -> dict:
        """Writes the model and what it reaches, and returns the metrics."""
        seconds = time.perf_counter() - self.started
        model = plain_copy(self.model)
        self.folder.save_model(model)
        self.folder.write_json(HISTORY, history)
        evaluator = Evaluator(model, tf.distribute.get_strategy())
        metrics = evaluator.evaluate(self.validation_data())
        metrics |= {
            "seconds": seconds,
            "epochs": len(history),
            "training_examples": len(self.splits.train),
        }
        self.folder.write_json(METRICS, metrics)
        return metrics


def own_image_size(own: int, smallest: int) -> int:
    """The size that a model was made for, whatever the pictures are."""
    return own


def prepare(
    config: RunConfig,
    *,
    say=print,
    progress=None,
    choose_image_size=own_image_size,
    check_model=None,
) -> Run:
    """Opens the data, checks it, builds the model and makes the run's folder.

    Nothing is written before everything that can be refused has been.

    Args:
        config: What was asked for.
        say: Tells a person something in one line.
        progress: Called with the numbers of pictures checked and in all.
        choose_image_size: Chooses the pictures' size, given the model's own
            and the smallest picture's shorter side, where the configuration
            names none.
        check_model: Called with the model before anything is written, to
            refuse what does not suit it.

    Raises:
        RequestError: Something asked for does not exist or does not fit.
        DataError: The pictures cannot be trained on.
        IntegrityError: The weights are damaged.
    """
    zoo.model_info(config.model)
    check_weights(config.model, config.weights)
    asked_size = config.image_size
    if config.augmentation != "auto":
        find_augmentation(config.augmentation)
    RunFolder.refuse_if_taken(config.output)
    strategy = make_strategy()
    check_batch(config.global_batch_size, strategy)
    keras.utils.set_random_seed(config.seed)
    splits = open_splits(config.data, seed=config.seed, progress=progress)
    if splits.train is None:
        raise DataError(
            f"{config.data} has no training part, only one to judge by. "
            "Expected a sub-folder named 'train', or class folders only."
        )
    if splits.note:
        say(splits.note)
    sides = check_pictures(splits.train, splits.validation, progress=progress)
    config = _resolve(config, sides, choose_image_size)
    _check_sizes(config, asked_size, splits, sides, say)
    whole_batches(splits.train, config.global_batch_size)
    say(
        f"{len(splits.train):,} pictures to train on, "
        f"{len(splits.validation):,} to judge by, "
        f"{len(splits.train.class_names)} classes; {config.model} at "
        f"{config.image_size} px, augmentation {config.augmentation!r}, "
        f"{describe_devices(strategy)}"
    )
    with strategy.scope():
        model = _build(config, splits.train.class_names)
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


def _resolve(config: RunConfig, sides, choose_image_size) -> RunConfig:
    size = config.image_size
    if size is None:
        own = zoo.model_info(config.model).input_size
        size = choose_image_size(own, int(sides.min()))
    augmentation = config.augmentation
    if augmentation == "auto":
        small = np.median(sides) <= _SHIFT_BELOW * size
        augmentation = "shift" if small else config.PHOTO_AUGMENTATION
    return config.resolved(image_size=size, augmentation=augmentation)


def _check_sizes(config, asked_size, splits, sides, say) -> None:
    """Enlarges a little where no size was asked for, and never silently."""
    size = config.image_size
    if config.upscale:
        smallest = 1
    elif asked_size is not None:
        smallest = size
    else:
        smallest = size // 4 + 1
    counts = len(splits.train)
    check_sizes(splits.train, sides[:counts], smallest)
    check_sizes(splits.validation, sides[counts:], smallest)
    enlarged = int((sides < size).sum())
    if enlarged:
        say(f"{enlarged} pictures are smaller than {size} px and are enlarged")


def _build(config: RunConfig, class_names) -> keras.Model:
    size = config.image_size
    keras.config.set_dtype_policy(PRECISIONS[config.precision])
    try:
        model = zoo.create_model(
            config.model,
            classes=len(class_names),
            weights=config.weights,
            input_shape=(size, size, 3),
        )
        if zoo.class_names(model) not in (None, tuple(class_names)):
            _renew_head(model)
        zoo.set_class_names(model, class_names)
        replicas = tf.distribute.get_strategy().num_replicas_in_sync
        return trainable_copy(model, replicas)
    finally:
        keras.config.set_dtype_policy("float32")


def _renew_head(model: keras.Model) -> None:
    """Starts the head anew: as many classes are not the same classes."""
    head = model.get_layer("head_logits")
    head.kernel.assign(head.kernel_initializer(head.kernel.shape))
    head.bias.assign(head.bias_initializer(head.bias.shape))
