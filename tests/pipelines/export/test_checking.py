"""What answers otherwise is found, by noise of a known size."""

import numpy as np
import pytest

from pipelines.export.checking import check_floats
from pipelines.export.program import make_program
from zoo.errors import IntegrityError


@pytest.fixture
def program(tiny):
    return make_program(tiny(("a", "b", "c")))


@pytest.fixture
def pictures(noise):
    return [noise(20, 30, seed) for seed in range(4)]


def _answering(program, change=lambda found, pictures: found):
    def answer(pictures):
        found = program.function(pictures)[program.answer].numpy()
        return change(found, pictures)

    return answer


def test_the_same_program_differs_by_nothing(program, pictures):
    found = check_floats(program, _answering(program), pictures, "float32")
    assert found["largest_error"] < 1e-5 and found["same_class"] == 1
    assert found["pictures"] == 4 and found["standard_deviation"] > 0


@pytest.mark.parametrize(
    ("precision", "error", "good"),
    [
        ("float32", 5e-5, True),
        ("float32", 3e-4, False),
        ("float16", 5e-3, True),
        ("float16", 3e-2, False),
    ],
)
def test_errors_are_measured_by_the_spread(
    program, pictures, precision, error, good
):
    """One logit of one picture is off by so much of the deviation."""
    plain = check_floats(program, _answering(program), pictures, precision)
    spread = plain["standard_deviation"]

    def change(found, _):
        found[0, 1] += error * spread
        return found

    answer = _answering(program, change)
    if good:
        found = check_floats(program, answer, pictures, precision)
        assert found["largest_error"] == pytest.approx(error, rel=0.1)
        return
    with pytest.raises(IntegrityError, match="largest_error is"):
        check_floats(program, answer, pictures, precision)


def test_no_number_is_no_answer(program, pictures):
    answer = _answering(program, lambda found, _: found * np.nan)
    with pytest.raises(IntegrityError, match="nan"):
        check_floats(program, answer, pictures, "float32")


def test_resizing_otherwise_is_found(program, pictures):
    """A runtime that takes the upper left of larger pictures."""

    def answer(given):
        cut = given[:, :16, :16] if given.shape[1] > 16 else given
        return program.function(cut)["logits"].numpy()

    with pytest.raises(IntegrityError, match="when_resizing"):
        check_floats(program, answer, pictures, "float32")


def test_a_batch_that_is_mixed_up_is_found(program, pictures):
    answer = _answering(program, lambda found, _: found[::-1])
    with pytest.raises(IntegrityError, match="of_a_batch"):
        check_floats(program, answer, pictures, "float32")
