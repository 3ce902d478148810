"""From a promise to the threshold that keeps it, by a run's own answers."""

import logging

from pipelines.evaluation.trust.held_answers import read_held_answers
from pipelines.evaluation.trust.promises import keep_promise
from pipelines.runs.places import nearest_folder
from pipelines.runs.places import read_config
from pipelines.runs.places import was_begun

_log = logging.getLogger("zoo")


def threshold_of(
    model: str, threshold: float | None, promise: float | None
) -> float | None:
    """Returns the least confidence of an answer, and says why it is that.

    Args:
        model: A run's folder, or a file in it.
        threshold: What was given, where there is no promise.
        promise: Which share of the answers is right, in 0…1; the logger `zoo`
            says how it is kept.

    Raises:
        RequestError: There are no answers for held-out pictures.
        DataError: There are too few, or the promise cannot be kept by them.
    """
    if promise is None:
        return threshold
    held = read_held_answers(model)
    kept = keep_promise(held.confidence, held.right, held.proposes, promise)
    _log.info("%s", kept.told)
    run = nearest_folder(model, was_begun)
    config = read_config(run) if run else {}
    if config.get("keep") == "best" or config.get("patience"):
        _log.info(
            "The pictures that it rests on have chosen the epoch of this run: "
            "others may be told a little worse than promised"
        )
    return kept.threshold
