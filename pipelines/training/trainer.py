"""The loop around the step: epochs, validation, callbacks.

Keras's `fit` fails under several hosts and with gradient accumulation, and
does not restore a position inside an epoch; the step is therefore ours
(`pipelines.training.step`) while `keras.callbacks.Callback` works unchanged.
"""

import re
import time

import keras
import numpy as np
import tensorflow as tf

from pipelines.data.datasets import EvaluationData
from pipelines.data.datasets import TrainingData
from pipelines.evaluation.evaluator import Evaluator
from pipelines.training.step import make_train_step
from pipelines.training.strategy import check_batch
from zoo.errors import DataError

# Reading a number back waits for the device, so it is not done each step.
STEPS_BETWEEN_READS = 10


class Trainer:
    """Trains a model under a strategy.

    Args:
        model: Made in the strategy's scope.
        optimizer: Made in the strategy's scope; built here, for every
            variable that is trainable now. Variables frozen afterwards keep
            their state.
        strategy: Where it computes.
        label_smoothing: In [0, 1).

    Example:

    ```python
    import numpy as np, tensorflow as tf, zoo
    from pipelines.data.augmentation import AUGMENTATIONS
    from pipelines.data.datasets import training_data
    from pipelines.data.examples import Examples
    from pipelines.training.optimizers import SGDWithL2
    from pipelines.training.trainer import Trainer
    png = tf.io.encode_png(np.zeros((32, 32, 3), "uint8")).numpy()
    examples = Examples(("a", "b"), np.array([0, 1], "int32"), ("x", "y"),
                        lambda wanted: [png] * len(wanted))
    model = zoo.create_model("resnet20", classes=2)
    data = training_data(examples, zoo.preprocessing(model), batch_size=2,
                         augmentation=AUGMENTATIONS["shift"])
    trainer = Trainer(model, SGDWithL2(0.01), tf.distribute.get_strategy())
    assert len(trainer.fit(data, epochs=1)) == 1
    ```
    """

    def __init__(self, model, optimizer, strategy, *, label_smoothing=0.0):
        self.model = model
        self.optimizer = optimizer
        self.strategy = strategy
        self.label_smoothing = label_smoothing
        self.global_step = 0
        self._evaluator = Evaluator(model, strategy)
        with strategy.scope():
            optimizer.build(model.trainable_variables)
            # For callbacks, which look for `model.optimizer`.
            model.compile(optimizer=optimizer)

    def fit(
        self,
        train: TrainingData,
        validation: EvaluationData | None = None,
        *,
        epochs: int,
        first_epoch: int = 0,
        callbacks=(),
        learner=None,
        frozen=None,
    ) -> list[dict]:
        """Trains from `first_epoch` up to, not including, `epochs`.

        What is frozen is read from the model once, at the start.

        Args:
            train: Its first batch belongs to `global_step`.
            validation: Judged after each epoch, where given; batches as
                those of `train`.
            epochs: The number of the epoch to stop before.
            first_epoch: The number of the first epoch.
            callbacks: Keras callbacks; logs carry `loss`, `top1`, `top5`,
                `learning_rate`, `images_per_second` and `input_wait` (the
                part of the time spent waiting for pictures), and `val_loss`,
                `val_top1`, `val_top5` at the end of an epoch.
            learner: The part of the model that learns (see `zoo.split`); the
                model itself where None.
            frozen: The part below it, run in inference mode; None where
                batches hold its features already.

        Returns:
            The logs of each epoch.

        Raises:
            RequestError: The devices cannot share the batch evenly.
        """
        check_batch(train.batch_size, self.strategy)
        step = make_train_step(
            learner or self.model,
            self.optimizer,
            self.strategy,
            global_batch_size=train.batch_size,
            label_smoothing=self.label_smoothing,
            frozen=frozen,
        )
        evaluator = self._evaluator
        if learner is not None and frozen is None:
            evaluator = Evaluator(learner, self.strategy)
        batches = iter(
            self.strategy.experimental_distribute_dataset(train.dataset)
        )
        callbacks = keras.callbacks.CallbackList(
            list(callbacks),
            model=self.model,
            epochs=epochs,
            first_epoch=first_epoch,
            steps=train.steps_per_epoch,
            batch_size=train.batch_size,
        )
        history = []
        self.model.stop_training = False
        callbacks.on_train_begin()
        for epoch in range(first_epoch, epochs):
            callbacks.on_epoch_begin(epoch)
            logs = self._epoch(step, batches, train, callbacks)
            if validation is not None:
                logs |= _validate(evaluator, validation, callbacks)
            callbacks.on_epoch_end(epoch, logs)
            history.append({"epoch": epoch + 1, **logs})
            if self.model.stop_training:
                break
        callbacks.on_train_end(history[-1] if history else None)
        return history

    def _epoch(self, step, batches, train, callbacks) -> dict:
        meter = _Meter()
        for batch in range(train.steps_per_epoch):
            callbacks.on_train_batch_begin(batch)
            images, labels = meter.wait_for(batches)
            meter.add(step(images, labels))
            self.global_step += 1
            last = batch + 1 == train.steps_per_epoch
            read = last or (batch + 1) % STEPS_BETWEEN_READS == 0
            callbacks.on_train_batch_end(batch, meter.read() if read else {})
            if self.model.stop_training:
                break
        return {
            **meter.read(),
            "learning_rate": float(self.optimizer.learning_rate.numpy()),
        }


def _validate(evaluator, validation, callbacks) -> dict:
    callbacks.on_test_begin()
    metrics = evaluator.evaluate(validation)
    callbacks.on_test_end(metrics)
    return {f"val_{name}": metrics[name] for name in ("loss", "top1", "top5")}


def _found_while_reading(error) -> Exception:
    """Returns what a picture that changed during a run has to say.

    What is raised while a picture is read arrives as text inside an error of
    TensorFlow's.
    """
    said = re.search(r"DataError: (.+)", error.message)
    return DataError(said.group(1)) if said else error


class _Meter:
    """Adds up what the steps of an epoch return, and where time goes."""

    def __init__(self):
        self._sums = tf.zeros((4,), tf.float64)
        self._started = time.perf_counter()
        self._waited = 0.0

    def wait_for(self, batches):
        started = time.perf_counter()
        try:
            batch = next(batches)
        except tf.errors.InvalidArgumentError as error:
            raise _found_while_reading(error) from error
        self._waited += time.perf_counter() - started
        return batch

    def add(self, sums):
        self._sums += tf.cast(sums, tf.float64)

    def read(self) -> dict:
        loss, top1, top5, examples = np.asarray(self._sums)
        seconds = time.perf_counter() - self._started
        return {
            "loss": float(loss / examples),
            "top1": float(top1 / examples),
            "top5": float(top5 / examples),
            "images_per_second": float(examples / seconds),
            "input_wait": self._waited / seconds,
            "seconds": seconds,
        }
