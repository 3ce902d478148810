"""What features are worth without training: finding alike, finding errors.

Both work on all pictures of a data set, by the network that is chosen where
nobody names one.
"""

import statistics

import numpy as np

from pipelines.audit.label_errors import find_suspects
from pipelines.data.balance import noisy_labels
from pipelines.data.checks import check_pictures
from pipelines.evaluation.saved_models import open_model
from pipelines.features.embedding import Embedder
from pipelines.features.neighbours import exact_neighbours
from pipelines.features.pictures import open_every_picture
from pipelines.features.start import FeatureSource

TOP = 10
RATE = 0.05
SEEDS = 5
_BATCH = 64


def benchmark_search(data: str, *, say=print, progress=None) -> dict:
    """Searches for every picture among all others.

    Args:
        data: The pictures.
        say: Told the result in a line.
        progress: Called with the numbers of pictures done and in all.

    Returns:
        `precision`: of the `TOP` pictures found for each, the part of its
        class, in 0…1; `pictures`; `model`.
    """
    source, features, labels, _ = _features(data, False, progress)
    found = exact_neighbours(features, features, TOP + 1).places
    # A picture finds itself, which is no merit; a copy that does before it
    # takes its place.
    places = np.arange(len(labels))
    others = [
        row[row != place][:TOP]
        for row, place in zip(found, places, strict=True)
    ]
    precision = float((labels[np.stack(others)] == labels[:, None]).mean())
    say(
        f"{source.told}, {len(labels):,} pictures: precision at {TOP} "
        f"{precision:.4f}"
    )
    return {
        "precision": precision,
        "pictures": len(labels),
        "model": source.told,
    }


def benchmark_labels(
    data: str, *, seeds: int = SEEDS, say=print, progress=None
) -> dict:
    """Doubts labels as an audit does: as they are, and with some made wrong.

    Args:
        data: The pictures.
        seeds: How often another `RATE` of the labels is made wrong.
        say: Told a row at once when it is done.
        progress: Called with the numbers of pictures done and in all.

    Returns:
        `doubts`: how many of the labels as they are; `pictures`; `model`;
        and `planted`, a row for each seed: `shown`, `real`, `expected` (of
        those shown), `precision` and `recall`.
    """
    source, features, labels, classes = _features(data, True, progress)
    clean = find_suspects(features, labels, classes)
    accuracy = clean.accuracy or 0.0
    say(
        f"{source.told}, {len(labels):,} pictures, {accuracy:.1%} told "
        f"right: {len(clean.suspects)} doubts of the labels as they are"
    )
    rows = []
    for seed in range(seeds):
        given = noisy_labels(labels, classes, RATE, seed)
        suspects = find_suspects(features, given, classes, seed).suspects
        wrong = (given != labels)[[each.place for each in suspects]]
        rows.append(
            {
                "shown": len(suspects),
                "real": int(wrong.sum()),
                "expected": sum(each.wrong for each in suspects),
                "precision": float(wrong.mean()) if len(wrong) else 1.0,
                "recall": float(wrong.sum() / (given != labels).sum()),
            }
        )
        say(
            f"seed {seed}: precision {rows[-1]['precision']:.3f}, recall "
            f"{rows[-1]['recall']:.3f}"
        )
    for name in ("precision", "recall"):
        found = [row[name] for row in rows]
        say(
            f"{RATE:.0%} made wrong: {name} {statistics.mean(found):.3f} "
            f"({min(found):.3f} to {max(found):.3f})"
        )
    shown, real, expected = (
        statistics.mean(row[name] for row in rows)
        for name in ("shown", "real", "expected")
    )
    say(f"of {shown:.1f} shown {real:.1f} are, {expected:.1f} expected")
    return {
        "doubts": len(clean.suspects),
        "pictures": len(labels),
        "model": source.told,
        "planted": rows,
    }


def _features(data: str, whole: bool, progress):
    """Returns the network, its features, the labels and how many classes."""
    examples, _ = open_every_picture(data)
    source = FeatureSource().settled(check_pictures(examples))
    embedder = Embedder(
        open_model(source.model, source.weights, source.image_size),
        batch_size=_BATCH,
        whole=whole,
    )
    features = embedder.run(examples, progress)
    return source, features, examples.labels, len(examples.class_names)
