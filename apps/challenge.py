"""Runs a challenge in a folder: many models, judged side by side.

    zoo challenge new contest/ --rules=rules.json
    zoo challenge register contest/ --team=Ants --task=scenes
    zoo challenge submit contest/ --team=Ants --task=scenes --model=runs/first
    zoo challenge judge contest/
    zoo challenge board contest/

`new` lays a challenge out by a file of tasks and rules; teams are given its
public/ folder, `register` before the deadline and `submit` a run's folder, a
.keras file or a table of --predictions. `judge` runs what has not been judged,
and `board` writes board/index.html and board.json. Exit codes: 0 done, 2 a
wrong request, 3 bad data, 4 a damaged file.
"""

import dataclasses

from apps.command import launch
from apps.command import say
from apps.command import tell
from apps.shared_settings import GIVEN
from apps.shared_settings import HOW
from apps.shared_settings import WRITTEN
from apps.shared_settings import Asked
from pipelines.runs.settings import row
from zoo.errors import RequestError
from zoo.variants import nearest


@dataclasses.dataclass(frozen=True, kw_only=True)
class Contest(Asked):
    """What is done in which challenge."""

    words: tuple[str, ...] = row(
        (),
        "What is done (new, register, submit, judge or board), and the "
        "challenge's folder.",
        group=GIVEN,
        is_flag=False,
    )
    rules: str | None = row(
        None,
        "Of new: a JSON file of tasks and rules.",
        group=GIVEN,
        common=True,
    )
    team: str | None = row(
        None,
        "Of register and submit: what the team calls itself.",
        group=GIVEN,
        common=True,
    )
    task: tuple[str, ...] = row(
        (),
        "Of register and submit: which task; register takes several.",
        group=GIVEN,
        common=True,
    )
    model: str | None = row(
        None,
        "Of submit: a run's folder or a .keras file.",
        group=GIVEN,
        common=True,
    )
    predictions: str | None = row(
        None,
        "Of submit, in place of `model`: a table of predictions, as the "
        "command predict writes it with `--format=csv` and `--all_classes`, "
        "or `--top=5`.",
        group=GIVEN,
        common=True,
    )
    final: bool = row(
        False,
        "Of submit: this entry stands for the team in its family, whatever "
        "comes later.",
        group=HOW,
        usual="the last one does",
        common=True,
    )
    output: str | None = row(
        None,
        "Of board: a new folder for it, or an older board's, which is written "
        "anew.",
        group=WRITTEN,
        usual="board/ of the challenge",
        common=True,
    )


# What each action needs, and what else it takes.
_ACTIONS = {
    "new": (("rules",), ()),
    "register": (("team", "task"), ()),
    "submit": (("team", "task"), ("model", "predictions", "final")),
    "judge": ((), ()),
    "board": ((), ("output",)),
}
_FLAGS = tuple(
    field.name for field in dataclasses.fields(Contest) if field.name != "words"
)


def check(asked: Contest) -> None:
    action = asked.words[0] if asked.words else ""
    if action not in _ACTIONS:
        near = nearest(action, _ACTIONS, 1)[0] if action else "new"
        raise RequestError(
            f"The first word is one of {', '.join(_ACTIONS)}. Received: "
            f"{action or 'none'}. Nearest: {near}"
        )
    if len(asked.words) != 2:
        raise RequestError(
            f"`{action}` takes the challenge's folder as its second word. "
            f"Received: {' '.join(asked.words[1:]) or 'none'}"
        )
    needed, more = _ACTIONS[action]
    for name in _FLAGS:
        given = bool(getattr(asked, name))
        if name in needed and not given:
            raise RequestError(f"{action} needs `{name}`.")
        if given and name not in (*needed, *more):
            raise RequestError(f"{action} takes no `{name}`. Leave it out.")
    if action == "submit" and len(asked.task) > 1:
        raise RequestError("submit is for one `task` at a time.")


def _new(asked: Contest) -> None:
    from pipelines.challenge.creating import create_challenge
    from pipelines.challenge.rules import read_rules

    folder = asked.words[1]
    for line in create_challenge(folder, read_rules(asked.rules)):
        say(line)
    say(f"for teams: {folder}/public; keep the rest of {folder} to yourself")


def _register(asked: Contest) -> None:
    from pipelines.challenge.places import ChallengeFolder
    from pipelines.challenge.submitting import register

    tasks = register(
        ChallengeFolder(asked.words[1]), asked.team, sorted(set(asked.task))
    )
    say(f"{asked.team} is registered for {', '.join(tasks)}")


def _submit(asked: Contest) -> None:
    from pipelines.challenge.places import ChallengeFolder
    from pipelines.challenge.submitting import HandIn
    from pipelines.challenge.submitting import submit

    entry = submit(
        ChallengeFolder(asked.words[1]),
        HandIn(
            asked.team,
            asked.task[0],
            asked.model,
            asked.predictions,
            asked.final,
        ),
    )
    say(
        f"entry {entry.number} of {entry.team} for {entry.task}: "
        f"{entry.variant or entry.kind}, in the class {entry.family}, sha256 "
        f"{entry.sha256}"
    )


def _judge(asked: Contest) -> None:
    from pipelines.challenge.judging_entries import judge_entries
    from pipelines.challenge.places import ChallengeFolder

    judged = judge_entries(ChallengeFolder(asked.words[1]), say=tell)
    say(f"{len(judged)} entries judged")


def _board(asked: Contest) -> None:
    from pipelines.challenge.board import as_text
    from pipelines.challenge.board import read_judgements
    from pipelines.challenge.board import write_board
    from pipelines.challenge.places import ChallengeFolder
    from pipelines.challenge.prizes import stand

    challenge = ChallengeFolder(asked.words[1])
    page = write_board(challenge, asked.output)
    judged, waiting = read_judgements(challenge)
    for line in as_text(stand(judged, challenge.rules)):
        say(line)
    if waiting:
        say(f"{waiting} entries wait to be judged")
    say(f"board: {page}")


_RUNS = {
    "new": _new,
    "register": _register,
    "submit": _submit,
    "judge": _judge,
    "board": _board,
}


def run(asked: Contest) -> None:
    _RUNS[asked.words[0]](asked)


def cli() -> None:
    launch(run, Contest, word="words", check=check)


if __name__ == "__main__":
    cli()
