"""The page of one entry: what it reaches, its worst classes and pictures."""

import numpy as np

from pipelines.challenge.scoring import Count
from pipelines.challenge.standings import Judgement
from pipelines.challenge.standings import TaskPlace
from pipelines.data.examples import Examples
from pipelines.pages.rendering import render
from pipelines.tasks.shown_pictures import MOST
from pipelines.tasks.shown_pictures import shown_pictures

_CLASSES = 20


def entry_page(place: TaskPlace, held_out: Examples, *, by: str) -> bytes:
    """Returns the page of an entry.

    Args:
        place: Where it stands.
        held_out: The pictures that judged it; shows what is told wrong.
        by: `"top1"` or `"top5"`: what decides.
    """
    judgement = place.judgement
    entry = judgement.entry
    worst = worst_pictures(judgement, MOST)
    pictures = shown_pictures(held_out, worst)
    names = held_out.class_names
    return render(
        "challenge_entry.html",
        title=f"{entry.team}: {entry.variant or 'predictions'}",
        lead=f"{entry.task} · {entry.family} · {entry.handed_in} · "
        f"sha256 {entry.sha256[:16]}…",
        place=place,
        score=judgement.score,
        by=by,
        classes=worst_classes(judgement, _CLASSES),
        all_classes=len(names),
        mistakes=[
            {
                "picture": picture,
                "name": str(held_out.names[index]).rsplit("/", 1)[-1],
                "label": held_out.label_text(index),
                "said": _said(judgement, index, names),
                "confidence": float(judgement.answered.confidence[index]),
            }
            for index, picture in zip(worst, pictures, strict=True)
        ],
    )


def _said(judgement: Judgement, index: int, names) -> str:
    best = judgement.answered.best[index]
    return names[best] if best >= 0 else "nothing"


def worst_classes(judgement: Judgement, most: int) -> list[tuple[str, Count]]:
    """Returns the classes with the largest errors that have pictures."""
    rows = [
        (name, count)
        for name, count in zip(
            judgement.class_names, judgement.score.by_class, strict=True
        )
        if count.pictures
    ]
    return sorted(rows, key=lambda row: (-row[1].share, row[0]))[:most]


def worst_pictures(judgement: Judgement, most: int) -> list[int]:
    """Returns where it errs the most surely; without that, the first errors."""
    wrong = np.flatnonzero(~judgement.answered.right)
    sure = np.nan_to_num(judgement.answered.confidence[wrong], nan=0.0)
    return wrong[np.argsort(-sure, kind="stable")][:most].tolist()
