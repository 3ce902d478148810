"""What a data set looks like in numbers: balance, sizes, formats."""

import collections
from collections.abc import Sequence

import numpy as np

from pipelines.audit.listing import Listing
from pipelines.audit.one_file import Seen

QUANTILES = (0, 5, 25, 50, 75, 95, 100)


def statistics(listing: Listing, seen: Sequence[Seen]) -> dict:
    """Counts what there is.

    Args:
        listing: The pictures, with their parts and classes.
        seen: What is known of each, in the same order.

    Returns:
        Plain values that JSON can hold: `pictures`, `bytes`, `levels`,
        `classes` (pictures of each, by part), `imbalance` (the largest class
        of the first part over its smallest), `formats`, `modes`, `rotated`
        (by EXIF orientation), `notes`, `problems`, and the quantiles 0, 5,
        25, 50, 75, 95 and 100 % of `width`, `height`, `shorter_side` and
        `aspect_ratio` (width / height).
    """
    looks = [each.look for each in seen]
    sized = [look for look in looks if look.width and not look.problem]
    return {
        "pictures": len(looks),
        "bytes": sum(look.size for look in looks),
        "levels": _count(each.level for each in seen),
        "classes": class_counts(listing),
        "imbalance": _imbalance(listing),
        "formats": _count(look.format for look in looks if look.format),
        "modes": _count(look.mode for look in looks if look.mode),
        "rotated": _count(
            str(look.orientation) for look in looks if look.orientation > 1
        ),
        "problems": _count(look.problem for look in looks if look.problem),
        "notes": _count(note for look in looks for note in look.notes),
        "width": _quantiles([look.width for look in sized]),
        "height": _quantiles([look.height for look in sized]),
        "shorter_side": _quantiles([min(k.width, k.height) for k in sized]),
        "aspect_ratio": _quantiles([k.width / k.height for k in sized]),
    }


def class_counts(listing: Listing) -> dict[str, dict[str, int]]:
    """Returns how many pictures each class has, by part."""
    parts = sorted({picture.part for picture in listing.pictures})
    counts = {name: dict.fromkeys(parts, 0) for name in listing.class_names}
    for picture in listing.pictures:
        by_part = counts.setdefault(picture.label, dict.fromkeys(parts, 0))
        by_part[picture.part] += 1
    return counts


def _imbalance(listing: Listing) -> float:
    first = next((picture.part for picture in listing.pictures), "")
    counts = [by.get(first, 0) for by in class_counts(listing).values()]
    counts = [count for count in counts if count]
    return round(max(counts) / min(counts), 3) if counts else 1.0


def _count(values) -> dict[str, int]:
    return dict(collections.Counter(values).most_common())


def _quantiles(values) -> list[float]:
    if not values:
        return []
    return [round(float(q), 3) for q in np.percentile(values, QUANTILES)]


def histogram(values, bins: int = 24) -> list[tuple[float, int]]:
    """Counts values in equal steps of their logarithm, for a drawing.

    Args:
        values: Above 0.
        bins: How many steps; fewer where the values are few.

    Returns:
        The middle of each step and how many values lie in it.
    """
    values = np.asarray(values, "float64")
    if not len(values):
        return []
    low, high = values.min(), values.max()
    if high / low < 1.02:
        return [(float(np.median(values)), len(values))]
    edges = np.geomspace(low, high, bins + 1)
    counts, _ = np.histogram(np.clip(values, edges[0], edges[-1]), edges)
    middles = np.sqrt(edges[:-1] * edges[1:])
    return [(float(m), int(c)) for m, c in zip(middles, counts, strict=True)]
