"""Asking a pretrained network which labels are likely wrong."""

import dataclasses

import numpy as np
import tensorflow as tf

from pipelines.audit.labels import Outlier
from pipelines.audit.labels import Suspect
from pipelines.audit.labels import find_suspects
from pipelines.audit.listing import WARNING
from pipelines.audit.listing import Finding
from pipelines.audit.network import features_of
from pipelines.audit.opening import Source
from pipelines.data.examples import Examples
from pipelines.data.inspection.kinds import NOTE
from pipelines.data.inspection.kinds import REFUSE

# Neighbours are searched among all pictures, so the cost grows as a square.
LIMIT = 50_000
# The opinion of a network that hardly tells the classes apart is not asked:
# what it must get right of what naming the largest class alone gets wrong.
TRUSTED_SKILL = 0.5


@dataclasses.dataclass(frozen=True)
class Opinions:
    """What a network thinks of labels.

    Args:
        suspects: Likely label errors, the likeliest first.
        outliers: Pictures unlike all others, the strangest first.
        accuracy: Of a classifier of its features on pictures it has not
            seen, in 0…1; None where nobody asked.
        findings: What to say of it.
    """

    suspects: tuple[Suspect, ...] = ()
    outliers: tuple[Outlier, ...] = ()
    accuracy: float | None = None
    findings: tuple[Finding, ...] = ()


def ask(
    source: Source, seen, model: str, weights: str, seed: int, progress=None
) -> Opinions:
    """Looks for likely label errors among the pictures that can be decoded.

    Args:
        source: The pictures.
        seen: What is known of each.
        model: A name in the zoo.
        weights: Of that model.
        seed: Decides the folds, and the choice among many pictures.
        progress: Called with the numbers of pictures done and in all.

    Raises:
        RequestError: There is no such model, or no such weights.
    """
    places = np.array([i for i, e in enumerate(seen) if e.level != REFUSE])
    findings = []
    if len(places) > LIMIT:
        random = np.random.default_rng([seed, 0x1ABE1])
        findings.append(
            Finding(
                NOTE,
                "labels_sampled",
                f"Label errors were looked for among {LIMIT:,} of "
                f"{len(places):,} pictures, chosen at random.",
            )
        )
        places = np.sort(random.choice(places, LIMIT, replace=False))
    examples = _examples(source, places)
    if examples is None:
        return Opinions()
    try:
        features = features_of(examples, model, weights, progress)
    except tf.errors.InvalidArgumentError as error:
        message = str(error).splitlines()[0]
        findings.append(
            Finding(
                WARNING,
                "labels_not_checked",
                f"Label errors were not looked for: {message}",
            )
        )
        return Opinions(findings=tuple(findings))
    suspects, outliers, accuracy = find_suspects(
        features, examples.labels, len(examples.class_names), seed
    )
    if _skill(accuracy, examples.counts()) < TRUSTED_SKILL:
        findings.append(
            Finding(
                NOTE,
                "labels_not_trusted",
                f"No label is suspected: by the features of {model} "
                f"({weights}) only {accuracy:.0%} of pictures are told right, "
                "too few to trust. Another --features_model may do better.",
            )
        )
        suspects = []
    if suspects:
        findings.append(
            Finding(
                WARNING,
                "suspect_labels",
                f"{len(suspects)} labels may be wrong. Look at them, the "
                "likeliest first.",
                tuple(examples.names[each.place] for each in suspects),
            )
        )
    return Opinions(
        tuple(_moved(each, places) for each in suspects),
        tuple(_moved(each, places) for each in outliers),
        accuracy,
        tuple(findings),
    )


def _skill(accuracy: float, counts: np.ndarray) -> float:
    """Returns 0 for no better than the largest class, 1 for always right."""
    chance = counts.max() / counts.sum()
    return (accuracy - chance) / max(1 - chance, 1e-9)


def _examples(source: Source, places) -> Examples | None:
    """Returns the pictures as examples; None where there is nothing to ask."""
    entries = [source.listing.entries[i] for i in places]
    names = tuple(source.listing.class_names)
    numbers = {name: label for label, name in enumerate(names)}
    if len(names) < 2 or any(e.label not in numbers for e in entries):
        return None
    labels = np.array([numbers[e.label] for e in entries], "int32")
    if len(labels) < 3 or np.bincount(labels).max(initial=0) < 2:
        return None
    return Examples(
        tuple(entry.path for entry in entries),
        labels,
        names,
        lambda wanted: source.encoded([int(places[i]) for i in wanted]),
    )


def _moved(opinion, places):
    """Returns an opinion whose places are those of the whole set."""
    changes = {"place": int(places[opinion.place])}
    if isinstance(opinion, Suspect):
        changes["neighbours"] = tuple(
            int(places[i]) for i in opinion.neighbours
        )
    return dataclasses.replace(opinion, **changes)
