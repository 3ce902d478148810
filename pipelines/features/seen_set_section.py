"""What a page shows of a data set as a network sees it."""

import numpy as np

from pipelines.data.spelling import listed
from pipelines.data.thumbnails import thumbnails
from pipelines.features.flat import laid_out
from pipelines.features.seen_set import SeenSet

# Channels, and pictures of each; neighbours of a picture.
_CHANNELS, _TOP, _NEAREST = 8, 8, 8
# More would make the page too large, and the layout take minutes.
_DOTS = 2_000
_SIDE = 96
# Classes that have a colour of their own.
_COLOURS = 24


def seen_set_section(
    seen_set: SeenSet,
    names: tuple[str, ...],
    vectors: np.ndarray,
    seed: int = 0,
) -> dict:
    """Returns what the page's template shows as `seen_set`.

    Args:
        seen_set: The data set.
        names: Of pictures whose neighbours are shown.
        vectors: What the network makes of them.
        seed: Of the map.
    """
    places = seen_set.nearest(vectors, _NEAREST)
    exciting = seen_set.exciting(_CHANNELS, _TOP)
    return {
        "stage": seen_set.stage,
        "count": len(seen_set.examples),
        "channels": [
            {"channel": channel, "pictures": _cards(seen_set, found)}
            for channel, found in exciting.items()
        ],
        "alike": [
            {"name": name, "pictures": _cards(seen_set, found)}
            for name, found in zip(names, places, strict=True)
        ],
        **_dots(seen_set, seed),
    }


def _cards(seen_set: SeenSet, places: np.ndarray) -> list[dict]:
    examples, places = seen_set.examples, places.tolist()
    pictures = thumbnails(examples.encoded(places), _SIDE, examples.upright)
    return [
        {
            "name": examples.names[place],
            "label": _label(seen_set, place),
            "picture": picture,
        }
        for place, picture in zip(places, pictures, strict=True)
    ]


def _label(seen_set: SeenSet, place: int) -> str:
    """The name of a picture's class or classes, or ""."""
    names, label = (
        seen_set.examples.class_names,
        seen_set.examples.labels[place],
    )
    if np.ndim(label):
        return listed(
            name for name, shown in zip(names, label, strict=True) if shown
        )
    return names[label] if label >= 0 else ""


def _dots(seen_set: SeenSet, seed: int) -> dict:
    count = len(seen_set.examples)
    places = np.linspace(0, count - 1, min(count, _DOTS)).round().astype(int)
    flat = laid_out(seen_set.vectors[places], seed)
    labels = [_label(seen_set, place) for place in places.tolist()]
    classes = sorted(set(labels))
    hues = {
        name: round(360 * number / min(len(classes), _COLOURS)) % 360
        for number, name in enumerate(classes)
    }
    return {
        "dots": [
            {
                "x": round(float(x), 4),
                "y": round(float(y), 4),
                "hue": hues[label],
                "name": f"{seen_set.examples.names[place]} {label}".strip(),
            }
            for place, label, (x, y) in zip(
                places.tolist(), labels, flat, strict=True
            )
        ],
        "classes": [
            {"name": name or "no label", "hue": hue}
            for name, hue in list(hues.items())[:_COLOURS]
        ],
        "more_classes": max(0, len(classes) - _COLOURS),
    }
