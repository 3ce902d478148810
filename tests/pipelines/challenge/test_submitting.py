"""Handing in: what is taken is there whole, what is not changes nothing."""

import datetime
import pathlib
import shutil
import sqlite3
import subprocess
import sys

import pytest

from pipelines.challenge import state
from pipelines.challenge.board import write_board
from pipelines.challenge.judging_entries import judge_entries
from pipelines.challenge.places import ChallengeFolder
from pipelines.challenge.submitting import HandIn
from pipelines.challenge.submitting import register
from pipelines.challenge.submitting import submit
from zoo.errors import DataError
from zoo.errors import IntegrityError
from zoo.errors import RequestError

LATE = datetime.datetime(2030, 1, 2, tzinfo=datetime.UTC)


def contents(challenge):
    """Every file of a challenge but the state, and every row of that."""
    files = {
        path: path.read_bytes()
        for path in sorted(challenge.path.rglob("*"))
        if path.is_file() and path.name != "challenge.sqlite"
    }
    with state.reading(challenge.path) as opened:
        return files, list(opened.iterdump())


def table(challenge, path):
    """A table that says of every picture the first class."""
    names = challenge.class_names("one")
    rows = ["picture," + ",".join(names)]
    rows += [f"{name},1,0,0,0,0,0" for name in challenge.pictures("one")]
    path.write_text("\n".join(rows) + "\n")
    return str(path)


def test_what_is_laid_out_says_nothing_of_labels(contest):
    public = contest.public("one")
    names = contest.pictures("one")
    assert sorted(path.name for path in (public / "pictures").iterdir()) == (
        sorted(names)
    )
    assert not set(contest.class_names("one")) & set(
        (public / "pictures.csv").read_text().replace(",", " ").split()
    )
    labels = contest.held_out("one").labels.tolist()
    # In no order of classes.
    assert sorted(labels) == sorted([*range(6)] * 2) != labels
    assert (contest.path / "organiser").stat().st_mode & 0o077 == 0


def test_a_model_and_a_table_are_taken_and_judged(contest, model, tmp_path):
    first = submit(contest, HandIn("  ANTS ", "one", model("resnet20")))
    assert (first.number, first.team) == (1, "Ants")
    assert (first.family, first.variant) == ("resnet", "resnet20")
    file = contest.entries / first.file
    assert file.read_bytes() == pathlib.Path(model("resnet20")).read_bytes()
    path = table(contest, tmp_path / "said.csv")
    second = submit(contest, HandIn("Ants", "one", predictions=path))
    assert (second.family, second.kind) == ("open", "table")
    said = []
    assert len(judge_entries(contest, said.append)) == 2
    assert "top-1 error 83.33%" in said[1]
    assert judge_entries(contest) == []
    page = write_board(contest).read_text()
    assert "resnet20" in page and "83.33%" in page


def test_what_was_handed_in_is_what_is_judged(contest, tmp_path):
    """A file that was changed is refused, and keeps nobody else waiting."""
    path = pathlib.Path(table(contest, tmp_path / "said.csv"))
    first = submit(contest, HandIn("Ants", "one", predictions=str(path)))
    path.write_text(path.read_text().replace("1,0,0", "1.0,0,0"))
    submit(contest, HandIn("Ants", "one", predictions=str(path)))
    file = contest.entries / first.file
    file.chmod(0o644)
    file.write_bytes(b"another")
    said = []
    with pytest.raises(DataError, match="is not what was handed in as entry 1"):
        judge_entries(contest, said.append)
    assert len(said) == 1 and said[0].startswith("entry 2, Ants, one, table")


def test_teams_that_are_called_alike_have_pages_of_their_own():
    names = ("a b", "a-b", "x" * 250, "x" * 249 + "y")
    keys = {
        state.Entry(1, name, "one", "open", "", "table", "f", "0", "t").key
        for name in names
    }
    assert len(keys) == 4 and max(map(len, keys)) < 60


def _wrong(challenge, model, tmp_path):
    """What is handed in wrongly, the error's kind and its words."""
    good = table(challenge, tmp_path / "good.csv")
    lines = pathlib.Path(good).read_text().splitlines()
    short = tmp_path / "short.csv"
    short.write_text("\n".join(lines[:-1]))
    damaged = tmp_path / "damaged.keras"
    damaged.write_bytes(pathlib.Path(model("resnet20")).read_bytes()[:9000])
    odd = model("resnet20", classes=("black", "blue", "pink"))
    return [
        (HandIn("Bees", "one", good), RequestError, "is not registered"),
        (HandIn("Ants", "two", good), RequestError, "registered for one, not"),
        (HandIn("Ants", "on", good), RequestError, "Nearest: one"),
        (HandIn("Ants", "one"), RequestError, "Give either"),
        (HandIn("Ants", "one", good, good), RequestError, "Give either"),
        (HandIn("Ants", "one", "none"), RequestError, "holds no model.keras"),
        (HandIn("Ants", "one", None, "none"), RequestError, "there is no file"),
        (HandIn("Ants", "one", None, str(short)), DataError, "is short"),
        (HandIn("Ants", "one", str(damaged)), IntegrityError, "damaged"),
        (HandIn("Ants", "one", good), IntegrityError, "is no .keras file"),
        (HandIn("Ants", "one", odd), DataError, "green, grey, pink, red, whi"),
    ]


def test_what_is_wrong_changes_nothing(contest, model, tmp_path):
    before = contents(contest)
    for handed, kind, words in _wrong(contest, model, tmp_path):
        with pytest.raises(kind) as caught:
            submit(contest, handed)
        assert words in str(caught.value), handed
    good = HandIn("Ants", "one", predictions=str(tmp_path / "good.csv"))
    with pytest.raises(RequestError, match="too late"):
        submit(contest, good, now=LATE)
    with pytest.raises(RequestError, match="too late"):
        register(contest, "Bees", ["one"], now=LATE)
    assert contents(contest) == before


def test_two_of_a_family_and_none_twice(contest, model):
    submit(contest, HandIn("Ants", "one", model("resnet20")))
    with pytest.raises(RequestError, match="handed this file in already, as e"):
        submit(contest, HandIn("ants", "one", model("resnet20")))
    second = HandIn("Ants", "one", model("resnet20", seed=1))
    submit(contest, second)
    before = contents(contest)
    with pytest.raises(RequestError, match="2 of the family resnet for one"):
        submit(contest, HandIn("Ants", "one", model("resnet20", seed=2)))
    assert contents(contest) == before
    submit(contest, HandIn("Ants", "one", model("alexnet_cifar")))


def test_the_last_one_is_final_unless_another_is_called_so(contest, model):
    for seed in range(2):
        final = not seed
        submit(
            contest,
            HandIn("Ants", "one", model("resnet20", seed=seed), final=final),
        )
    submit(contest, HandIn("Ants", "one", model("alexnet_cifar")))
    with state.reading(contest.path) as opened:
        found = {each.number: each.final for each in state.all_entries(opened)}
    assert found == {1: True, 2: False, 3: True}


def test_nothing_is_taken_back(contest, model):
    submit(contest, HandIn("Ants", "one", model("resnet20")))
    with sqlite3.connect(contest.path / "challenge.sqlite") as opened:
        for table_name in ("teams", "registrations", "entries"):
            with pytest.raises(sqlite3.IntegrityError, match="taken back"):
                opened.execute(f"delete from {table_name}")
        with pytest.raises(sqlite3.IntegrityError, match="taken back"):
            opened.execute("update entries set sha256 = 'x'")


def test_one_task_only(made, tmp_path):
    folder = shutil.copytree(made, tmp_path / "contest")
    text = (folder / "challenge.json").read_text()
    rules = text.replace('"one_task_only": false', '"one_task_only": true')
    (folder / "challenge.json").write_text(rules)
    challenge = ChallengeFolder(folder)
    with pytest.raises(RequestError, match="may enter one task"):
        register(challenge, "Ants", ["one", "two"])
    assert register(challenge, "Ants", ["one"]) == ["one"]
    with pytest.raises(RequestError, match="would be in one, two"):
        register(challenge, "ants", ["two"])
    for name in ("", "  ", "!!"):
        with pytest.raises(RequestError, match="names no team"):
            register(challenge, name, ["one"])


_PROGRAM = """
import sys
from pipelines.challenge.places import ChallengeFolder
from pipelines.challenge.submitting import HandIn, register, submit
folder, team, *tables = sys.argv[1:]
challenge = ChallengeFolder(folder)
register(challenge, team, ["one"])
for table in tables:
    print(submit(challenge, HandIn(team, "one", predictions=table)).number)
"""


def test_several_hand_in_at_once(contest, tmp_path):
    """In processes of their own; each of them is noted, and none twice."""
    good = pathlib.Path(table(contest, tmp_path / "good.csv")).read_text()
    started = []
    for team in range(3):
        tables = []
        for turn in range(2):
            path = tmp_path / f"{team}-{turn}.csv"
            # Other bytes, the same table.
            path.write_text(good.replace("1,0,0", f"1.{'0' * turn},0,0"))
            tables.append(str(path))
        words = [str(contest.path), f"team {team}", *tables]
        started.append(
            subprocess.Popen(
                [sys.executable, "-c", _PROGRAM, *words],
                stdout=subprocess.PIPE,
                text=True,
            )
        )
    numbers = []
    for process in started:
        out, _ = process.communicate(timeout=300)
        assert process.returncode == 0
        numbers += map(int, out.split())
    assert sorted(numbers) == [1, 2, 3, 4, 5, 6]
    with state.reading(contest.path) as opened:
        entries = state.all_entries(opened)
    assert [entry.number for entry in entries] == [1, 2, 3, 4, 5, 6]
    for entry in entries:
        assert contest.checked_file(entry).is_file()
    assert len(list(contest.entries.iterdir())) == 6
