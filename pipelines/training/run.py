"""A run: everything it works with, from before its first step to its end."""

import dataclasses
import pathlib
import time
from collections.abc import Callable

import keras
import numpy as np
import tensorflow as tf

import zoo
from pipelines.data.augmentation import Augmentation
from pipelines.data.datasets import EvaluationData
from pipelines.data.datasets import TrainingData
from pipelines.data.datasets import evaluation_data
from pipelines.data.datasets import training_data
from pipelines.data.examples import Examples
from pipelines.data.examples import Splits
from pipelines.evaluation.evaluator import Evaluator
from pipelines.evaluation.metrics import classification_metrics
from pipelines.evaluation.report import write_report
from pipelines.training.batch_norm import plain_copy
from pipelines.training.callbacks import Checkpoints
from pipelines.training.callbacks import Progress
from pipelines.training.callbacks import TensorBoard
from pipelines.training.config import RunConfig
from pipelines.training.run_folder import CHECKPOINTS
from pipelines.training.run_folder import HISTORY
from pipelines.training.run_folder import METRICS
from pipelines.training.run_folder import REPORT
from pipelines.training.run_folder import RunFolder

_PICTURES_SHOWN = 32
_LARGEST_BATCH = 256


@dataclasses.dataclass(frozen=True)
class Finished:
    """What a run leaves.

    Args:
        config: What was done, with all defaults filled in.
        model: As it is saved: float32, plain Keras, with its class names and
            its preprocessing.
        history: The logs of each epoch.
        metrics: `examples`, `loss`, `top1`, `top5` on the held-out part,
            `seconds`, `epochs`, `training_examples`.
        logits: float32 `(examples, classes)` of the held-out part.
        folder: Where everything lies.
    """

    config: RunConfig
    model: keras.Model
    history: list[dict]
    metrics: dict
    logits: np.ndarray
    folder: RunFolder

    @property
    def report(self) -> pathlib.Path:
        """The page to look at."""
        return self.folder.path / REPORT

    def with_metrics(self, more: dict) -> "Finished":
        """Returns the same with more metrics, written to the folder too."""
        metrics = {**self.metrics, **more}
        self.folder.write_json(METRICS, metrics)
        return dataclasses.replace(self, metrics=metrics)


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

    def training_data(self, first_step: int = 0, **options) -> TrainingData:
        """The batches from a step on; options as of `training_data`."""
        return training_data(
            self.splits.train,
            zoo.preprocessing(self.model),
            augmentation=self.augmentation,
            batch_size=self.config.global_batch_size,
            seed=self.config.seed,
            first_step=first_step,
            balance=self.config.balance,
            **options,
        )

    def validation_data(self) -> EvaluationData:
        return self.evaluation_data(self.splits.validation)

    def evaluation_data(self, examples: Examples) -> EvaluationData:
        replicas = self.strategy.num_replicas_in_sync
        batch = min(_LARGEST_BATCH, len(examples))
        return evaluation_data(
            examples,
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

    def finish(self, history: list[dict]) -> Finished:
        """Writes the model, what it reaches and a report to look at."""
        seconds = time.perf_counter() - self.started
        model = plain_copy(self.model)
        self.folder.save_model(model)
        self.folder.write_json(HISTORY, history)
        evaluator = Evaluator(model, tf.distribute.get_strategy())
        held_out = self.splits.validation
        logits = evaluator.logits(self.validation_data())
        metrics = {
            **classification_metrics(logits, held_out.labels),
            "seconds": seconds,
            "epochs": len(history),
            "training_examples": len(self.splits.train),
        }
        self.folder.write_json(METRICS, metrics)
        write_report(
            self.folder.path,
            model=model,
            history=history,
            metrics=metrics,
            examples=held_out,
            logits=logits,
        )
        return Finished(
            self.config, model, history, metrics, logits, self.folder
        )
