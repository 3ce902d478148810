"""Teams, entries and scores: a file of SQLite, which several may use at once.

Nothing that was handed in is changed or taken away: the file itself refuses
it. A later word on the same thing, such as which entry is final, is a row more.
"""

import contextlib
import dataclasses
import hashlib
import pathlib
import sqlite3
from collections.abc import Iterator

from pipelines.challenge.places import STATE
from pipelines.data.spelling import canonical
from pipelines.data.spelling import folded
from zoo.errors import DataError

# Seconds for which one waits while another hands in.
_PATIENCE = 60.0
# Letters of a team's name in that of a file.
_SHOWN = 30
_TABLES = """
create table teams (
  folded text primary key, name text not null, registered text not null);
create table registrations (
  folded text not null references teams, task text not null,
  registered text not null, primary key (folded, task));
create table entries (
  number integer primary key autoincrement,
  folded text not null, task text not null, family text not null,
  variant text not null, kind text not null, file text not null unique,
  sha256 text not null, handed_in text not null,
  foreign key (folded, task) references registrations,
  unique (folded, task, sha256));
create table finals (
  number integer not null references entries, said text not null);
create table scores (
  number integer primary key references entries,
  judged text not null, score text not null, answers blob not null);
"""
_KEPT = ("teams", "registrations", "entries", "finals", "scores")


@dataclasses.dataclass(frozen=True)
class Entry:
    """What a team has handed in for a task.

    Args:
        number: Counted over all teams.
        team: As the team spells itself.
        task: Which one.
        family: `alexnet`, `resnet` or `open`.
        variant: The network's name in the zoo; empty where it has none.
        kind: `model` or `table`.
        file: Its place below `entries/`.
        sha256: What the file hashes to, in hexadecimal.
        handed_in: When, ISO 8601.
        final: Whether it stands for the team in its family.
    """

    number: int
    team: str
    task: str
    family: str
    variant: str
    kind: str
    file: str
    sha256: str
    handed_in: str
    final: bool = False

    @property
    def key(self) -> str:
        """What it is called, whatever came before it; the name of a file."""
        team = folded(self.team)
        # Names of teams may be long, and alike but for what no file is called.
        plain = "".join(c if c.isalnum() else "-" for c in team)[:_SHOWN]
        both = hashlib.sha256(f"{team}/{self.sha256}".encode()).hexdigest()
        return f"{self.task}-{plain}-{self.family}-{both[:8]}"


def create(folder) -> None:
    """Makes the state of a new challenge.

    Args:
        folder: The challenge's.
    """
    with contextlib.closing(sqlite3.connect(_path(folder))) as opened:
        opened.executescript(_TABLES)
        for table in _KEPT:
            for verb in ("update", "delete"):
                opened.execute(
                    f"create trigger {table}_{verb} before {verb} on {table} "
                    f"begin select raise(abort, 'nothing is taken back'); end"
                )
        opened.commit()


@contextlib.contextmanager
def reading(folder) -> Iterator[sqlite3.Connection]:
    """Opens the state for as long as it lasts.

    Raises:
        DataError: The file is damaged, or others keep it for too long.
    """
    with _in_words(folder):
        opened = sqlite3.connect(
            _path(folder), timeout=_PATIENCE, isolation_level=None
        )
        opened.row_factory = sqlite3.Row
        opened.execute("pragma foreign_keys = on")
        try:
            yield opened
        finally:
            opened.close()


@contextlib.contextmanager
def changing(folder) -> Iterator[sqlite3.Connection]:
    """The same, with nobody else changing it; what is raised undoes all.

    Raises:
        DataError: As for `reading`.
    """
    with reading(folder) as opened:
        opened.execute("begin immediate")
        try:
            yield opened
        except BaseException:
            opened.execute("rollback")
            raise
        opened.execute("commit")


@contextlib.contextmanager
def _in_words(folder) -> Iterator[None]:
    try:
        yield
    except sqlite3.OperationalError as error:
        raise DataError(
            f"{_path(folder)} cannot be used ({error}). Where another process "
            "works on it, wait for its end."
        ) from error
    except sqlite3.DatabaseError as error:
        raise DataError(
            f"{_path(folder)} is damaged ({error}). Bring back a copy."
        ) from error


def _path(folder) -> pathlib.Path:
    return pathlib.Path(folder) / STATE


def team_name(opened: sqlite3.Connection, team: str) -> str | None:
    """Returns how a team spells itself; None where it is not registered.

    Capitals do not count, nor do blanks at the ends.
    """
    row = opened.execute(
        "select name from teams where folded = ?", (folded(team),)
    ).fetchone()
    return row and row["name"]


def tasks_of(opened: sqlite3.Connection, team: str) -> list[str]:
    """Returns the tasks that a team is registered for."""
    rows = opened.execute(
        "select task from registrations where folded = ? order by task",
        (folded(team),),
    )
    return [row["task"] for row in rows]


def add_team(opened: sqlite3.Connection, team: str, tasks, now: str) -> None:
    """Registers a team, or for further tasks; what it has it keeps."""
    opened.execute(
        "insert or ignore into teams values (?, ?, ?)",
        (folded(team), canonical(team), now),
    )
    for task in tasks:
        opened.execute(
            "insert or ignore into registrations values (?, ?, ?)",
            (folded(team), task, now),
        )


def add_entry(opened: sqlite3.Connection, entry: Entry) -> int:
    """Notes what was handed in; returns its number."""
    done = opened.execute(
        "insert into entries (folded, task, family, variant, kind, file, "
        "sha256, handed_in) values (?, ?, ?, ?, ?, ?, ?, ?)",
        (
            folded(entry.team),
            *(entry.task, entry.family, entry.variant, entry.kind),
            *(entry.file, entry.sha256, entry.handed_in),
        ),
    )
    return done.lastrowid


def add_final(opened: sqlite3.Connection, number: int, now: str) -> None:
    """Notes that an entry stands for its team from now on."""
    opened.execute("insert into finals values (?, ?)", (number, now))


def all_entries(opened: sqlite3.Connection) -> list[Entry]:
    """Returns all entries by number, and which of them are final.

    Of a team, a task and a family that is the entry that was last called so,
    else the last one.
    """
    rows = opened.execute(
        "select number, name as team, task, family, variant, kind, file, "
        "sha256, handed_in from entries join teams using (folded) "
        "order by number"
    )
    found = [Entry(**dict(row)) for row in rows]
    called = [
        row["number"]
        for row in opened.execute("select number from finals order by rowid")
    ]
    by_number = {entry.number: entry for entry in found}
    last: dict = {}
    for entry in [*found, *(by_number[number] for number in called)]:
        last[entry.team, entry.task, entry.family] = entry.number
    return [
        dataclasses.replace(entry, final=entry.number in last.values())
        for entry in found
    ]


def add_score(
    opened: sqlite3.Connection,
    number: int,
    *,
    judged: str,
    score: str,
    answers: bytes,
) -> None:
    """Notes what an entry reaches; what is known already stays."""
    opened.execute(
        "insert or ignore into scores values (?, ?, ?, ?)",
        (number, judged, score, answers),
    )


def judged_numbers(opened: sqlite3.Connection) -> set[int]:
    """Returns which entries have been judged."""
    rows = opened.execute("select number from scores")
    return {row["number"] for row in rows}


def all_scores(opened: sqlite3.Connection) -> list[sqlite3.Row]:
    """Returns `number`, `score` and `answers` of what has been judged."""
    return opened.execute(
        "select number, score, answers from scores order by number"
    ).fetchall()
