"""Runs side by side: what differs, and who is better by more than chance."""

import dataclasses
import itertools
from collections.abc import Sequence

from pipelines.evaluation.judged_runs import JudgedRun
from pipelines.evaluation.paired_test import holm
from pipelines.evaluation.paired_test import mcnemar
from pipelines.evaluation.report import flat
from pipelines.tasks.interval import interval
from zoo.errors import DataError
from zoo.errors import RequestError

# Below it a difference is not held for chance.
ALPHA = 0.05
_HASHES = "judged.sha256"
_NOT_COMPARED = ("output", "class_names", "chosen", "identity")


@dataclasses.dataclass(frozen=True)
class Standing:
    """How many of the shared pictures a run tells right.

    Args:
        run: What it is called.
        folder: Where it lies.
        right: How many.
        share: Of all shared pictures, in 0…1.
        low: Where its 95 % interval begins.
        high: Where that ends.
    """

    run: str
    folder: str
    right: int
    share: float
    low: float
    high: float


@dataclasses.dataclass(frozen=True)
class PairedTest:
    """Two runs on the pictures that both judged.

    Args:
        first: What one is called.
        second: What the other is.
        only_first: Pictures that only the first tells right.
        only_second: Those that only the second does.
        p: Of McNemar's exact test.
        p_holm: The same where all pairs are looked at together.
    """

    first: str
    second: str
    only_first: int
    only_second: int
    p: float
    p_holm: float = 1.0

    @property
    def better(self) -> str | None:
        """Which one is better by more than chance; None where neither is."""
        if self.p_holm >= ALPHA:
            return None
        return self.first if self.only_first > self.only_second else self.second


@dataclasses.dataclass(frozen=True, eq=False)
class Comparison:
    """What is known of some runs together.

    Args:
        runs: What was compared.
        pictures: How many all of them have judged.
        standings: The best first.
        tests: Of each pair.
        settings: What differs, by its name: of each run, by what it is
            called; None where a run does not know it.
    """

    runs: list[JudgedRun]
    pictures: int
    standings: list[Standing]
    tests: list[PairedTest]
    settings: dict[str, dict]

    @property
    def best(self) -> list[str]:
        """Those that no other is better than by more than chance."""
        beaten = {
            each.first if each.better == each.second else each.second
            for each in self.tests
            if each.better
        }
        return [row.run for row in self.standings if row.run not in beaten]

    @property
    def winner(self) -> str | None:
        """The one that is better than every other by more than chance."""
        for row in self.standings:
            own = [t for t in self.tests if row.run in (t.first, t.second)]
            if all(test.better == row.run for test in own):
                return row.run
        return None

    def as_json(self) -> dict:
        """Returns everything, the same whatever the runs' order was."""
        return {
            "pictures": self.pictures,
            "alpha": ALPHA,
            "winner": self.winner,
            "best_within_chance": self.best,
            "runs": [
                {**dataclasses.asdict(row), "metrics": run.metrics}
                for row in self.standings
                for run in self.runs
                if run.name == row.run
            ],
            "pairs": [
                {**dataclasses.asdict(test), "better": test.better}
                for test in self.tests
            ],
            "settings": self.settings,
        }


def compare(runs: Sequence[JudgedRun]) -> Comparison:
    """Compares runs by the pictures that all of them have judged.

    Args:
        runs: As `read_judged` returns them: two or more.

    Raises:
        RequestError: They have learned different tasks.
        DataError: They share no picture, do not agree on what one shows, or
            one was judged by what it has learned from.
    """
    _refuse_seen(runs)
    kinds = {run.name: run.task.__name__ for run in runs}
    if len(set(kinds.values())) > 1:
        told = ", ".join(f"{name}: {kind}" for name, kind in kinds.items())
        raise RequestError(
            f"`runs` have learned different tasks ({told}). Give those of one."
        )
    shared = _shared(runs)
    right = {run.name: run.right & shared for run in runs}
    standings = [_standing(run, len(right[run.name]), shared) for run in runs]
    standings.sort(key=lambda row: (-row.right, row.run))
    tests = [_test(*pair, right) for pair in itertools.combinations(right, 2)]
    adjusted = holm([test.p for test in tests])
    return Comparison(
        list(runs),
        len(shared),
        standings,
        [
            dataclasses.replace(test, p_holm=chance)
            for test, chance in zip(tests, adjusted, strict=True)
        ],
        differences(runs),
    )


def _refuse_seen(runs: Sequence[JudgedRun]) -> None:
    for run in runs:
        if seen := run.config.get("seen"):
            raise DataError(
                f"`runs`: {run.folder} was judged by {seen:,} pictures that "
                "its model has learned from, which would make it the better "
                "one. Judge it by others."
            )


def _shared(runs: Sequence[JudgedRun]) -> frozenset:
    """The pictures that all have judged, which are the same for all."""
    shared = frozenset.intersection(*(frozenset(run.labels) for run in runs))
    if not shared:
        counts = ", ".join(f"{run.name}: {len(run.labels):,}" for run in runs)
        raise DataError(
            f"`runs` have judged no picture in common ({counts}). Have each "
            "judged by the same pictures with the command evaluate, and give "
            "the folders that it writes."
        )
    first = runs[0]
    for run in runs[1:]:
        other = [k for k in shared if run.labels[k] != first.labels[k]]
        if other:
            key = min(other)
            raise DataError(
                f"`runs` do not agree on what {len(other):,} of the "
                f"{len(shared):,} pictures show: {key[0]} is "
                f"{first.labels[key]!r} to {first.name} and "
                f"{run.labels[key]!r} to {run.name}. Judge both by the same "
                "data with the command evaluate."
            )
    return shared


def _standing(run: JudgedRun, right: int, shared: frozenset) -> Standing:
    limits = interval(right, len(shared))
    return Standing(run.name, run.folder, right, right / len(shared), *limits)


def _test(first: str, second: str, right: dict) -> PairedTest:
    only_first = len(right[first] - right[second])
    only_second = len(right[second] - right[first])
    chance = mcnemar(only_first, only_second)
    return PairedTest(first, second, only_first, only_second, chance)


def differences(runs: Sequence[JudgedRun]) -> dict[str, dict]:
    """Returns the settings that are not the same everywhere.

    Args:
        runs: Whose `config.json` is looked at, versions included.
    """
    known = {
        run.name: {
            name: value
            for key, held in run.config.items()
            if key not in _NOT_COMPARED
            for name, value in flat(key, held)
            if not name.startswith(_HASHES)
        }
        for run in runs
    }
    names = dict.fromkeys(name for each in known.values() for name in each)
    rows = {
        name: {run: each.get(name) for run, each in known.items()}
        for name in sorted(names)
    }
    return {
        name: row
        for name, row in rows.items()
        if len({repr(value) for value in row.values()}) > 1
    }
