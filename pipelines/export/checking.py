"""What was written is loaded by its own runtime and judged by pictures.

Pictures that are resized already are framed without arithmetic: what differs
then is the network's, and has to be next to nothing. On pictures as they were
decoded the runtime resizes, and a level may be rounded to the one beside it.
"""

from collections.abc import Callable

import numpy as np
import tensorflow as tf

from pipelines.data.framing import middle
from pipelines.data.framing import resized
from pipelines.export.formats import MOST_ERROR
from pipelines.export.program import Program
from pipelines.waiting.work import work
from zoo.errors import IntegrityError

# Of pictures that the runtime resizes by itself, of the same spread.
MOST_RESIZING = 0.02


def check_floats(
    program: Program,
    answer: Callable,
    pictures: list[np.ndarray],
    precision: str,
) -> dict:
    """Compares a runtime with the Keras model.

    Args:
        program: What was written.
        answer: Uint8 pictures of one size in, answers out.
        pictures: As they were decoded.
        precision: Of the weights, which decides how far apart both may be.

    Returns:
        What was found: errors as parts of the standard deviation of what
        Keras says of all pictures and classes.

    Raises:
        IntegrityError: They are further apart, or an answer is no number.
    """
    ours, theirs, resizing = [], [], []
    with work("judging what was written", "picture") as piece:
        for done, picture in enumerate(pictures):
            larger = resized(tf.constant(picture), program.record).numpy()
            shown = middle(tf.constant(larger), program.record).numpy()
            ours.append(program.answers(shown[np.newaxis])[0])
            theirs.append(answer(larger[np.newaxis])[0])
            resizing.append(answer(picture[np.newaxis])[0])
            piece.count(done + 1, len(pictures))
    ours, theirs = np.array(ours), np.array(theirs)
    both = np.stack([pictures[0], pictures[0][:, ::-1]])
    batch = answer(both)
    alone = np.concatenate([answer(each[np.newaxis]) for each in both])
    spread = float(ours.std())
    found = {
        "pictures": len(pictures),
        "standard_deviation": spread,
        "largest_error": _apart(theirs, ours, spread),
        "largest_error_allowed": MOST_ERROR[precision],
        "largest_error_of_a_batch": _apart(batch, alone, spread),
        "largest_error_when_resizing": _apart(resizing, ours, spread),
        "largest_error_when_resizing_allowed": MOST_RESIZING,
        "same_class": float(np.mean(ours.argmax(1) == theirs.argmax(1))),
    }
    _refuse(found)
    return found


def _apart(found, expected, spread: float) -> float:
    apart = np.abs(np.asarray(found) - np.asarray(expected)).max()
    return float(apart / spread) if spread else float(apart)


def _refuse(found: dict) -> None:
    limit = found["largest_error_allowed"]
    for name, most in (
        ("largest_error", limit),
        ("largest_error_of_a_batch", limit),
        ("largest_error_when_resizing", MOST_RESIZING + limit),
    ):
        # Written so that what is no number (NaN) is refused as well.
        if not found[name] <= most:
            raise IntegrityError(
                f"What was written does not answer as the model does: "
                f"{name} is {found[name]:.2g} of the answers' standard "
                f"deviation, at most {most:.2g} is allowed. Nothing was kept; "
                "try another `format` or `precision`."
            )
