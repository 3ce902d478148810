"""Holding a fifth of every class out where a data set has no such part."""

import numpy as np

from pipelines.data.examples import Examples
from pipelines.data.examples import Splits
from pipelines.data.examples import stratified_split
from zoo.errors import DataError

VALIDATION_FRACTION = 0.2


def hold_out(examples: Examples, data, seed: int) -> Splits:
    """Splits a fifth of every class off, and says so.

    Args:
        examples: All pictures.
        data: What they come from, for messages.
        seed: Decides the split.

    Raises:
        DataError: A class has one picture only.
    """
    lonely = np.flatnonzero(examples.counts() == 1)
    if len(lonely):
        raise DataError(
            f"{data}: the class {examples.class_names[lonely[0]]!r} has one "
            "picture; at least 2 are needed, one to learn from and one to "
            "judge by. Add pictures or remove the class."
        )
    train, validation = stratified_split(examples, VALIDATION_FRACTION, seed)
    return Splits(
        train,
        validation,
        f"{data} has no validation part: held out {len(validation)} of its "
        f"{len(examples)} pictures, {VALIDATION_FRACTION:.0%} of every class "
        f"(seed {seed}).",
        split_off=True,
    )
