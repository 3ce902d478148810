"""The loop around the step: epochs, validation, callbacks.

Keras's `fit` fails under several hosts and with gradient accumulation, and
does not restore a position inside an epoch; the step is therefore ours
(`pipelines.training.step`) while `keras.callbacks.Callback` works unchanged.
"""

import contextlib
import dataclasses

import keras
import tensorflow as tf

from pipelines.batches.evaluation_data import EvaluationData
from pipelines.batches.training_data import TrainingData
from pipelines.devices.strategy import check_agreement
from pipelines.devices.strategy import check_batch
from pipelines.devices.strategy import distribute
from pipelines.devices.strategy import workers_of
from pipelines.evaluation.evaluator import Evaluator
from pipelines.tasks.metric import LOSS
from pipelines.tasks.task import Task
from pipelines.training.averaging import WeightAverage
from pipelines.training.failures import LossScaleWatch
from pipelines.training.failures import explained
from pipelines.training.failures import not_a_number
from pipelines.training.meter import Meter
from pipelines.training.step import StepOptions
from pipelines.training.step import make_train_step
from pipelines.waiting.work import long_at_first
from pipelines.waiting.work import work

# Reading a number back waits for the device, so it is not done each step.
STEPS_BETWEEN_READS = 10


@dataclasses.dataclass(frozen=True)
class Networks:
    """What computes on the batches of a `fit`, over the trainer's layers.

    Args:
        train: What learns from batches to train on: the model's layers at
            another size (`zoo.resized`), or those above `frozen` or above
            its features (`zoo.split`); the model itself where None.
        frozen: What runs below it, in inference mode; None where there is
            nothing, or where batches hold its features already.
        evaluate: What answers batches to judge by; the model itself where
            None.
    """

    train: keras.Model | None = None
    frozen: keras.Model | None = None
    evaluate: keras.Model | None = None


class Trainer:
    """Trains a model under a strategy.

    It stands at a step of an epoch (`global_step`, `epoch`, `batch`), where
    `fit` goes on from; `go_to` puts it elsewhere.

    Args:
        model: Made in the strategy's scope.
        optimizer: Made in the strategy's scope; built here, for every
            variable that is trainable now. Variables frozen afterwards keep
            their state.
        strategy: Where it computes.
        task: What is learned.
        accumulate, clip_norm: See `StepOptions`.
        average_decay: Of a running mean of the weights (`WeightAverage`),
            which is then what is judged; None for none.

    Example:

    ```python
    import numpy as np, tensorflow as tf, zoo
    from pipelines.batches.augmentation import AUGMENTATIONS
    from pipelines.batches.training_data import training_data
    from pipelines.data.examples import Examples
    from pipelines.tasks.classification import Classification
    from pipelines.training.optimizers import SGDWithL2
    from pipelines.training.trainer import Trainer
    png = tf.io.encode_png(np.zeros((32, 32, 3), "uint8")).numpy()
    examples = Examples(("a", "b"), np.array([0, 1], "int32"), ("x", "y"),
                        lambda wanted: [png] * len(wanted))
    model = zoo.create_model("resnet20", classes=2)
    data = training_data(examples, zoo.preprocessing(model), batch_size=2,
                         augmentation=AUGMENTATIONS["shift"])
    trainer = Trainer(model, SGDWithL2(0.01), tf.distribute.get_strategy(),
                      Classification())
    assert len(trainer.fit(data, epochs=1)) == 1
    ```
    """

    def __init__(
        self,
        model,
        optimizer,
        strategy,
        task: Task,
        *,
        accumulate: int = 1,
        clip_norm: float | None = None,
        average_decay: float | None = None,
    ):
        self.model = model
        self.optimizer = optimizer
        self.strategy = strategy
        self.task = task
        self.accumulate = accumulate
        self.global_step = 0
        self.epoch = 0
        self.batch = 0
        self.history: list[dict] = []
        self._meter = None
        self._train = None
        self._gone_on_with = {}
        self._scale = LossScaleWatch(optimizer)
        self._evaluator = Evaluator(model, strategy, task)
        with strategy.scope():
            optimizer.build(model.trainable_variables)
            # For callbacks, which look for `model.optimizer`.
            model.compile(optimizer=optimizer)
        self.average = None
        if average_decay is not None:
            self.average = WeightAverage(model, average_decay, strategy)
        self._options = StepOptions(accumulate, clip_norm, self.average)

    def progress(self) -> dict:
        """Returns where the run stands, as JSON can hold it."""
        return {
            "global_step": self.global_step,
            "epoch": self.epoch,
            "batch": self.batch,
            "steps_per_epoch": self._train and self._train.steps_per_epoch,
            "meter": self._meter.state() if self.batch else {},
            "history": list(self.history),
        }

    def go_to(self, progress: dict) -> None:
        """Stands where a run was when `progress` told it."""
        self.global_step = progress["global_step"]
        self.epoch, self.batch = progress["epoch"], progress["batch"]
        self.history = list(progress["history"])
        self._gone_on_with = progress["meter"]

    def judged(self):
        """A context: the model has the running mean, where there is one."""
        if self.average is None:
            return contextlib.nullcontext()
        return self.average.in_place()

    def make_step(self, model=None, *, batch_size: int, frozen=None):
        """Returns the function that takes one step; see `make_train_step`."""
        return make_train_step(
            model or self.model,
            self.optimizer,
            self.strategy,
            global_batch_size=batch_size,
            task=self.task,
            frozen=frozen,
            options=self._options,
        )

    @work("training", after=None)
    def fit(
        self,
        train: TrainingData,
        validation: EvaluationData | None = None,
        *,
        epochs: int,
        callbacks=(),
        networks: Networks | None = None,
        stop=None,
    ) -> list[dict]:
        """Trains from where it stands until `epochs` are over in all.

        What is frozen is read from the model once, at the start.

        Args:
            train: Its first batch belongs to `global_step`.
            validation: Judged after each epoch, where given.
            epochs: How many will have been trained, those before included.
            callbacks: Keras callbacks; logs carry `loss`, what the task
                counts, `learning_rate`, `images_per_second`, `input_wait`
                (the part of the time spent waiting for pictures),
                `gradient_norm` and `global_step`, and at the end of an epoch
                `val_loss` and the task's metrics, `val_` before them.
            networks: What computes on the batches; the model where None.
            stop: True as soon as this worker wants to stop; all of them
                are then asked (`asked_to_stop`).

        Returns:
            The logs of each epoch.

        Raises:
            RequestError: The devices cannot share the batch evenly.
            Diverged: The loss is no finite number.
            DataError: A picture has changed since the run began.
            WorkerLost: Another process of the run is gone.
            Interrupted: It is, and this one was asked to stop.
        """
        check_batch(train.batch_size, self.strategy, self.accumulate)
        check_agreement(self.strategy, self.global_step)
        networks = networks or Networks()
        step = self.make_step(
            networks.train,
            batch_size=train.batch_size,
            frozen=networks.frozen,
        )
        evaluator = self._evaluator
        if networks.evaluate is not None:
            evaluator = Evaluator(networks.evaluate, self.strategy, self.task)
        shared = distribute(self.strategy, train.dataset, train.batch_size)
        batches = iter(shared)
        callbacks = keras.callbacks.CallbackList(
            list(callbacks),
            model=self.model,
            epochs=epochs,
            first_epoch=self.epoch,
            steps=train.steps_per_epoch,
            batch_size=train.batch_size,
        )
        self._train = train
        self.model.stop_training = False
        callbacks.on_train_begin()
        try:
            while self.epoch < epochs and not self.model.stop_training:
                epoch = self.epoch
                callbacks.on_epoch_begin(epoch)
                logs = self._epoch(step, batches, train, callbacks, stop)
                if validation is not None:
                    logs |= self._validate(evaluator, validation, callbacks)
                self.history.append({"epoch": epoch + 1, **logs})
                self.epoch, self.batch = epoch + 1, 0
                callbacks.on_epoch_end(epoch, logs)
        except tf.errors.OpError as error:
            raise explained(
                error, train, self.global_step, alone=self.is_alone, stop=stop
            ) from error
        callbacks.on_train_end(self.history[-1] if self.history else None)
        return self.history

    @property
    def is_alone(self) -> bool:
        """Whether no other process takes part in the run."""
        return workers_of(self.strategy).count == 1

    @property
    def asked_to_stop(self) -> bool:
        """Whether any worker was to stop when numbers were last read."""
        return self._meter is not None and self._meter.asked

    def _epoch(self, step, batches, train, callbacks, stop) -> dict:
        self._meter = meter = Meter(self.task, **self._gone_on_with)
        self._gone_on_with = {}
        next_of = long_at_first(meter.wait_for, "reading the first pictures")
        for batch in range(self.batch, train.steps_per_epoch):
            callbacks.on_train_batch_begin(batch)
            inputs, targets = next_of(batches)
            asked = tf.constant(float(bool(stop)))
            meter.add(step(inputs, targets, asked))
            self.global_step += 1
            self.batch = batch + 1
            last = self.batch == train.steps_per_epoch
            read = last or self.batch % STEPS_BETWEEN_READS == 0
            logs = self.read() if read else {}
            callbacks.on_train_batch_end(batch, logs)
            if self.model.stop_training:
                break
        return self.read()

    def read(self) -> dict:
        """Waits for the steps taken, and returns the epoch's logs so far.

        Raises:
            Diverged: The loss was no finite number in one of them.
        """
        if self._meter is None:
            # No step was taken since it stands here.
            return {}
        ago = self._meter.read()
        if self._scale.is_used:
            self._scale.check(self.global_step)
        elif ago is not None:
            step = self.global_step - 1 - ago
            raise not_a_number(self._train, step, self.epoch)
        return {
            **self._meter.logs(),
            "learning_rate": float(self.optimizer.learning_rate.numpy()),
            "global_step": self.global_step,
        }

    def _validate(self, evaluator, validation, callbacks) -> dict:
        callbacks.on_test_begin()
        with self.judged():
            metrics = evaluator.evaluate(validation)
        callbacks.on_test_end(metrics)
        told = (LOSS, *self.task.metrics)
        return {each.held_out: metrics[each.name] for each in told}
