"""Whether a phase learns from features that are computed once, and those."""

import functools
import math
import time

from pipelines.data.augmentation import AUGMENTATIONS
from pipelines.data.datasets import every_view
from pipelines.features.cache import Features
from pipelines.features.extraction import Extractor
from pipelines.training.parts import Part
from pipelines.training.run import Run
from pipelines.training.unfreezing import Phase

# Epochs in which one view of a picture is shown once.
_EPOCHS_A_VIEW = 4
# A cache that saves less than this, in seconds, is not worth its tracing.
_WORTH = 3.0


def views_of(epochs: int, augmentation) -> int:
    """Returns in how many ways a cached picture is shown.

    Without augmentation all views are alike.
    """
    if augmentation == AUGMENTATIONS["none"]:
        return 1
    return math.ceil(epochs / _EPOCHS_A_VIEW)


class FeatureCache:
    """What lies below the lowest stage that learns, computed once.

    Args:
        run: What is trained on what.
        below: The part of the model that does not learn.
        phase: What learns, and for how long.
    """

    def __init__(self, run: Run, below: Part, phase: Phase):
        self._run = run
        self._phase = phase
        self._views = views_of(phase.epochs, run.augmentation)
        self._learning = Extractor(
            below.learner, run.strategy, run.folder.path
        )
        self._judging = self._learning
        if below.judge is not below.learner:
            self._judging = Extractor(
                below.judge, run.strategy, run.folder.path
            )

    @property
    def pays(self) -> bool:
        """Whether it does; decided once, however often a run goes on.

        The decision is measured, and what is learned from kept features
        differs from the rest in its views.
        """
        stage, decisions = self._phase.stage, self._run.decisions
        if stage not in decisions:
            decisions[stage] = self._decide()
        return decisions[stage]

    @functools.cached_property
    def judged(self) -> Features:
        """Of the pictures to judge by."""
        held_out = self._run.splits.validation
        return Features(held_out, self._judge())

    def learned(self, progress=None) -> Features:
        """Of every view of the pictures to learn from.

        Args:
            progress: Called with the numbers of views done and in all.
        """
        run, train = self._run, self._run.splits.train

        def report(done, total):
            run.go_on()
            if progress:
                progress(done, total)

        dataset = every_view(
            train,
            run.training_preprocessing,
            augmentation=run.augmentation,
            batch_size=run.evaluation_batch,
            seed=run.config.seed,
            views=self._views,
        )
        values = self._learning.run(dataset, self._count, report)
        return Features(train, values, self._views)

    @property
    def _count(self) -> int:
        return self._views * len(self._run.splits.train)

    def _judge(self):
        run = self._run
        pictures = run.validation_data()
        return self._judging.run(
            pictures.dataset, len(pictures.examples), run.go_on
        )

    def _decide(self) -> bool:
        run, epochs = self._run, self._phase.epochs
        if not run.config.cache:
            return False
        if run.workers.count > 1:
            run.say("  no cache: several hosts share the pictures")
            return False
        if epochs <= self._views:
            run.say("  no cache: so few epochs show no picture twice")
            return False
        size = self._learning.bytes_of(self._count)
        if not self._learning.has_room_for(self._count):
            run.say(
                f"  no cache: {size / 2**30:.1f} GiB of features have no room"
            )
            return False
        saved = self._saved_seconds()
        if saved < _WORTH:
            run.say(f"  no cache: it would save {saved:.1f} s")
            return False
        run.say(
            f"  cache: {self._views} view(s) of {len(run.splits.train):,} "
            f"pictures, {size / 2**20:,.0f} MiB; saves about {saved:.0f} s"
        )
        return True

    def _saved_seconds(self) -> float:
        """Estimates by what the features of the pictures to judge by cost."""
        held_out = len(self.judged.examples)
        each = self._judging.seconds_each
        if each is None:
            # So few that the time went into tracing: once more.
            started = time.perf_counter()
            self._judge()
            each = (time.perf_counter() - started) / self._run.evaluation_batch
        config, epochs = self._run.config, self._phase.epochs
        pictures = len(self._run.splits.train)
        pictures *= (config.train_size / config.image_size) ** 2
        return each * (
            (epochs - self._views) * pictures + (epochs - 1) * held_out
        )
