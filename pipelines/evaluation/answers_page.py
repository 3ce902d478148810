"""A page of pictures, each with what a model says of it."""

import collections
import pathlib
from collections.abc import Sequence

from pipelines.data.thumbnails import thumbnails
from pipelines.evaluation.answering import UNLIKE
from pipelines.evaluation.answering import PictureAnswer
from pipelines.pages.rendering import render
from zoo.weights.atomic import write_atomically

# More would make the page too large for a phone.
MOST = 500
_OTHERS = 2
_SIDE = 192


def write_answers(
    path, answers: Sequence[PictureAnswer], *, model: str, upright: bool = True
) -> None:
    """Writes a page of answers, whole or not at all.

    Args:
        path: The file.
        answers: Of all pictures; the first `MOST` of them are shown.
        model: What the model is called.
        upright: Whether pictures are turned as their EXIF asks for.

    Raises:
        OSError: The disk is full or the folder cannot be written.
    """
    shown = answers[:MOST]
    encoded = [_encoded(each.picture) for each in shown]
    pictures = thumbnails(encoded, _SIDE, upright)
    counts = collections.Counter(each.verdict for each in answers)
    page = render(
        "answers.html",
        title=f"What is on {len(answers):,} pictures",
        lead=f"by {model}",
        counts=counts.most_common(),
        left_out=len(answers) - len(shown),
        unlike=UNLIKE,
        answers=[
            {
                "picture": picture,
                "name": each.picture,
                "sure": each.sure,
                "unlike": each.unlike,
                "best": each.best,
                "verdict": each.verdict,
                "answers": each.answers[: 1 + _OTHERS],
            }
            for each, picture in zip(shown, pictures, strict=True)
        ],
    )
    write_atomically(pathlib.Path(path), page)


def _encoded(picture: str) -> bytes | None:
    try:
        return pathlib.Path(picture).read_bytes()
    except OSError:
        return None
