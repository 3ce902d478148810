"""Building the model that a run trains, and its trainer."""

import functools

import keras
import tensorflow as tf

import zoo
from pipelines.devices.batch_norm import trainable_copy
from pipelines.runs.config import PRECISIONS
from pipelines.runs.config import RunConfig
from pipelines.tasks.task import Task
from pipelines.training.components import optimizer_of
from pipelines.training.run import Run
from pipelines.training.trainer import Trainer
from pipelines.waiting.work import work
from zoo.layers import PixelScaling
from zoo.model_metadata import find_layer


@work("building the network")
def build_model(config: RunConfig, task: Task) -> keras.Model:
    """Builds the copy that is trained, in the run's precision.

    Call it in the strategy's scope.

    Args:
        config: With all defaults filled in.
        task: What is learned, which has a head of its own.

    Raises:
        RequestError: The weights are not known or cannot be fetched.
        IntegrityError: The weights are damaged or do not fit.
    """
    size = config.image_size
    keras.config.set_dtype_policy(PRECISIONS[config.precision])
    try:
        create = functools.partial(
            zoo.create_model,
            config.model,
            weights=config.weights,
            input_shape=(size, size, 3),
        )
        model = task.build(create)
        # A run's figures are its own, and the same whosever weights it began
        # with: what was said of those is how a published figure was measured.
        scaling = find_layer(model, PixelScaling)
        scaling.preprocessing = scaling.preprocessing.with_own_geometry()
        replicas = tf.distribute.get_strategy().num_replicas_in_sync
        return trainable_copy(model, replicas)
    finally:
        keras.config.set_dtype_policy("float32")


def make_trainer(run: Run) -> Trainer:
    """Makes what trains a run's model, standing at its first step."""
    config = run.config
    with run.strategy.scope():
        optimizer = optimizer_of(config, run.model)
    return Trainer(
        run.model,
        optimizer,
        run.strategy,
        run.task,
        accumulate=config.accumulate,
        clip_norm=config.clip_norm,
        average_decay=config.ema,
    )
