"""The pictures that a report shows, as many of them as can be read."""

from pipelines.data.examples import Examples
from pipelines.data.thumbnails import thumbnails
from zoo.errors import DataError

# In a row of a report.
MOST = 12


def shown_pictures(examples: Examples, places: list[int]) -> list:
    """Returns a thumbnail of each picture, None of one that is not there.

    Args:
        examples: What they are of.
        places: Which ones.
    """
    encoded = [_encoded(examples, place) for place in places]
    return thumbnails(encoded, upright=examples.upright)


def _encoded(examples: Examples, index: int) -> bytes | None:
    try:
        return examples.encoded([index])[0]
    except (DataError, OSError):
        return None
