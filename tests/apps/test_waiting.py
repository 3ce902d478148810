"""What a command says before anything is there to say, and of numbers."""

import io
import time

import pytest

from apps import command as command_file
from apps import predict
from apps.bar import Bar
from pipelines.evaluation import answering
from pipelines.waiting import heartbeat
from pipelines.waiting.heartbeat import Heartbeat
from pipelines.waiting.work import going_on
from pipelines.waiting.work import work
from zoo.errors import DataError


def test_a_slow_start_is_said_within_two_seconds(command, monkeypatch, photos):
    monkeypatch.setattr(
        command_file, "start_tensorflow", lambda: time.sleep(1.5)
    )
    monkeypatch.setattr(heartbeat, "_beating", None)
    picture = photos / "val" / "red" / "val0.jpg"
    answer = command(predict, "--model=resnet20", "--weights=cifar10", picture)
    assert answer.code == 0
    assert answer.err.startswith("starting TensorFlow …\n")
    assert "starting" not in answer.out and "%" in answer.out


def test_numbers_are_those_of_the_work_that_says_itself():
    bar = Bar("pictures", "picture")
    with work("looking at the pictures", "picture") as looking:
        bar(3, 10)
        assert (looking.done, looking.total) == (3, 10)
        assert going_on()[-1] is looking
        # A file that is fetched meanwhile is another thing.
        Bar("weights.h5", "B")(5, 9)
        assert going_on()[-1].label == "weights.h5"
    assert looking not in going_on()


@pytest.mark.parametrize("ends", [True, False])
def test_numbers_of_nothing_else_are_a_piece_of_their_own(ends):
    before = going_on()
    bar = Bar("packing", "picture")
    with work("pack", after=None) as root:
        for done in range(1, 10 + ends):
            bar(done, 10)
            piece = [] if done == 10 else ["packing"]
            assert [each.label for each in going_on()] == ["pack", *piece]
        assert (root.done, root.total) == (0, None)
    assert going_on() == before


def test_a_log_tells_of_a_bar():
    log = io.StringIO()
    heart = Heartbeat(log)
    bar = Bar("packing", "picture")
    with work("pack", after=None):
        bar(1, 10)
        heart.beat(0)
        bar(5, 10)
        heart.beat(31)
        heart.beat(62)
    assert log.getvalue().splitlines() == [
        "packing …",
        "packing: 5 of 10 pictures · 62 s, about 62 s left",
    ]


def test_a_bar_begins_anew_where_what_was_around_it_has_ended():
    bar = Bar("packing", "picture")
    for _ in range(2):
        with work("pack", after=None):
            bar(3, 10)
            assert going_on()[-1].label == "packing"
            assert going_on()[-1].done == 3


def test_a_file_of_answers_says_how_many_are_done(monkeypatch):
    counted = []

    def answer(model, picture, asking):
        piece = going_on()[-1]
        counted.append((piece.unit, piece.done, piece.total))
        if picture == "b.jpg":
            raise DataError("b.jpg: damaged.")
        return picture

    monkeypatch.setattr(answering, "answer", answer)
    bad = []
    answers = predict._answers(None, ["a.jpg", "b.jpg", "c.jpg"], None, bad)
    assert list(answers) == ["a.jpg", "c.jpg"] and bad == ["b.jpg: damaged"]
    assert counted == [("picture", done, 3) for done in range(3)]
    assert not going_on()
