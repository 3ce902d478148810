"""What libraries write about themselves, and what is shown all the same."""

import os

import pytest

from pipelines.waiting.held_back import held_back_errors
from pipelines.waiting.held_back import quiet_at_first


def test_only_the_first_call_is_quiet(capfd):
    def answer(text):
        os.write(2, text)
        return text

    asked = quiet_at_first(answer)
    assert asked(b"greeting") == b"greeting"
    assert capfd.readouterr().err == ""
    assert asked(b"trouble") == b"trouble"
    assert capfd.readouterr().err == "trouble"


def test_what_fails_shows_what_was_written(capfd):
    def fail():
        with held_back_errors():
            os.write(2, b"the reason")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert capfd.readouterr().err == "the reason"


def test_a_first_call_that_failed_is_still_the_first(capfd):
    calls = []

    def answer():
        calls.append(1)
        os.write(2, b"x")
        if len(calls) == 1:
            raise ValueError

    asked = quiet_at_first(answer)
    with pytest.raises(ValueError):
        asked()
    capfd.readouterr()
    asked()
    assert capfd.readouterr().err == ""
