"""What eight bits cost is counted right, and too much is refused."""

import dataclasses
import itertools
import math

import numpy as np
import pytest

import zoo
from pipelines.evaluation.paired_interval import paired_interval
from pipelines.export.paired_judging import Demands
from pipelines.export.paired_judging import check_enough
from pipelines.export.paired_judging import check_paired
from pipelines.export.paired_judging import compare_decisions
from pipelines.export.pictures import decoded
from pipelines.export.program import make_program
from zoo.errors import DataError
from zoo.errors import IntegrityError


def _multinomial(counts, chances):
    ways = math.factorial(sum(counts))
    for count, chance in zip(counts, chances, strict=True):
        ways = ways / math.factorial(count) * chance**count
    return ways


@pytest.mark.parametrize("chances", [(0.02, 0.02), (0.1, 0.05), (0.01, 0.03)])
def test_an_interval_holds_what_it_promises(chances):
    """Over all that 60 pictures can show, by their exact probabilities."""
    first, second = chances
    held = 0.0
    for a, b in itertools.product(range(40), repeat=2):
        low, high = paired_interval(a, b, 60)
        if low <= first - second <= high and a + b <= 60:
            held += _multinomial(
                (a, b, 60 - a - b), (first, second, 1 - first - second)
            )
    assert held > 0.94


def test_limits_shrink_with_the_root_of_the_pictures():
    low, high = paired_interval(50, 30, 1000)
    narrow = paired_interval(5000, 3000, 100_000)
    assert low < 0.02 < high
    assert (high - low) / (narrow[1] - narrow[0]) == pytest.approx(10, rel=0.05)
    mirrored = paired_interval(30, 50, 1000)
    assert mirrored == pytest.approx((-high, -low))


def test_what_is_lost_and_won_is_counted():
    labels = np.array([0, 1, 2, 2, 1, 0, 0, 1])
    ours = np.array([0, 1, 2, 2, 0, 0, 1, 0])
    theirs = np.array([0, 2, 2, 2, 1, 1, 2, 0])
    found = compare_decisions(ours, theirs, labels)
    assert found["top1_of_the_model"] == 62.5 and found["top1"] == 50
    assert found["top1_lost"] == 12.5
    assert found["agreement"] == 50
    assert found["top1_lost_at_least"] < 12.5 < found["top1_lost_at_most"]


def test_of_several_classes_all_have_to_be_right():
    labels = np.array([[1, 0], [1, 1]], "uint8")
    found = compare_decisions(
        labels > 0, np.array([[1, 0], [0, 1]]) > 0, labels
    )
    assert (found["top1"], found["agreement"]) == (50, 50)


def test_too_few_pictures_are_refused(coloured):
    with pytest.raises(DataError, match=r"4 pictures judge, .* least 500"):
        check_enough(coloured(2), Demands())
    check_enough(coloured(2), Demands(fewest=4))


@pytest.mark.parametrize("several", [False, True])
def test_a_runtime_is_judged_picture_by_picture(tiny, coloured, several):
    model, examples = tiny(("blue", "green")), coloured(10)
    if several:
        from pipelines.data.joining import as_several

        zoo.set_thresholds(model, (0.5, 0.4))
        examples = as_several(examples)
    program = make_program(model, "probabilities")

    def answer(pictures):
        return program.function(pictures)["probabilities"].numpy()

    found = check_paired(program, answer, examples, Demands())
    assert found["pictures"] == 20 and found["agreement"] == 100
    assert found["top1"] == found["top1_of_the_model"]

    with pytest.raises(IntegrityError, match="agrees with the model on"):
        check_paired(program, lambda x: 1 - answer(x), examples, Demands(100))
    with pytest.raises(IntegrityError, match="no numbers"):
        check_paired(
            program, lambda x: answer(x) * np.nan, examples, Demands(100, 0)
        )


def test_points_that_are_lost_are_refused(tiny, coloured):
    """A model that is always right, and a runtime that never is."""
    model, examples = tiny(("blue", "green")), coloured(6)
    program = make_program(model)

    def answer(pictures):
        return program.function(pictures)["logits"].numpy()

    said = [answer(picture[np.newaxis])[0] for picture in decoded(examples)]
    labels = np.argmax(said, axis=1).astype("int32")
    examples = dataclasses.replace(examples, labels=labels)
    found = check_paired(program, answer, examples, Demands())
    assert (found["top1"], found["top1_lost"]) == (100, 0)
    with pytest.raises(IntegrityError, match=r"loses 100\.00 points"):
        check_paired(program, lambda x: -answer(x), examples, Demands(0.5, 0))
