"""Which networks gave the logits of the library their weights are from.

The rows of `data/parity.csv` are what `pytest -m parity tests/parity` prints:
weights made at random, also BatchNorm's statistics, the same pixels in both,
and the largest difference of two logits over the largest logit.
"""

import csv
import dataclasses
import functools
import pathlib

_FILE = pathlib.Path(__file__).parent / "data" / "parity.csv"


@dataclasses.dataclass(frozen=True)
class Parity:
    """What a network was compared with.

    Args:
        version: Of the library.
        error: The largest difference, relative to the largest logit.
    """

    version: str
    error: float


@functools.cache
def _rows() -> dict[tuple[str, str], Parity]:
    found: dict[tuple[str, str], Parity] = {}
    with open(_FILE, encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file, skipinitialspace=True):
            key = row["model"], row["origin"]
            error = float(row["error"])
            if key in found:
                # The same network from another format of file.
                error = max(error, found[key].error)
            found[key] = Parity(row["version"].partition("+")[0], error)
    return found


def parity_of(variant: str, origin: str) -> Parity | None:
    """Returns how a variant of an origin was checked; None if it was not.

    Args:
        variant: The model's name in the zoo.
        origin: As in `zoo.weights.origins`.
    """
    return _rows().get((variant, origin))
