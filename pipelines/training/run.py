"""A run: everything it works with, from before its first step to its end."""

import dataclasses
import pathlib
import time
from collections.abc import Callable

import keras
import tensorflow as tf

import zoo
from pipelines.batches.augmentation import Augmentation
from pipelines.batches.evaluation_data import EvaluationData
from pipelines.batches.evaluation_data import evaluation_data
from pipelines.batches.training_data import Reading
from pipelines.batches.training_data import Sampling
from pipelines.batches.training_data import TrainingData
from pipelines.batches.training_data import training_data
from pipelines.data.examples import Examples
from pipelines.data.examples import Splits
from pipelines.devices.batch_norm import plain_copy
from pipelines.devices.strategy import Workers
from pipelines.devices.strategy import workers_of
from pipelines.evaluation.evaluator import Evaluator
from pipelines.evaluation.metrics import classification_metrics
from pipelines.evaluation.report import write_report
from pipelines.runs.checkpoints import Checkpoint
from pipelines.runs.config import RunConfig
from pipelines.runs.interruption import Interrupted
from pipelines.runs.interruption import StopRequest
from pipelines.runs.run_folder import CHECKPOINTS
from pipelines.runs.run_folder import HISTORY
from pipelines.runs.run_folder import METRICS
from pipelines.runs.run_folder import RunFolder
from pipelines.runs.state import RunState
from pipelines.runs.state import from_files
from pipelines.training.callbacks import Checkpoints
from pipelines.training.callbacks import Profiler
from pipelines.training.callbacks import Progress
from pipelines.training.callbacks import TensorBoard
from pipelines.training.failures import NotWritten
from pipelines.training.finished import Finished
from zoo.preprocessing import Preprocessing

_PICTURES_SHOWN = 32
_LARGEST_BATCH = 256


@dataclasses.dataclass
class Run:
    """Everything a run works with, made before its first step.

    Args:
        config: With all defaults filled in.
        folder: Where results go.
        strategy: Where it computes.
        model: The copy that is trained, in the run's precision.
        learner: Its layers on pictures of the size that it learns from.
        splits: The pictures.
        augmentation: What training does to them.
        say: Tells a person something in one line.
        identity: What makes it this run and no other.
        resumed: The checkpoint that it goes on from, or None.
        stop: Asks it to stop.
        started: When it began, as `time.perf_counter` counts.
        resolved: Settings that were decided since it was prepared.
        decisions: What else was decided by measuring, by what it is about.
    """

    config: RunConfig
    folder: RunFolder
    strategy: tf.distribute.Strategy
    model: keras.Model
    learner: keras.Model
    splits: Splits
    augmentation: Augmentation
    say: Callable[[str], None]
    identity: dict
    resumed: Checkpoint | None = None
    stop: StopRequest | None = None
    started: float = dataclasses.field(default_factory=time.perf_counter)
    resolved: dict = dataclasses.field(default_factory=dict)
    decisions: dict = dataclasses.field(default_factory=dict)

    @property
    def workers(self) -> Workers:
        return workers_of(self.strategy)

    @property
    def first_step(self) -> int:
        """Steps that had been taken when this process began."""
        return self.resumed.step if self.resumed else 0

    def resolve(self, **changes) -> None:
        """Decides what was left open, and writes the configuration anew."""
        self.config = self.config.resolved(**changes)
        self.resolved |= changes
        names = self.splits.train.class_names
        self.folder.write_config(
            {**self.config.as_dict(), "class_names": names}
        )

    @property
    def training_preprocessing(self) -> Preprocessing:
        return zoo.preprocessing(self.model).at(self.config.train_size)

    def training_data(
        self, first_step: int = 0, *, mixing=None, **sampling
    ) -> TrainingData:
        """The batches from a step on; `sampling` as of `Sampling`."""
        return training_data(
            self.splits.train,
            self.training_preprocessing,
            augmentation=self.augmentation,
            batch_size=self.config.global_batch_size,
            sampling=Sampling(
                seed=self.config.seed, balance=self.config.balance, **sampling
            ),
            mixing=mixing,
            reading=Reading(first_step, self.workers.index, self.workers.count),
        )

    def validation_data(self) -> EvaluationData:
        return self.evaluation_data(self.splits.validation, hold=True)

    @property
    def evaluation_batch(self) -> int:
        """Examples of a batch that is only judged; the last is nearly full."""
        replicas = self.strategy.num_replicas_in_sync
        count = len(self.splits.validation)
        batch = -(-count // -(-count // _LARGEST_BATCH))
        return -(-batch // replicas) * replicas

    def evaluation_data(
        self, examples: Examples, *, hold: bool = False
    ) -> EvaluationData:
        return evaluation_data(
            examples,
            zoo.preprocessing(self.model),
            batch_size=self.evaluation_batch,
            worker=self.workers.index,
            workers=self.workers.count,
            hold=hold,
        )

    def callbacks(self, train: TrainingData, epochs: int) -> list:
        """The callbacks that show a run."""
        pictures = None
        done = self.first_step or None
        if not done:
            pictures, _ = next(iter(train.dataset))
            pictures = pictures[:_PICTURES_SHOWN].numpy()
        board = TensorBoard(
            self.folder.path,
            pictures,
            config=self.config.as_dict(),
            scalar_steps=self.config.scalar_steps,
            resumed_at=done,
        )
        found = [board, Progress(epochs)]
        if self.config.profile_steps:
            steps = self.config.profile_steps
            found.append(Profiler(self.folder.path, steps, resumed_at=done))
        return found

    def keep(self, trainer, callbacks: list) -> list:
        """Adds what saves the run, and puts it where it was.

        Args:
            trainer: What trains.
            callbacks: All others, in their order.
        """
        checkpoints = Checkpoints(
            pathlib.Path(self.config.output) / CHECKPOINTS,
            every_steps=self.config.checkpoint_steps,
            stop=self.stop,
            writes=self.workers.is_chief,
            facts=self._facts,
            say=self.say,
        )
        callbacks = [*callbacks, checkpoints]
        checkpoints.run_state = RunState(trainer, callbacks)
        if self.resumed:
            arrays = from_files(self.resumed.files)
            checkpoints.run_state.put_back(arrays, self.resumed.facts)
        return callbacks

    def go_on(self, *_) -> None:
        """Between two steps of anything that takes long.

        Raises:
            Interrupted: Somebody has asked the run to stop.
        """
        if self.stop:
            raise Interrupted(
                f"stopped by {self.stop.name} between two steps; what had "
                f"been reached is saved in {self.folder.path}"
            )

    def _facts(self) -> dict:
        return {
            "identity": self.identity,
            "resolved": self.resolved,
            "decisions": self.decisions,
            "elapsed": time.perf_counter() - self.started,
        }

    def finish(self, history: list[dict]) -> Finished:
        """Writes what came of the run.

        Raises:
            NotWritten: The disk is full or gone. The checkpoints are there.
        """
        try:
            return self._finish(history)
        except OSError as error:
            raise NotWritten(
                "all steps are taken, but the results cannot be written to "
                f"{self.folder.path} ({error.strerror or error}). Make room; "
                "the last checkpoint is kept"
            ) from error

    def _finish(self, history: list[dict]) -> Finished:
        """Writes the model, what it reaches and a report to look at.

        The metrics come last: they are the sign of a finished run.
        """
        seconds = time.perf_counter() - self.started
        model = plain_copy(self.model)
        self.folder.save_model(model)
        self.folder.write_json(HISTORY, history)
        evaluator = Evaluator(model, tf.distribute.get_strategy())
        held_out = self.splits.validation
        logits = evaluator.logits(
            evaluation_data(
                held_out,
                zoo.preprocessing(model),
                batch_size=self.evaluation_batch,
                hold=True,
            )
        )
        metrics = {
            **classification_metrics(logits, held_out.labels),
            "seconds": seconds,
            "epochs": len(history),
            "training_examples": len(self.splits.train),
        }
        write_report(
            self.folder.path,
            model=model,
            history=history,
            metrics=metrics,
            examples=held_out,
            logits=logits,
        )
        self.folder.write_json(METRICS, metrics)
        return Finished(
            self.config, model, history, metrics, logits, self.folder
        )
