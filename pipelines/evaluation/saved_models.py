"""Finished models, opened by what a person has of them."""

import pathlib
import re

import zoo
from pipelines.runs.model_loading import load_model
from pipelines.runs.run_folder import MODEL
from pipelines.waiting.work import work
from zoo.errors import RequestError
from zoo.layers import PixelScaling
from zoo.model_metadata import find_layer
from zoo.registry import list_models

_CYCLE = re.compile(r"cycle-\d+\.keras")


@work("opening the model")
def open_model(
    model: str,
    weights: str | None = None,
    image_size: int | None = None,
    *,
    test_size: bool = False,
):
    """Opens a finished model by run folder, file or name.

    Args:
        model: A run folder, a `.keras` file, or one of `zoo.list_models()`.
        weights: With a name: which weights.
        image_size: With a name: the side of its input, in pixels; what the
            weights were made for where None.
        test_size: Instead: whether it is the larger one that whoever
            published the weights tests them at.

    Raises:
        RequestError: There is no such model, a name without weights, or
            weights of which no such size is known.
    """
    if model not in list_models():
        if test_size:
            raise _untested(model, "a model that is a file")
        return load_model(model)
    if weights is None:
        known = zoo.model_info(model).weights
        raise RequestError(
            f"`model={model}` is an untrained network without `weights`. "
            + (f"It has: {', '.join(known)}." if known else "It has none.")
        )
    shape = (image_size, image_size, 3) if image_size else None
    opened = zoo.create_model(model, weights=weights, input_shape=shape)
    return _at_test_size(opened, model, weights) if test_size else opened


def _at_test_size(opened, model: str, weights: str):
    """Returns a model of the same layers for the size it is tested at."""
    record = zoo.preprocessing(opened)
    size = record.test_size
    if size is None:
        raise _untested(model, f"`weights={weights}`")
    find_layer(opened, PixelScaling).preprocessing = record.at_test_size()
    return zoo.resized(opened, (size, size, 3))


def _untested(model: str, what: str) -> RequestError:
    return RequestError(
        f"`test_size` of {model}: no size is known at which {what} is tested "
        "beside its own. Leave `test_size` out; the command models lists, "
        "with `weights`, which published ones have one."
    )


def open_snapshots(folder: str) -> dict:
    """Opens the models that a run with `snapshots` has left in a folder.

    Args:
        folder: `RUN/snapshots`, with files `cycle-1.keras` and so on.

    Returns:
        The models by the names of their files, in the order of the cycles;
        none where the folder holds none or a finished run.

    Raises:
        RequestError: They were not trained alike.
        IntegrityError: A file is damaged.
    """
    place = pathlib.Path(folder)
    if (place / MODEL).exists():
        return {}
    files = {
        int(path.stem.removeprefix("cycle-")): path
        for path in place.glob("cycle-*.keras")
        if _CYCLE.fullmatch(path.name)
    }
    models = {path.name: load_model(path) for _, path in sorted(files.items())}
    first = next(iter(models), None)
    for name, model in models.items():
        if _meaning(model) != _meaning(models[first]):
            raise RequestError(
                f"`model={folder}`: {name} has other classes or takes other "
                f"pictures than {first}. Expected the snapshots of one run."
            )
    return models


def _meaning(model) -> tuple:
    """What goes in and comes out."""
    names, record = zoo.class_names(model), zoo.preprocessing(model)
    return names, record, model.output_shape
