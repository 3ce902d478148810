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
from pipelines.batches.evaluation_data import evaluation_batch
from pipelines.batches.evaluation_data import evaluation_data
from pipelines.batches.progressive import SizeStage
from pipelines.batches.training_data import Reading
from pipelines.batches.training_data import Sampling
from pipelines.batches.training_data import TrainingData
from pipelines.batches.training_data import training_data
from pipelines.data.examples import Examples
from pipelines.data.examples import Splits
from pipelines.devices.strategy import Workers
from pipelines.devices.strategy import workers_of
from pipelines.runs.checkpoints import ELAPSED
from pipelines.runs.checkpoints import Checkpoint
from pipelines.runs.config import RunConfig
from pipelines.runs.interruption import Interrupted
from pipelines.runs.interruption import StopRequest
from pipelines.runs.options import RunOptions
from pipelines.runs.run_folder import CHECKPOINTS
from pipelines.runs.run_folder import RunFolder
from pipelines.runs.state import RunState
from pipelines.runs.state import from_files
from pipelines.tasks.task import Task
from pipelines.training.callbacks import Checkpoints
from pipelines.training.choices import Choice
from pipelines.training.choices import as_json
from pipelines.training.choices import describe
from pipelines.training.components import mixing_of
from pipelines.training.components import sizes_of
from pipelines.training.fine_tuning.plan import Plan
from pipelines.training.fine_tuning.plan import epochs_of
from pipelines.training.opening import list_pictures
from pipelines.training.remaining import Remaining
from zoo.preprocessing import Preprocessing


@dataclasses.dataclass
class Run:
    """Everything a run works with, made before its first step.

    Args:
        config: With all defaults filled in.
        strategy: Where it computes.
        model: The copy that is trained, in the run's precision.
        plan: What learns when; its rates may still be open.
        splits: The pictures.
        task: What is learned from them.
        augmentation: What training does to them.
        options: How it is carried out.
        say: Tells a person something in one line.
        identity: What makes it this run and no other.
        folder: Where results go; made when all that can be refused has been.
        resumed: The checkpoint that it goes on from, or None.
        stop: Asks it to stop.
        started: When it began, as `time.perf_counter` counts.
        settled: Settings that were decided since it was prepared.
        decisions: What else was decided by measuring, by what it is about.
        choices: What was chosen where nobody had asked for anything.
        lists_anew: Whether its list of pictures is that of others, of a run
            that goes on.
        remaining: Counts the time that is left, for words only.
    """

    config: RunConfig
    strategy: tf.distribute.Strategy
    model: keras.Model
    plan: Plan
    splits: Splits
    task: Task
    augmentation: Augmentation
    options: RunOptions
    say: Callable[[str], None]
    identity: dict
    folder: RunFolder = dataclasses.field(init=False, repr=False)
    resumed: Checkpoint | None = None
    stop: StopRequest | None = None
    started: float = dataclasses.field(default_factory=time.perf_counter)
    settled: dict = dataclasses.field(default_factory=dict)
    decisions: dict = dataclasses.field(default_factory=dict)
    choices: dict[str, Choice] = dataclasses.field(default_factory=dict)
    lists_anew: bool = False
    remaining: Remaining = dataclasses.field(
        default_factory=lambda: Remaining(())
    )
    _train_models: dict = dataclasses.field(default_factory=dict)
    _is_taken_over: bool = False

    @property
    def workers(self) -> Workers:
        return workers_of(self.strategy)

    @property
    def first_step(self) -> int:
        """Steps that had been taken when this process began."""
        return self.resumed.step if self.resumed else 0

    def settle(self, choices: dict | None = None, **changes) -> None:
        """Decides what was left open, and writes the configuration anew.

        Of a run that goes on nothing is written before `take_over`.

        Args:
            choices: What of it nobody had asked for.
            changes: Settings.
        """
        self.config = self.config.resolved(**changes)
        self.settled |= changes
        self.choices |= choices or {}
        if self._is_taken_over or not self.resumed:
            self._write_config()

    def take_over(self) -> None:
        """Makes the folder that of this run, where it goes on.

        Called once its state is put back: what can be refused has been. A
        run that was finished is not any more.
        """
        if self._is_taken_over or not self.resumed:
            return
        self._is_taken_over = True
        self.folder.reopen()
        if self.lists_anew:
            self.list_pictures()
        self._write_config()

    def list_pictures(self) -> None:
        """Writes the list of its pictures, of several workers the first."""
        if self.workers.is_chief:
            list_pictures(self)

    def _write_config(self) -> None:
        self.folder.write_config(
            {
                **self.config.as_dict(),
                **self.task.facts,
                "chosen": as_json(self.choices),
            }
        )

    def tell_choices(self) -> None:
        """Says what was chosen, and why."""
        for line in describe(self.choices):
            self.say(line)

    @property
    def sizes(self) -> tuple[SizeStage, ...]:
        """The sizes of pictures to learn from, one after the other."""
        return sizes_of(self.config, epochs_of(self.plan))

    def train_model(self, size: int | None = None) -> keras.Model:
        """The model's layers on pictures of a size to learn from.

        Args:
            size: In pixels; that of `train_size` where None.

        Raises:
            RequestError: The network fits one size only.
        """
        size = size or self.config.train_size
        if size not in self._train_models:
            with self.strategy.scope():
                made = zoo.resized(self.model, (size, size, 3))
            self._train_models[size] = made
        return self._train_models[size]

    def training_preprocessing(self, size: int | None = None) -> Preprocessing:
        """Of pictures to learn from; `size` as of `train_model`."""
        return zoo.preprocessing(self.model).at(size or self.config.train_size)

    def training_data(
        self, first_step: int = 0, size: int | None = None
    ) -> TrainingData:
        """The batches from a step on; `size` as of `train_model`."""
        return training_data(
            self.splits.train,
            self.training_preprocessing(size),
            augmentation=self.augmentation,
            batch_size=self.config.global_batch_size,
            sampling=Sampling(
                seed=self.config.seed,
                balance=self.config.balance,
                repeats=self.config.repeats,
            ),
            mixing=mixing_of(self.config, epochs_of(self.plan)),
            reading=Reading(first_step, self.workers.index, self.workers.count),
        )

    def validation_data(self) -> EvaluationData:
        return self.evaluation_data(self.splits.validation, hold=True)

    @property
    def evaluation_batch(self) -> int:
        """Examples of a batch that is only judged; the last is nearly full."""
        replicas = self.strategy.num_replicas_in_sync
        return evaluation_batch(len(self.splits.validation), replicas)

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

    def check_state(self, trainer) -> None:
        """Refuses a state that does not fit, before anything is written.

        Raises:
            IntegrityError: It is that of another model or optimizer.
        """
        if self.resumed:
            RunState(trainer).check_fits(from_files(self.resumed.files))

    def keep(self, trainer, callbacks: list) -> list:
        """Adds what saves the run, and puts it where it was.

        Args:
            trainer: What trains.
            callbacks: All others, in their order.
        """
        checkpoints = Checkpoints(
            pathlib.Path(self.config.output) / CHECKPOINTS,
            self.task.decides,
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
            self.take_over()
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
            "resolved": self.settled,
            "chosen": as_json(self.choices),
            "decisions": self.decisions,
            ELAPSED: time.perf_counter() - self.started,
        }
