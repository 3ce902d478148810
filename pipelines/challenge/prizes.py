"""What is won, and by whom: points by the weights in the rules."""

import dataclasses
from collections.abc import Sequence

from pipelines.challenge.rules import BEST_MODEL
from pipelines.challenge.rules import OVERALL
from pipelines.challenge.rules import TOP5
from pipelines.challenge.rules import Rules
from pipelines.challenge.standings import Judgement
from pipelines.challenge.standings import TaskStandings
from pipelines.challenge.standings import TeamRank
from pipelines.challenge.standings import places_in_tasks
from pipelines.challenge.standings import ranks_of_teams
from pipelines.challenge.submitting import MODEL


@dataclasses.dataclass(frozen=True)
class Prize:
    """What was won.

    Args:
        name: `top5`, `best_model` or `overall`.
        task: Which task's; empty of the overall prize.
        team: Who won it.
        points: What it is worth, shared with those in the same place.
        why: In words.
    """

    name: str
    task: str
    team: str
    points: float
    why: str


@dataclasses.dataclass(frozen=True, eq=False)
class Standings:
    """The whole board.

    Args:
        tasks: Each task's places, in the order of the rules.
        teams: Over all tasks.
        prizes: What was won.
    """

    tasks: list[TaskStandings]
    teams: list[TeamRank]
    prizes: list[Prize]

    def points(self) -> list[tuple[str, float]]:
        """Returns the teams that won anything, the most points first."""
        found: dict[str, float] = {}
        for prize in self.prizes:
            found[prize.team] = found.get(prize.team, 0) + prize.points
        return sorted(found.items(), key=lambda row: (-row[1], row[0]))


def stand(judgements: Sequence[Judgement], rules: Rules) -> Standings:
    """Returns the board of some entries, see `places_in_tasks`.

    Args:
        judgements: What was judged.
        rules: What decides.
    """
    tasks = places_in_tasks(judgements, rules)
    teams = ranks_of_teams(tasks, rules)
    prizes = [
        prize
        for standings in tasks
        for prize in (*_top5(standings, rules), *_best_model(standings, rules))
    ]
    return Standings(tasks, teams, [*prizes, *_overall(teams, rules)])


def _shared(name, task, winners, points: float) -> list[Prize]:
    """A prize for all in the first place, its points in equal parts."""
    teams = sorted({team for team, _ in winners})
    why = dict(reversed(winners))
    if not points:
        return []
    return [
        Prize(name, task, team, points / len(teams), why[team])
        for team in teams
    ]


def _top5(standings: TaskStandings, rules: Rules) -> list[Prize]:
    entered = [place.judgement for place in standings.places]
    if not entered:
        return []
    least = min(each.score.top5.wrong for each in entered)
    winners = [
        (each.entry.team, f"top-5 error {each.score.top5.share:.2%}")
        for each in entered
        if each.score.top5.wrong == least
    ]
    return _shared(TOP5, standings.task, winners, rules.prizes[TOP5])


def _best_model(standings: TaskStandings, rules: Rules) -> list[Prize]:
    """The best single model that breaks no rule.

    What is no network of the zoo may be several side by side, and a table of
    predictions is none that anybody has seen.
    """
    good = [
        place
        for place in standings.places
        if place.judgement.entry.kind == MODEL
        and place.judgement.entry.variant
        and not place.broken
    ]
    if not good:
        return []
    first = min(place.place for place in good)
    winners = [
        (
            place.judgement.entry.team,
            f"{place.judgement.entry.variant}, {standings.by[:3]}-"
            f"{standings.by[3:]} error {place.error.share:.2%}",
        )
        for place in good
        if place.place == first
    ]
    points = rules.prizes[BEST_MODEL]
    return _shared(BEST_MODEL, standings.task, winners, points)


def _overall(teams: list[TeamRank], rules: Rules) -> list[Prize]:
    winners = [
        (row.team, f"mean rank {row.mean:.2f}")
        for row in teams
        if row.place == 1
    ]
    return _shared(OVERALL, "", winners, rules.prizes[OVERALL])
