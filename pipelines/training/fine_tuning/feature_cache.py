"""Feature cache: what frozen stages make of the pictures, computed once.

A plan unfreezes from the top, so that what lies below a stage is the same
from the plan's start until that stage's turn: one pass over the pictures
takes the features of every phase.
"""

import dataclasses
import math
import time

import keras

import zoo
from pipelines.batches.augmentation import AUGMENTATIONS
from pipelines.batches.training_data import every_view
from pipelines.data.naming import naming_bad_pictures
from pipelines.evaluation.extraction import Extractor
from pipelines.features.cache import Features
from pipelines.training.fine_tuning.costs import macs_below
from pipelines.training.fine_tuning.plan import Phase
from pipelines.training.run import Run

# Epochs in which one view of a picture is shown once.
_EPOCHS_A_VIEW = 4
# What saves fewer multiply-adds than this is not worth its tracing: two cores
# take them in a second or two. A count, not a measured time: the same command
# does the same on a busy machine.
_WORTH = 2e11


def views_of(epochs: int, augmentation) -> int:
    """Returns in how many ways a picture is shown whose features are kept.

    Without augmentation all views are alike.
    """
    if augmentation == AUGMENTATIONS["none"]:
        return 1
    return math.ceil(epochs / _EPOCHS_A_VIEW)


@dataclasses.dataclass(frozen=True)
class PhaseFeatures:
    """What a phase reads in place of pictures.

    Args:
        train: Of every view of the pictures to learn from.
        validation: Of the pictures to judge by.
    """

    train: Features
    validation: Features


class FeatureCache:
    """The features that the phases of a plan learn from.

    Args:
        run: What is trained on what.
        plan: Its phases, in their order.
        progress: Called with the numbers of views done and in all.
    """

    def __init__(self, run: Run, plan: tuple[Phase, ...], progress=None):
        self._run = run
        self._plan = plan
        self._progress = progress
        self._names = [stage.name for stage in zoo.stages(run.model)]
        self._macs = macs_below(run.model)
        # As many as the longest phase wants, for all of them.
        longest = max(phase.epochs for phase in plan)
        self._views = views_of(longest, run.augmentation)
        self._kept: dict[int, PhaseFeatures | None] = {}

    def take(self, position: int) -> PhaseFeatures | None:
        """Returns what a phase reads, and lets go of it.

        Whether it reads features is decided once, however often a run goes
        on: the decision is measured, and other views would be shown.

        Args:
            position: Of the phase in the plan.

        Returns:
            None where the phase looks at the pictures themselves.
        """
        if not self._stage(position):
            return None
        if position not in self._kept:
            self._keep_from(position)
        return self._kept.pop(position)

    def reads(self, position: int) -> bool:
        """Whether a phase reads features, as far as that is decided.

        Args:
            position: Of the phase in the plan.
        """
        return bool(self._run.decisions.get(str(self._plan[position])))

    def _keep_from(self, position: int) -> None:
        """Computes what a phase reads, and all that later ones can."""
        positions = self._unchanged_from(position)
        self._kept |= dict.fromkeys(positions)
        decisions = self._run.decisions
        if any(str(self._plan[i]) not in decisions for i in positions):
            kept = self._compute(self._worth_it(positions), undecided=True)
            decisions |= {str(self._plan[i]): i in kept for i in positions}
        else:
            wanted = [i for i in positions if decisions[str(self._plan[i])]]
            kept = self._compute(wanted, undecided=False)
        self._kept |= kept

    def _unchanged_from(self, position: int) -> list[int]:
        """Phases below whose stages nothing learns before their turn."""
        found, lowest = [position], self._stage(position)
        for later in range(position + 1, len(self._plan)):
            stage = self._stage(later)
            if 0 < stage <= lowest:
                found.append(later)
            lowest = min(lowest, stage)
        return found

    def _stage(self, position: int) -> int:
        """The number of the lowest stage that learns."""
        return self._names.index(self._plan[position].stage)

    def _worth_it(self, positions: list[int]) -> list[int]:
        """Chooses how far up a pass goes; it serves all phases up to there."""
        run = self._run
        if not run.config.cache:
            return []
        if run.workers.count > 1:
            run.say("  no cache: several hosts share the pictures")
            return []
        if run.config.mixup or run.config.cutmix or run.config.repeats > 1:
            run.say("  no cache: mixed or repeated pictures are always new")
            return []
        if run.augmentation.layers:
            run.say("  no cache: what layers of Keras change is always new")
            return []
        macs = {i: self._macs[self._plan[i].stage] for i in positions}
        served = max(
            ([i for i in positions if macs[i] <= macs[top]] for top in macs),
            key=self._saved,
        )
        saved = self._saved(served)
        if saved >= _WORTH:
            return served
        if saved > 0:
            run.say(
                f"  no cache: it would save {saved / 1e9:.3g} G multiply-adds"
            )
        else:
            run.say("  no cache: so few epochs show no picture twice")
        return []

    def _saved(self, wanted: list[int]) -> float:
        """How many multiply-adds one pass for some phases saves in all."""
        run, config = self._run, self._run.config
        smaller = (config.train_size / config.image_size) ** 2
        pictures = smaller * len(run.splits.train)
        held_out = len(run.splits.validation)
        macs = [self._macs[self._plan[i].stage] for i in wanted]
        again = sum(
            self._plan[i].epochs * below
            for i, below in zip(wanted, macs, strict=True)
        )
        return again * (pictures + held_out) - self._macs_of_pass(wanted)

    def _macs_of_pass(self, wanted: list[int]) -> float:
        """Multiply-adds of one pass that serves some phases."""
        run, config = self._run, self._run.config
        smaller = (config.train_size / config.image_size) ** 2
        pictures = self._views * smaller * len(run.splits.train)
        highest = max(self._macs[self._plan[i].stage] for i in wanted)
        return highest * (pictures + len(run.splits.validation))

    def _compute(self, wanted: list[int], *, undecided: bool) -> dict:
        """Runs over the pictures once, if that is worth it."""
        run = self._run
        if not wanted:
            return {}
        stages = [self._plan[i].stage for i in wanted]
        of_train, of_validation = self._extractors(stages)
        count = self._views * len(run.splits.train)
        size = of_train.bytes_of(count) / 2**20
        if undecided and not of_train.has_room_for(count):
            run.say(f"  no cache: {size:,.0f} MiB of features have no room")
            # Those of fewer phases may have.
            return self._compute(wanted[:-1], undecided=True)
        if undecided:
            run.say(
                f"  cache: {self._views} view(s) of "
                f"{len(run.splits.train):,} pictures below "
                f"{' and '.join(stages)}, {size:,.0f} MiB; saves "
                f"{self._saved(wanted) / 1e9:,.0f} G multiply-adds"
            )
        started = time.perf_counter()
        validation = self._validation_features(of_validation)
        train = self._train_features(of_train, count)
        run.remaining.took(
            time.perf_counter() - started, self._macs_of_pass(wanted)
        )
        return {
            position: PhaseFeatures(
                Features(run.splits.train, views, self._views),
                Features(run.splits.validation, seen),
            )
            for position, views, seen in zip(
                wanted, train, validation, strict=True
            )
        }

    def _extractors(self, stages: list[str]) -> tuple[Extractor, Extractor]:
        """Run over pictures to learn from, and over those to judge by."""
        run = self._run
        with run.strategy.scope():
            boundaries = [
                zoo.split(run.model, stage)[0].output for stage in stages
            ]
            whole = keras.Model(run.model.input, boundaries)
            resized = zoo.resized(whole, run.train_model().input.shape[1:])
        of_train = Extractor(resized, run.strategy, run.folder.path)
        if resized is whole:
            return of_train, of_train
        return of_train, Extractor(whole, run.strategy, run.folder.path)

    def _train_features(self, extractor: Extractor, count: int) -> list:
        run = self._run

        def report(done, total):
            run.go_on()
            if self._progress:
                self._progress(done, total)

        dataset = every_view(
            run.splits.train,
            run.training_preprocessing(),
            augmentation=run.augmentation,
            batch_size=run.evaluation_batch,
            seed=run.config.seed,
            views=self._views,
        )
        with naming_bad_pictures(run.splits.train):
            return extractor.run(dataset, count, report)

    def _validation_features(self, extractor: Extractor) -> list:
        run = self._run
        pictures = run.validation_data()
        with naming_bad_pictures(pictures.examples):
            return extractor.run(
                pictures.dataset, len(pictures.examples), run.go_on
            )
