"""Killing runs that only pretend: what is asked of them, and what is found."""

import random

import pytest

from pipelines.doctor import faults
from pipelines.doctor.fork_server import log_of
from pipelines.doctor.gone_on import check_gone_on
from pipelines.doctor.gone_on import unfinished_in
from pipelines.doctor.kinds import SETTINGS
from pipelines.doctor.moments import MOMENTS
from pipelines.doctor.moments import Fate
from pipelines.doctor.moments import Moment
from pipelines.doctor.moments import at_random
from pipelines.doctor.moments import watched
from pipelines.doctor.settings_tried import OLD_RUN
from pipelines.doctor.settings_tried import draw_pictures
from pipelines.doctor.trials import Trouble
from zoo.errors import RequestError
from zoo.weights.atomic import write_atomically


class Pretender:
    """Stands for the server: each start saves two steps more."""

    def __init__(self, kind):
        self.kind = kind
        self.moments = []

    def __call__(self, log):
        return self

    def __enter__(self):
        return self

    def __exit__(self, *_):
        pass

    def run(self, name, place, output, *, moment, workers):
        assert workers == SETTINGS[name].workers
        self.moments.append(moment)
        checkpoints = output / "checkpoints"
        checkpoints.mkdir(parents=True, exist_ok=True)
        step = max(map(int, (p.name for p in checkpoints.iterdir())), default=0)
        if self.kind == "forgetful" and step:
            step = 1
        place = checkpoints / f"{step:010d}"
        said = f"going on after step {step:,} ({place})\n" if step else ""
        if self.kind == "silent":
            said = ""
        log_of(output).write_text(said + "the last words")
        if self.kind == "failing" and step:
            return 1
        (checkpoints / f"{step + 2:010d}").mkdir(exist_ok=True)
        unwritten = ("best.safetensors", "metrics.json" if moment else "")
        for each in MOMENTS:
            if "." in each.name and each.name not in unwritten:
                (output / each.name).write_text("")
        return -9 if moment and self.kind != "immortal" else 0


@pytest.fixture
def check(monkeypatch, tmp_path):
    """Returns a function that kills a pretender, and what it was asked."""
    compared = []

    def compare(whole, killed):
        compared.append((whole.name, killed.name))
        return 100

    monkeypatch.setattr(faults, "compare_runs", compare)

    def run(kind, kills, settings=("float16",), **options):
        server = Pretender(kind)
        monkeypatch.setattr(faults, "ForkServer", server)
        runs = tmp_path / "not" / "yet"
        found = faults.check_kills(settings, runs, kills, **options)
        return found, server.moments, compared, runs

    return run


def test_a_run_that_survives(check, capsys):
    done = []
    (found,), moments, compared, runs = check(
        "good", 3, progress=lambda *n: done.append(n)
    )
    assert found.ok, found.text
    assert found.text.startswith(
        "killed 3 times, gone on 3 times from a checkpoint; what it left is"
    )
    assert compared == [("float16", "float16-killed")]
    # Once undisturbed, three times killed, once to its end.
    first, *killed, last = moments
    assert first is None and last is None
    assert killed == faults.moments_of(3, random.Random("0 float16"))
    assert [str(each) for each in killed] == found.values["killed"]
    assert done == [(1, 3), (2, 3), (3, 3)]
    assert list(runs.iterdir()) == []
    assert capsys.readouterr().out == f"{found}\n"


@pytest.mark.parametrize(
    ("kind", "message"),
    [
        ("forgetful", "but the next start went on after step 1; see "),
        ("silent", "2 in float16-killed, but the next start began anew; see "),
        ("failing", "a start failed: exit code 1, the last words; see "),
        ("immortal", "it ended, and did not come by: "),
    ],
)
def test_a_run_that_does_not(check, kind, message):
    (found,), *_, runs = check(kind, 2)
    assert not found.ok and message in found.text
    # What it left is there to be looked into.
    (place,) = runs.iterdir()
    assert str(place) in found.text


def test_several_kinds_and_what_they_need(check):
    said, told = [], []
    found, moments, compared, _ = check(
        "good",
        2,
        ("two_workers", "add_classes"),
        progress=lambda done, total: told.append((done, total, len(said))),
        say=said.append,
    )
    # Each is told as soon as it is there.
    assert told == [(1, 4, 0), (2, 4, 0), (3, 4, 1), (4, 4, 1)]
    assert said == [str(each) for each in found]
    assert [each.name for each in found] == ["two_workers", "add_classes"]
    assert all(each.ok for each in found) and len(compared) == 2
    # One more: the run whose model learns more classes.
    assert len(moments) == 4 + 1 + 4


def test_all_kinds(check):
    found, *_ = check("good", 1, ("all",))
    assert [each.name for each in found] == list(SETTINGS)
    assert len(SETTINGS) >= 14


def test_no_process_that_starts_runs(check, monkeypatch, tmp_path):
    def gone(log):
        raise Trouble("no run can be started")

    monkeypatch.setattr(faults, "ForkServer", gone)
    (found,) = faults.check_kills(("mixed",), tmp_path)
    assert str(found) == "FAILED  faults       no run can be started"


def standing(folder, **steps):
    """Makes runs in a folder that have a checkpoint of a step each."""
    for name, step in steps.items():
        (folder / name / "checkpoints" / f"{step:010d}").mkdir(parents=True)


def test_each_of_several_runs_is_asked_where_it_went_on(tmp_path):
    standing(tmp_path, one=9, two=1)
    (tmp_path / "one" / "metrics.json").write_text("")
    before = unfinished_in(tmp_path)
    assert before == {tmp_path / "two": 1}

    def look(said="", died=False):
        return check_gone_on(tmp_path, before, said, died=died)

    place = tmp_path / "two" / "checkpoints" / "0000000001"
    assert look(f"fold 2\ngoing on after step 1 ({place})\nepoch 1")
    # That of another run is no word about this one.
    with pytest.raises(Trouble, match="step 1 in two, but the next start bega"):
        look(f"going on after step 9 ({tmp_path}/one/checkpoints/0000000009)")
    # Killed before it came to that, and all is as it was.
    assert not look(died=True)
    standing(tmp_path, two=2)
    with pytest.raises(Trouble, match="began anew"):
        look(died=True)


def test_wrong_requests(check, tmp_path):
    with pytest.raises(RequestError, match="there is no float17"):
        check("good", 1, ("float16", "float17"))
    (tmp_path / "not").write_text("")
    with pytest.raises(NotADirectoryError, match="Not a directory"):
        check("good", 1)


def test_moments_are_spread_and_the_last_ones_never_missing():
    chance = random.Random(0)
    for kills in (1, 2, 5, len(MOMENTS)):
        chosen = faults.moments_of(kills, chance)
        assert len(set(chosen)) == kills and chosen[-1] == MOMENTS[-1]
        assert chosen == sorted(chosen, key=MOMENTS.index)
    more = faults.moments_of(30, chance)
    assert tuple(more[-len(MOMENTS) :]) == MOMENTS
    drawn = more[: -len(MOMENTS)]
    assert len(set(drawn)) == 30 - len(MOMENTS)
    assert all(0 <= each.delay < 0.05 and not each.name for each in drawn)


def test_every_call_is_told(tmp_path):
    told = []
    with watched(lambda *call: told.append(call)):
        write_atomically(tmp_path / "a.json", b"1")
    write_atomically(tmp_path / "b.json", b"1")
    assert told == [
        ("before", "fsync", ".tmp-"),
        ("behind", "fsync", ".tmp-"),
        ("before", "replace", "a.json"),
        ("behind", "replace", "a.json"),
    ]


def test_the_moment_comes_once(tmp_path):
    found = []
    fate = Fate(Moment("behind", number=3), lambda: found.append(fate))
    with watched(fate):
        for _ in range(4):
            write_atomically(tmp_path / "a.json", b"1")
    assert found == [fate]
    drawn = at_random(random.Random(0))
    assert str(drawn).endswith(f"s behind call {drawn.number}")
    assert str(MOMENTS[0]) == "before split.csv has its name"


def test_the_pictures(tmp_path):
    draw_pictures(tmp_path)
    for name, classes in (("pictures", 3), ("more", 4)):
        assert len(list((tmp_path / name).glob("train/*/*.png"))) == 8 * classes
        assert len(list((tmp_path / name).glob("val/*/*.png"))) == 2 * classes
    assert not (tmp_path / OLD_RUN).exists()
