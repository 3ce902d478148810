"""Finished models, opened by what a person has of them."""

import dataclasses
import hashlib
import os
import pathlib
import re

import zoo
from pipelines.runs.model_loading import load_model
from pipelines.runs.places import model_file
from pipelines.runs.run_folder import MODEL
from pipelines.waiting.work import work
from zoo.errors import RequestError
from zoo.layers import PixelScaling
from zoo.model_metadata import find_layer
from zoo.registry import list_models

_CYCLE = re.compile(r"cycle-\d+\.keras")


@dataclasses.dataclass(frozen=True)
class ModelSource:
    """Where a model that is judged was from.

    Args:
        model: As it was named: a run's folder, a file, or a network.
        weights: Which weights, where it is a network.
        sha256: What each of its files hashes to, by its path.
    """

    model: str
    weights: str | None = None
    sha256: dict[str, str] = dataclasses.field(default_factory=dict)

    @property
    def file(self) -> str | None:
        """The model's file, where it is one."""
        return next(iter(self.sha256)) if len(self.sha256) == 1 else None

    @classmethod
    def of_files(cls, model: str, files) -> "ModelSource":
        """Hashes the files of a model.

        Args:
            model: As it was named.
            files: Their paths.
        """
        hashes = {}
        for path in files:
            with open(path, "rb") as file:
                digest = hashlib.file_digest(file, "sha256")
            hashes[os.path.abspath(path)] = digest.hexdigest()
        return cls(model, sha256=hashes)


@dataclasses.dataclass(frozen=True, eq=False)
class JudgedModels:
    """A model to judge, or several whose mean is, and where they are from.

    Args:
        models: By their names.
        source: Where from; None of what was made in this process.
        several: Whether each is also judged by itself.
        explained: Whether a report lays maps over its mistakes and doubts,
            those of the first model.
    """

    models: dict
    source: ModelSource | None = None
    several: bool = False
    explained: bool = False

    @property
    def first(self):
        """A model that stands for all."""
        return next(iter(self.models.values()))

    @classmethod
    def of(cls, models) -> "JudgedModels":
        """Takes a model, several by their names, or what is one already."""
        if isinstance(models, cls):
            return models
        if isinstance(models, dict):
            return cls(models, several=True)
        return cls({models.name: models})


def open_to_judge(
    model: str, weights: str | None = None, *, test_size: bool = False
) -> JudgedModels:
    """Opens what `open_model` or `open_snapshots` does, and notes where from.

    Raises:
        RequestError: There is no such model.
        IntegrityError: A file is damaged.
    """
    models = open_snapshots(model)
    if models:
        files = [pathlib.Path(model) / name for name in models]
        return JudgedModels(
            models, ModelSource.of_files(model, files), several=True
        )
    opened = open_model(model, weights, test_size=test_size)
    source = ModelSource(model, weights)
    if model not in list_models():
        source = ModelSource.of_files(model, [model_file(model)])
    return JudgedModels({opened.name: opened}, source)


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
