"""Can a model tell what it knows from pictures of something else?

Several scores are shown, for none wins everywhere, and nothing is chosen by
them.
"""

import dataclasses
import os

import numpy as np

from pipelines.data.checks import check_pictures
from pipelines.data.examples import Examples
from pipelines.data.names import Paths
from pipelines.data.sources.files import examples_of_files
from pipelines.data.sources.pictures_in import pictures_in
from pipelines.evaluation.trust.feature_scores import FEATURE_SCORES
from pipelines.evaluation.trust.feature_scores import KnownFeatures
from pipelines.evaluation.trust.halves import sha256_of_all
from pipelines.evaluation.trust.known_pictures import known_pictures
from pipelines.evaluation.trust.logit_scores import LOGIT_SCORES
from pipelines.evaluation.trust.running import features_before_head
from pipelines.evaluation.trust.running import logits_of
from pipelines.evaluation.trust.separation import separation
from pipelines.pages.sections import Section
from pipelines.tasks.task import Judged
from zoo.errors import DataError

_TITLES = {
    "msp": "largest probability (MSP)",
    "max_logit": "largest logit",
    "energy": "energy of the logits",
    "mahalanobis": "features, distance to the nearest class (Mahalanobis)",
    "nearest": "features, distance to the 10th nearest known picture",
}


def open_others(folder: str, upright: bool) -> Examples:
    """Opens pictures that show something else than a model has learned.

    Args:
        folder: All that lies in it and below it, whatever its sub-folders
            are called; or a picture.
        upright: Whether they are turned as their EXIF asks for.

    Raises:
        DataError: There are no pictures, or some that cannot be decoded.
    """
    paths = [os.path.abspath(path) for path in pictures_in([folder])]
    labels = np.zeros(len(paths), "int32")
    found = examples_of_files(Paths.of(paths), labels, ("",))
    found = dataclasses.replace(found, upright=upright)
    check_pictures(found)
    return found


def others_section(model, where: str, judged: Judged, others: Examples):
    """Compares what a model says of known pictures and of others.

    Args:
        model: A classifier of the zoo.
        where: What it was opened by.
        judged: Pictures of what it has learned, and their logits.
        others: Of something else.

    Returns:
        A `pipelines.pages.sections.Section`.

    Raises:
        DataError: A picture is among both.
    """
    _refuse_shared(judged.examples, others)
    known = known_pictures(where, judged.examples)
    rest = np.flatnonzero(known.rest)
    held = KnownFeatures(
        features_before_head(model, known.known), known.known.labels
    )
    ours = features_before_head(model, judged.examples.subset(rest))
    theirs = features_before_head(model, others)
    logits = judged.outputs[rest], logits_of(model, others)
    scores = {
        name: tuple(map(score, logits)) for name, score in LOGIT_SCORES.items()
    } | {
        name: (score(held, ours), score(held, theirs))
        for name, score in FEATURE_SCORES.items()
    }
    found = [separation(name, *pair) for name, pair in scores.items()]
    names = [judged.examples.names[i] for i in rest], others.names
    return Section(
        "Does it notice what it has not learned?",
        (
            f"{len(rest):,} held-out pictures against {len(others):,} others. "
            "AUROC: how likely a known picture scores above another one, 50 % "
            "says nothing. FPR at 95 %: of the others, how many are taken for "
            "known where 95 % of the known are. None of the scores is the "
            "best everywhere, and other pictures give other figures.",
            f"Features are compared with those of {known.note}.",
        ),
        (
            ("score", "AUROC", "FPR at 95 %"),
            *(
                (_TITLES[each.score], f"{each.auroc:.1%}", f"{each.fpr95:.1%}")
                for each in found
            ),
        ),
        files={
            "ood": [
                ["score", "auroc", "fpr95"],
                *([*dataclasses.astuple(each)] for each in found),
            ],
            "ood_scores": _score_rows(names, scores),
        },
        metrics={
            "ood": {
                each.score: {"auroc": each.auroc, "fpr95": each.fpr95}
                for each in found
            }
        },
    )


def _score_rows(names, scores) -> list[list]:
    rows = [["picture", "known", *scores]]
    for side, pictures in enumerate(names):
        columns = [pair[side].tolist() for pair in scores.values()]
        rows += [
            [name, side == 0, *numbers]
            for name, *numbers in zip(pictures, *columns, strict=True)
        ]
    return rows


def _refuse_shared(known: Examples, others: Examples) -> None:
    names = dict(zip(sha256_of_all(known), known.names, strict=True))
    shared = [
        name
        for key, name in zip(sha256_of_all(others), others.names, strict=True)
        if key in names
    ]
    if shared:
        raise DataError(
            f"`ood`: {len(shared):,} of the {len(others):,} pictures are "
            f"among those that are judged, such as {shared[0]}. Give pictures "
            "of something else."
        )
