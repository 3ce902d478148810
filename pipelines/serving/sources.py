"""Where the models of a server lie. Pure Python: wrong words cost nothing."""

import os
import pathlib
import re

from pipelines.runs.places import model_file
from pipelines.serving.settings import ServingConfig
from zoo.errors import RequestError
from zoo.registry import list_models

# By which a folder is known that `export` or `quantize` wrote.
SIGNATURE = "signature.json"


def file_of(path: str) -> pathlib.Path | None:
    """Returns the file that is another one once a model was trained anew.

    Args:
        path: As of `open_servable`.

    Returns:
        None of a network's name.

    Raises:
        RequestError: There is no model.
    """
    if path in list_models():
        return None
    place = pathlib.Path(path) / SIGNATURE
    return place if place.is_file() else model_file(path)


def check_sources(config: ServingConfig) -> None:
    """Refuses models that are not there, before anything is opened.

    Raises:
        RequestError: Says what is expected.
    """
    for path in named_sources(config).values():
        for place in (versions_of(path) or {1: path}).values():
            file_of(place)


def named_sources(config: ServingConfig) -> dict[str, str]:
    """Returns where each model lies, by its name.

    Raises:
        RequestError: Two have one name.

    Example:

    ```python
    from pipelines.serving.sources import named_sources
    from pipelines.serving.settings import ServingConfig
    config = ServingConfig(model=("runs/first", "old=runs/2025"))
    assert named_sources(config) == {"first": "runs/first", "old": "runs/2025"}
    ```
    """
    found: dict[str, str] = {}
    for said in config.model:
        before, equals, behind = said.partition("=")
        path = said if os.path.exists(said) or not equals else behind
        name = before if path != said else _name_of(path)
        name = re.sub(r"[^\w.-]+", "_", name)
        if name in found:
            raise RequestError(
                f"`model` calls two models {name!r}: {found[name]} and {path}. "
                "Say what one is called: NAME=FOLDER."
            )
        found[name] = path
    return found


def _name_of(path: str) -> str:
    place = pathlib.Path(os.path.abspath(path))
    if place.suffix != ".keras":
        return place.name
    # All runs call their file alike.
    return place.parent.name if place.name == "model.keras" else place.stem


def versions_of(path: str) -> dict[int, str] | None:
    """Returns the folders of versions; None where a folder is a model."""
    try:
        file_of(path)
    except RequestError:
        pass
    else:
        return None
    try:
        names = os.listdir(path)
    except OSError:
        return None
    numbers = filter(re.compile("[1-9][0-9]*").fullmatch, names)
    found = sorted(map(int, numbers))
    return {each: os.path.join(path, str(each)) for each in found} or None


def mark_of(path: str) -> tuple:
    """Returns what is another one once the model's file is.

    Raises:
        RequestError: There is no model.
        OSError: It cannot be looked at.
    """
    file = file_of(path)
    if file is None:
        return ()
    seen = file.stat()
    return seen.st_ino, seen.st_size, seen.st_mtime_ns
