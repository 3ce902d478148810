"""Durations in words: steps, epochs, examples, or a part of the run."""

import re

from zoo.errors import RequestError

_DURATION = re.compile(r"(\d+(?:\.\d*)?|\.\d+)(st|ep|ex|%)")


def duration_in_steps(
    text: str, steps_per_epoch: int, batch_size: int, steps: int
) -> int:
    """Reads a duration.

    Args:
        text: A number and its unit: `500st` are steps, `2.4ep` epochs,
            `1000000ex` examples seen, `5%` a part of the run.
        steps_per_epoch: Of the run.
        batch_size: Examples of a step.
        steps: How many the run has.

    Returns:
        The steps, rounded to whole ones.

    Raises:
        RequestError: It is no such text.

    Example:

    ```python
    from pipelines.training.schedules import duration_in_steps
    assert duration_in_steps("2.4ep", 100, 32, 1000) == 240
    assert duration_in_steps("6400ex", 100, 32, 1000) == 200
    assert duration_in_steps("5%", 100, 32, 1000) == 50
    ```
    """
    return round(exact_steps(text, steps_per_epoch, batch_size, steps))


def exact_steps(
    text: str, steps_per_epoch: int, batch_size: int, steps: int
) -> float:
    """Returns a duration as `duration_in_steps` does, not rounded."""
    number, unit = split_duration(text)
    of_one = {
        "st": 1,
        "ep": steps_per_epoch,
        "ex": 1 / batch_size,
        "%": steps / 100,
    }
    return number * of_one[unit]


def split_duration(text: str) -> tuple[float, str]:
    """Returns a duration's number and its unit.

    Raises:
        RequestError: It has not both of them.
    """
    found = _DURATION.fullmatch(str(text).strip())
    if not found:
        raise RequestError(
            "A duration is a number and its unit: 500st (steps), 5ep "
            "(epochs), 1000000ex (examples) or 5% (of the run). Received: "
            f"{text!r}"
        )
    return float(found[1]), found[2]
