"""Which pictures stand for what a model has learned.

Those that its run has learned from, as far as its list says where they lie
and they still do. Where none are known, as of published weights, a half of
the pictures that are there, which then judge nothing.
"""

import dataclasses
import os

import numpy as np

from pipelines.data.examples import Examples
from pipelines.data.names import Paths
from pipelines.data.sources.files import examples_of_files
from pipelines.evaluation.trust.halves import halves
from pipelines.evaluation.trust.halves import sha256_of_all
from pipelines.runs.split_list import SplitList
from pipelines.runs.split_list import read_split

# More of them tell little more, and the nearest of each picture is sought.
MOST = 2_000
# A few that are left of many are no picture of what was learned.
_LEAST_SHARE = 0.5


@dataclasses.dataclass(frozen=True, eq=False)
class KnownPictures:
    """Pictures that stand for what was learned, and those that are left.

    Args:
        known: They stand for it, with labels.
        rest: bool `(pictures,)`: which of the given pictures are none of
            them.
        note: One line on where they are from.
    """

    known: Examples
    rest: np.ndarray
    note: str


def known_pictures(
    model: str, examples: Examples, seed: int = 0
) -> KnownPictures:
    """Finds the pictures that stand for what a model has learned.

    Args:
        model: A run's folder, a file in it, or a name.
        examples: Others of what it knows, labelled as the model numbers its
            classes.
        seed: Decides which, where there are many.
    """
    listed = read_split(model)
    learned = _learned(listed, examples, seed) if listed else None
    if learned is not None:
        note = (
            f"{len(learned):,} pictures that it has learned from, or was "
            "calibrated by"
        )
        return KnownPictures(learned, np.ones(len(examples), bool), note)
    keys, classes = sha256_of_all(examples), len(examples.class_names)
    first = halves(examples.labels, keys, classes, seed)
    # A class of one picture stays on the other side: there may be no others.
    if not first.any() or first.all():
        first = np.arange(len(examples)) % 2 == 0
    places = np.flatnonzero(first)
    if len(places) > MOST:
        random = np.random.default_rng(seed)
        places = np.sort(random.choice(places, MOST, replace=False))
    note = (
        f"{len(places):,} of the {len(examples):,} pictures, which judge no "
        "score, for those that it has learned from are not at hand"
    )
    return KnownPictures(examples.subset(places), ~first, note)


def _learned(listed: SplitList, examples: Examples, seed) -> Examples | None:
    numbers = {name: i for i, name in enumerate(examples.class_names)}
    places = [
        place
        for place in np.flatnonzero(listed.learned).tolist()
        if listed.labels[place] in numbers
    ]
    random = np.random.default_rng(seed)
    chosen = np.sort(random.permutation(places)[:MOST]).tolist()
    there = [i for i in chosen if os.path.isfile(listed.names[i])]
    if len(there) < max(2, _LEAST_SHARE * len(chosen)):
        return None
    found = examples_of_files(
        Paths.of([listed.names[i] for i in there]),
        np.array([numbers[listed.labels[i]] for i in there], "int32"),
        examples.class_names,
        None if listed.sha256 is None else listed.sha256[there],
    )
    return dataclasses.replace(found, upright=examples.upright)
