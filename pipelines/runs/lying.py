"""Whether pictures are turned upright for a model that has learned."""

import json
import pathlib

from pipelines.data.orientations import IGNORE
from pipelines.data.orientations import UPRIGHT
from pipelines.runs.places import CONFIG


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
    path = pathlib.Path(model)
    places = [path, *path.absolute().parents[:2]] if path.exists() else []
    for place in places:
        config = _config(place / CONFIG)
        if "commit" in config:
            return config.get("orientation", IGNORE)
    return UPRIGHT


def _config(path: pathlib.Path) -> dict:
    try:
        found = json.loads(path.read_bytes())
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}
