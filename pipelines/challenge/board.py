"""The board: one page, the same as data, and a page for each entry.

| file | holds |
|---|---|
| `board/index.html` | places, prizes and teams |
| `board/board.json` | the same; the same bytes whatever came in first |
| `board/latency.json` | what was measured on the machine that judged |
| `board/entries/KEY.html` | an entry: its worst classes and pictures |
"""

import pathlib

from pipelines.challenge import state
from pipelines.challenge.entry_page import entry_page
from pipelines.challenge.judging_entries import read_scores
from pipelines.challenge.places import BOARD
from pipelines.challenge.places import ChallengeFolder
from pipelines.challenge.prizes import Standings
from pipelines.challenge.prizes import stand
from pipelines.challenge.scoring import Count
from pipelines.challenge.standings import ALPHA
from pipelines.challenge.standings import Judgement
from pipelines.challenge.standings import TaskPlace
from pipelines.pages.rendering import render
from pipelines.waiting.work import work
from zoo.plain_json import dumps
from zoo.weights.atomic import write_atomically

PAGE = "index.html"
TITLES = {
    "top5": "lowest top-5 error",
    "best_model": "best model",
    "overall": "overall",
}


@work("writing the board")
def write_board(challenge: ChallengeFolder, output=None) -> pathlib.Path:
    """Writes the board of what has been judged, over an older one.

    Args:
        challenge: Where.
        output: The board's folder; `board/` of the challenge where None.

    Returns:
        The page's path.

    Raises:
        OSError: The disk is full or the folder cannot be written.
    """
    judgements, waiting = read_judgements(challenge)
    board = stand(judgements, challenge.rules)
    folder = pathlib.Path(output or challenge.path / BOARD)
    pages = folder / "entries"
    pages.mkdir(parents=True, exist_ok=True)
    for standings in board.tasks:
        held_out = challenge.held_out(standings.task)
        for place in standings.places:
            page = entry_page(place, held_out, by=standings.by)
            write_atomically(pages / _page_name(place), page)
    _write_json(folder / "board.json", as_json(board))
    times = {
        each.entry.key: each.score.latency
        for each in sorted(judgements, key=lambda each: each.entry.key)
        if each.score.latency is not None
    }
    _write_json(folder / "latency.json", {"milliseconds_for_one": times})
    page = render(
        "challenge_board.html",
        title=challenge.rules.title,
        lead=_lead(challenge, judgements, waiting),
        rules=challenge.rules,
        board=board,
        titles=TITLES,
        alpha=ALPHA,
        page_name=_page_name,
    )
    write_atomically(folder / PAGE, page)
    return folder / PAGE


def read_judgements(
    challenge: ChallengeFolder,
) -> tuple[list[Judgement], int]:
    """Returns all that has been judged, and how many entries have not."""
    with state.reading(challenge.path) as opened:
        entries = state.all_entries(opened)
    scores = read_scores(challenge)
    judged = [
        Judgement(
            entry, *scores[entry.number], challenge.class_names(entry.task)
        )
        for entry in entries
        if entry.number in scores
    ]
    return judged, len(entries) - len(judged)


def _page_name(place: TaskPlace) -> str:
    return f"{place.judgement.entry.key}.html"


def _write_json(path: pathlib.Path, content) -> None:
    text = dumps(content, indent=2, ensure_ascii=False) + "\n"
    write_atomically(path, text.encode("utf-8", "backslashreplace"))


def _lead(challenge: ChallengeFolder, judgements, waiting: int) -> str:
    teams = {each.entry.team for each in judgements}
    parts = [
        _counted(len(challenge.rules.tasks), "task", "tasks"),
        _counted(len(teams), "team", "teams"),
        _counted(len(judgements), "entry judged", "entries judged"),
    ]
    if waiting:
        parts.append(f"{waiting} waiting")
    if challenge.rules.deadline:
        parts.append(f"deadline {challenge.rules.deadline}")
    return " · ".join(parts)


def _counted(count: int, one: str, several: str) -> str:
    return f"{count:,} {one if count == 1 else several}"


def as_json(board: Standings) -> dict:
    """Returns a board as data, without what a machine or a day decides."""
    return {
        "tasks": {
            standings.task: {
                "by": standings.by,
                "places": [_place(place) for place in standings.places],
            }
            for standings in board.tasks
        },
        "teams": [
            {
                "place": row.place,
                "team": row.team,
                "mean_rank": row.mean,
                "ranks": row.ranks,
            }
            for row in board.teams
        ],
        "prizes": [
            {
                "prize": prize.name,
                "task": prize.task or None,
                "team": prize.team,
                "points": prize.points,
                "why": prize.why,
            }
            for prize in board.prizes
        ],
        "points": dict(board.points()),
    }


def _place(place: TaskPlace) -> dict:
    entry, score = place.judgement.entry, place.judgement.score
    return {
        "place": place.place,
        "team": entry.team,
        "family": entry.family,
        "network": entry.variant or None,
        "kind": entry.kind,
        "sha256": entry.sha256,
        "worse_than_the_first_beyond_chance": place.is_apart,
        "rules_broken": place.broken,
        "top1_error": _count(score.top1),
        "top5_error": _count(score.top5),
        "train_top1_error": _count(score.train),
        "gap": score.gap,
        "gap_interval": score.gap_limits,
        "cross_top1_error": _count(score.cross),
        "parameters": score.parameters,
        "macs": score.macs,
        "class_errors": {
            name: _count(count)
            for name, count in zip(
                place.judgement.class_names, score.by_class, strict=True
            )
        },
    }


def _count(count: Count | None) -> dict | None:
    if count is None:
        return None
    return {
        "wrong": count.wrong,
        "pictures": count.pictures,
        "share": count.share,
        "interval": count.limits,
    }


def as_text(board: Standings) -> list[str]:
    """Returns a board as lines for a terminal."""
    lines = []
    for standings in board.tasks:
        lines.append(f"{standings.task}, by {standings.by} error:")
        for place in standings.places:
            entry, error = place.judgement.entry, place.error
            low, high = error.limits
            said = f"; {'; '.join(place.broken)}" if place.broken else ""
            lines.append(
                f"  {place.place}. {entry.team}, {entry.variant or entry.kind}"
                f" ({entry.family}): {error.share:.2%} "
                f"({low:.2%} … {high:.2%}){said}"
            )
    for prize in board.prizes:
        of = f" of {prize.task}" if prize.task else ""
        lines.append(f"{TITLES[prize.name]}{of}: {prize.team}, {prize.why}")
    return lines
