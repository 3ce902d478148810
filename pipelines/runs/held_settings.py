"""The settings that a run was carried out with, to repeat it.

Pure Python: what is wrong with them is said before anything is imported.
"""

import json
import pathlib

from pipelines.runs.config import RunConfig
from pipelines.runs.modes import ADD_CLASSES
from pipelines.runs.modes import unused_names
from pipelines.runs.places import CONFIG
from pipelines.runs.settings import settings_of
from zoo.errors import RequestError


def held_settings(path: str, kind: type[RunConfig]) -> dict:
    """Reads the settings of a run, all that it chose itself among them.

    Args:
        path: Its `config.json`, or its folder.
        kind: Of the configuration that is asked for.

    Returns:
        What `kind` knows of them, by their names.

    Raises:
        RequestError: They are not there, or of another command.
    """
    place = pathlib.Path(path)
    place = place / CONFIG if place.is_dir() else place
    try:
        held = json.loads(place.read_bytes())
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or "it is no JSON"
        raise RequestError(
            f"`config={path}` cannot be read ({why}). Expected the {CONFIG} "
            "of a run."
        ) from error
    if not isinstance(held, dict) or not {"data", "seed"} <= held.keys():
        raise RequestError(
            f"`config={path}` holds no settings of a run. Expected the "
            f"{CONFIG} that finetune or train has written."
        )
    known = settings_of(kind).keys()
    if held.get(ADD_CLASSES):
        # What was taken from the run whose model has learned more.
        known -= set(unused_names(kind, ADD_CLASSES))
    # Only fine-tuning has a plan.
    if ("plan" in held) != ("plan" in known):
        other = "finetune" if "plan" in held else "train"
        raise RequestError(
            f"`config={path}` is of a run of the command {other}. Give it to "
            "that one."
        )
    return {
        name: tuple(value) if isinstance(value, list) else value
        for name, value in held.items()
        if name in known
    }
