"""What can be known to be wrong before anything heavy is imported.

The libraries find all of it themselves, but only after TensorFlow is there.
"""

import os
import pathlib

import zoo
from apps.words import close
from pipelines.data.sources.pictures_in import matching
from pipelines.runs.config import RunConfig
from pipelines.runs.options import RunOptions
from pipelines.runs.places import length_of
from pipelines.runs.places import model_file
from pipelines.runs.places import refuse_if_taken
from pipelines.runs.settings import AUTO
from pipelines.runs.settings import settings_of
from pipelines.training.loggers import check_loggers
from zoo.errors import RequestError
from zoo.weights import check_weights


def check_run(config: RunConfig, options: RunOptions) -> None:
    """Refuses a run whose network, weights, data or folder cannot be.

    Raises:
        RequestError: Says what there is instead.
    """
    if config.model is not None:
        zoo.model_info(config.model)
        if config.weights not in (None, AUTO):
            check_weights(config.model, config.weights)
    check_data(config.data)
    check_loggers(options.log_to)
    # Where several hosts train together, another may have made it by now.
    if not {"TF_CONFIG", "SLURM_STEP_NUM_TASKS"} & set(os.environ):
        longer = length_of(config, options)
        refuse_if_taken(config.output, resume=options.resume, longer=longer)


def check_data(data: str) -> None:
    """Refuses pictures that are nowhere.

    Raises:
        RequestError: Says what is expected, and what is called alike.
    """
    if data == "herbarium" or data.startswith("tfds:") or os.path.exists(data):
        return
    near = _alike(data)
    raise RequestError(
        f"`data`: there is no folder {data}. "
        + (f"Nearest: {', '.join(near)}. " if near else "")
        + f"Expected: {settings_of(RunConfig)['data'].help}"
    )


def check_pictures(pictures) -> None:
    """Refuses pictures that are not there.

    Raises:
        RequestError: Says what is called alike.
    """
    for picture in pictures:
        if not any(map(os.path.lexists, matching(picture))):
            near = _alike(picture)
            raise RequestError(
                f"There is no picture {picture}."
                + (f" Nearest: {', '.join(near)}." if near else "")
            )


def check_there(**paths: str | None) -> None:
    """Refuses files and folders that are not there.

    Args:
        **paths: By the names of their settings; None where not given.

    Raises:
        RequestError: Says what is called alike.
    """
    for name, path in paths.items():
        if path is not None and not os.path.exists(path):
            near = _alike(path)
            raise RequestError(
                f"`{name}={path}` is not there."
                + (f" Nearest: {', '.join(near)}." if near else "")
            )


def _alike(path: str) -> list[str]:
    """What lies in the same folder and has a name that is like this one."""
    place = pathlib.Path(path)
    try:
        names = os.listdir(place.parent)
    except OSError:
        return []
    return [str(place.with_name(name)) for name in close(place.name, names)]


def check_model(model: str, weights: str | None) -> None:
    """Refuses a model that has not learned, or is not there.

    Raises:
        RequestError: Says what is expected.
    """
    if model not in zoo.list_models():
        model_file(model)
    elif weights is not None:
        check_weights(model, weights)
    else:
        known = zoo.model_info(model).weights
        raise RequestError(
            f"`model={model}` is an untrained network without `weights`. "
            + (f"It has: {', '.join(known)}." if known else "It has none.")
        )
