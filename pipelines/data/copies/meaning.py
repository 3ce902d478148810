"""What it means that a picture is there twice: one rule for all who look.

An audit says it of every pair, also of pictures that only look alike; a run
says it of equal bytes, which it hashes anyway.
"""

from collections.abc import Iterable
from collections.abc import Sequence

# From the worst to what is no harm.
CONFLICT, LEAK, COPY = "conflict", "leak", "copy"
WORDS = {
    CONFLICT: "are there twice under different labels. Keep the right one",
    LEAK: "are in the training and in the validation part: the validation "
    "figure is too good. Remove one",
    COPY: "are there more than once. Keep one",
}


def meaning_of(labels: Sequence, parts: Sequence, places: Iterable[int]) -> str:
    """Returns `CONFLICT`, `LEAK` or `COPY` for equal pictures.

    Args:
        labels: Of all pictures.
        parts: The part of the data that each is in.
        places: Which of them are equal.

    Example:

    ```python
    from pipelines.data.copies.meaning import meaning_of
    labels, parts = ["ant", "bee", "ant"], ["train", "train", "val"]
    assert meaning_of(labels, parts, [0, 1]) == "conflict"
    assert meaning_of(labels, parts, [0, 2]) == "leak"
    ```
    """
    places = list(places)
    if len({labels[i] for i in places}) > 1:
        return CONFLICT
    if len({parts[i] for i in places}) > 1:
        return LEAK
    return COPY


def places_by_meaning(
    labels: Sequence, parts: Sequence, groups: Iterable[Sequence[int]]
) -> dict[str, list[int]]:
    """Sorts groups of equal pictures by what they mean, the worst first.

    Args:
        labels: Of all pictures.
        parts: The part of the data that each is in.
        groups: Places of equal pictures.

    Returns:
        The places in order, each once; no meaning without any.
    """
    found = {meaning: set() for meaning in WORDS}
    for places in groups:
        found[meaning_of(labels, parts, places)].update(places)
    return {
        meaning: sorted(places) for meaning, places in found.items() if places
    }
