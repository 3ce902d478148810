"""Whether pictures are turned upright for a model that has learned."""

from pipelines.data.orientations import IGNORE
from pipelines.data.orientations import UPRIGHT
from pipelines.runs.places import nearest_folder
from pipelines.runs.places import read_config
from pipelines.runs.places import was_begun


def orientation_for(model: str | None, asked: str | None = None) -> str:
    """Returns the orientation that a model's pictures are read with.

    Args:
        model: A run's folder, one in it, a file in one of them, or a name;
            None where it is still to be chosen.
        asked: What a person asked for.

    Returns:
        What was asked for, else what the run learned with, else upright. A
        run of before there was a choice ignored what pictures asked for.
    """
    if asked:
        return asked
    if model is None:
        return UPRIGHT
    run = nearest_folder(model, was_begun)
    return read_config(run).get("orientation", IGNORE) if run else UPRIGHT
