"""Building the model that a run trains, and its trainer."""

import keras
import tensorflow as tf

import zoo
from pipelines.devices.batch_norm import trainable_copy
from pipelines.runs.config import PRECISIONS
from pipelines.runs.config import RunConfig
from pipelines.training.components import loss_of
from pipelines.training.components import optimizer_of
from pipelines.training.run import Run
from pipelines.training.trainer import Trainer


def build_model(config: RunConfig, class_names) -> keras.Model:
    """Builds the copy that is trained, in the run's precision.

    Call it in the strategy's scope.

    Args:
        config: With all defaults filled in.
        class_names: In label order.

    Raises:
        RequestError: The weights are not known or cannot be fetched.
        IntegrityError: The weights are damaged or do not fit.
    """
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


def make_trainer(run: Run) -> Trainer:
    """Makes what trains a run's model, standing at its first step."""
    config = run.config
    with run.strategy.scope():
        optimizer = optimizer_of(config, run.model)
    return Trainer(
        run.model,
        optimizer,
        run.strategy,
        loss=loss_of(config, run.splits.train),
        accumulate=config.accumulate,
        clip_norm=config.clip_norm,
        average_decay=config.ema,
    )


def _renew_head(model: keras.Model) -> None:
    """Starts the head anew: as many classes are not the same classes."""
    head = model.get_layer("head_logits")
    head.kernel.assign(head.kernel_initializer(head.kernel.shape))
    head.bias.assign(head.bias_initializer(head.bias.shape))
