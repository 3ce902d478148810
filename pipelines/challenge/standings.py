"""Who is where: from scores to places, whatever came in first."""

import dataclasses
import math
from collections.abc import Sequence

from pipelines.challenge.rules import Rules
from pipelines.challenge.scoring import Answered
from pipelines.challenge.scoring import Count
from pipelines.challenge.scoring import Score
from pipelines.challenge.state import Entry
from pipelines.evaluation.paired_test import holm
from pipelines.evaluation.paired_test import mcnemar

# Of fewer classes five are many.
FEW_CLASSES = 50
ALPHA = 0.05


@dataclasses.dataclass(frozen=True, eq=False)
class Judgement:
    """An entry that was judged.

    Args:
        entry: What was handed in.
        score: What it reaches.
        answered: What it says of each picture.
        class_names: Of its task, in label order.
    """

    entry: Entry
    score: Score
    answered: Answered
    class_names: tuple[str, ...]

    def broken(self, rules: Rules) -> list[str]:
        """Says which rules it breaks beyond chance, the worst class first."""
        said = []
        if rules.class_error is not None:
            above = [
                (-count.limits[0], name)
                for name, count in zip(
                    self.class_names, self.score.by_class, strict=True
                )
                if count.limits[0] > rules.class_error
            ]
            if above:
                names = [name for _, name in sorted(above)]
                more = f" and {len(names) - 3} more" if len(names) > 3 else ""
                said.append(
                    f"error above {rules.class_error:.0%}: "
                    f"{', '.join(names[:3])}{more}"
                )
        limits = self.score.gap_limits
        if rules.gap is not None and limits and limits[0] > rules.gap:
            said.append(
                f"over-fitted: {self.score.gap:.1%} more errors on held-out "
                f"pictures, above {rules.gap:.0%}"
            )
        return said


@dataclasses.dataclass(frozen=True, eq=False)
class TaskPlace:
    """Where an entry stands in its task.

    Args:
        place: 1 for the best; entries with as many errors share one.
        judgement: The entry.
        error: By what it stands there.
        is_apart: Whether it is worse than the first by more than chance.
        broken: The rules that it breaks.
    """

    place: int
    judgement: Judgement
    error: Count
    is_apart: bool
    broken: list[str]


@dataclasses.dataclass(frozen=True, eq=False)
class TaskStandings:
    """The places of one task.

    Args:
        task: Its name.
        by: `"top1"` or `"top5"`: what decides.
        places: The best first.
    """

    task: str
    by: str
    places: list[TaskPlace]


@dataclasses.dataclass(frozen=True, eq=False)
class TeamRank:
    """Where a team stands over all tasks.

    Args:
        place: 1 for the least mean rank.
        team: Its name.
        mean: The mean of its ranks, by the weights of the tasks.
        ranks: Among teams, by task.
    """

    place: int
    team: str
    mean: float
    ranks: dict[str, int]


def places_in_tasks(
    judgements: Sequence[Judgement], rules: Rules
) -> list[TaskStandings]:
    """Returns the places of every task, in the order of the rules.

    Only final entries count. The order in which they are given, and in which
    they were handed in, changes nothing.

    Args:
        judgements: What was judged.
        rules: What decides.
    """
    finals = sorted(
        (each for each in judgements if each.entry.final),
        key=lambda each: each.entry.key,
    )
    return [
        _of_task(
            name, [each for each in finals if each.entry.task == name], rules
        )
        for name in rules.tasks
    ]


def _of_task(name: str, finals: list[Judgement], rules: Rules) -> TaskStandings:
    by = _decides(finals, rules)
    ordered = sorted(
        finals, key=lambda each: (_error(each, by).wrong, each.entry.key)
    )
    apart = _apart(ordered, by)
    places = []
    for each, is_apart in zip(ordered, apart, strict=True):
        error = _error(each, by)
        better = sum(_error(other, by).wrong < error.wrong for other in finals)
        places.append(
            TaskPlace(better + 1, each, error, is_apart, each.broken(rules))
        )
    return TaskStandings(name, by, places)


def _decides(finals: list[Judgement], rules: Rules) -> str:
    """By top-5; by top-1 where nearly all are among five of few classes."""
    if not finals or len(finals[0].class_names) >= FEW_CLASSES:
        return "top5"
    best = min(each.score.top5.share for each in finals)
    return "top1" if best <= rules.saturated else "top5"


def _error(judgement: Judgement, by: str) -> Count:
    return getattr(judgement.score, by)


def _apart(ordered: list[Judgement], by: str) -> list[bool]:
    """Which are worse than the first beyond chance, all taken together."""
    if not ordered:
        return []
    rights = [
        each.answered.right if by == "top1" else each.answered.right5
        for each in ordered
    ]
    first, *others = rights
    chances = holm(
        [
            mcnemar(int((first & ~right).sum()), int((right & ~first).sum()))
            for right in others
        ]
    )
    return [False, *(chance < ALPHA for chance in chances)]


def ranks_of_teams(tasks: list[TaskStandings], rules: Rules) -> list[TeamRank]:
    """Returns the teams by the mean rank over the tasks that they entered.

    A team's rank in a task is that of its best entry; ranks count by the
    weights of the tasks.

    Args:
        tasks: The places of every task.
        rules: What has the weights.
    """
    ranks: dict[str, dict[str, int]] = {}
    for standings in tasks:
        best: dict[str, int] = {}
        for place in standings.places:
            team = place.judgement.entry.team
            best[team] = min(best.get(team, place.place), place.place)
        for team, own in best.items():
            better = sum(other < own for other in best.values())
            ranks.setdefault(team, {})[standings.task] = better + 1
    means = {}
    for team, own in ranks.items():
        weights = [rules.tasks[task].weight for task in own]
        if sum(weights) > 0:
            total = math.fsum(
                weight * rank
                for weight, rank in zip(weights, own.values(), strict=True)
            )
            means[team] = total / math.fsum(weights)
    return [
        TeamRank(
            1 + sum(other < mean for other in means.values()),
            team,
            mean,
            ranks[team],
        )
        for mean, team in sorted((mean, team) for team, mean in means.items())
    ]
