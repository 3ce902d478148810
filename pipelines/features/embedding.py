"""Pictures to vectors, by a part of a network."""

import dataclasses
import hashlib
import os

import keras
import numpy as np
import tensorflow as tf

import zoo
from pipelines.batches.evaluation_data import evaluation_data
from pipelines.data.examples import Examples
from pipelines.data.naming import naming_bad_pictures
from pipelines.data.orientations import IGNORE
from pipelines.data.orientations import UPRIGHT
from pipelines.evaluation.extraction import Extractor
from pipelines.evaluation.saved_models import open_model
from pipelines.features.table import Provenance
from pipelines.pages.commands import command
from zoo.errors import IntegrityError
from zoo.errors import RequestError
from zoo.registry import list_models
from zoo.weights.files import variable_names
from zoo.weights.locating import is_path

POOLED = "pooled"
_HEAD = "head_logits"
# Data sets that are no folder, even where one is called so.
_NO_PATHS = ("herbarium",)


class Embedder:
    """Computes the features of pictures, as evaluation sees them.

    Args:
        model: A classifier of the zoo.
        stage: The stage whose output the features are, such as `"stage3"`
            (of `"head"`: the logits); or `"pooled"`, the vector in front of
            the classifier.
        pool: Whether what has more than one vector a picture (maps, tokens)
            is averaged to one.
        batch_size: Pictures at a time.
        whole: Whether a picture's whole middle square is shown, where
            evaluation may crop more: what is wrong may be at the border.
        geometry: As in `zoo.preprocessing.Preprocessing`, where it is not to
            be that of the model.

    Raises:
        RequestError: The model has no such stage.

    Example:

    ```python
    import zoo
    from pipelines.features.embedding import Embedder
    model = zoo.create_model("resnet20")
    assert Embedder(model).shape == (64,)
    assert Embedder(model, "stage2").shape == (32,)
    assert Embedder(model, "stage2", pool=False).shape == (16, 16, 32)
    ```
    """

    def __init__(
        self,
        model,
        stage: str = POOLED,
        *,
        pool: bool = True,
        batch_size: int = 128,
        whole: bool = False,
        geometry: str | None = None,
    ):
        record = zoo.preprocessing(model)
        self._preprocessing = dataclasses.replace(
            record,
            geometry=geometry or record.geometry,
            # Nothing depends on it here.
            test_size=None,
            test_crop_fraction=None,
        )
        if whole:
            self._preprocessing = dataclasses.replace(
                self._preprocessing, crop_fraction=1.0
            )
        self._model = below(model, stage, pool)
        self._origin = zoo.origin(model)
        self._stage, self._pool = stage, pool
        self._batch_size = batch_size
        self._extractor = Extractor(self._model, tf.distribute.get_strategy())

    @property
    def shape(self) -> tuple[int, ...]:
        """Of the features of one picture."""
        return tuple(self._model.output.shape[1:])

    def run(self, examples: Examples, progress=None) -> np.ndarray:
        """Returns float32 `(examples, …)`.

        Args:
            examples: Pictures that can be decoded.
            progress: Called with the numbers of pictures done and in all.
        """
        batch = min(self._batch_size, len(examples))
        data = evaluation_data(examples, self._preprocessing, batch_size=batch)
        with naming_bad_pictures(examples):
            return self._extractor.run(data.dataset, len(examples), progress)

    def recipe(
        self,
        model: str,
        weights: str | None = None,
        data: str = "",
        upright: bool = True,
    ) -> Provenance:
        """Returns how to compute the same features again.

        Args:
            model: What the model was opened by.
            weights: Likewise.
            data: What the pictures come from.
            upright: Whether they were turned as their EXIF asked for.
        """
        known = model in list_models()
        return Provenance(
            model if known else os.path.abspath(model),
            _weights(weights) if known else None,
            self._stage,
            self._pool,
            self._preprocessing,
            self._sha256(),
            _absolute(data),
            upright,
        )

    def _sha256(self) -> str:
        """Hashes all that the features depend on beside the pictures."""
        hashed = hashlib.sha256(
            repr((self._origin, self._preprocessing)).encode()
        )
        for name, variable in variable_names(self._model).items():
            hashed.update(name.encode())
            hashed.update(np.ascontiguousarray(variable.numpy()).tobytes())
        return hashed.hexdigest()


def below(model, stage: str, pool: bool) -> keras.Model:
    """Returns the part of a model that computes features.

    Args:
        model: A classifier of the zoo.
        stage: As for `Embedder`.
        pool: Likewise.

    Raises:
        RequestError: The model has no such stage.
    """
    outputs = {found.name: found.output for found in zoo.stages(model)}
    outputs[POOLED] = model.get_layer(_HEAD).input
    if stage not in outputs:
        raise RequestError(
            f"`stage={stage}`: {model.name} has no such stage. Expected one "
            f"of: {', '.join(outputs)}."
        )
    output = outputs[stage]
    between = tuple(range(1, len(output.shape) - 1))
    if pool and between:
        output = keras.ops.mean(output, axis=between)
    return keras.Model(model.input, output, name=f"{model.name}_to_{stage}")


def reopen(recipe: Provenance, batch_size: int = 128) -> Embedder:
    """Opens the network of a recipe, and makes sure that it is the same.

    Raises:
        RequestError: The model is not there any more.
        IntegrityError: It is another one now, or damaged.
    """
    size = recipe.preprocessing.image_size
    model = open_model(recipe.model, recipe.weights, size)
    embedder = Embedder(
        model,
        recipe.stage,
        pool=recipe.pool,
        batch_size=batch_size,
        # Of before weights said theirs, it was that of the zoo.
        geometry=recipe.preprocessing.geometry,
    )
    now = embedder.recipe(
        recipe.model, recipe.weights, recipe.data, recipe.upright
    )
    if now != recipe:
        changed = [
            field.name
            for field in dataclasses.fields(Provenance)
            if getattr(now, field.name) != getattr(recipe, field.name)
        ]
        what = "weights" if changed == ["sha256"] else ", ".join(changed)
        again = command(
            "features",
            model=recipe.model,
            weights=recipe.weights,
            data=recipe.data,
            stage=recipe.stage,
            pool=recipe.pool,
            orientation=UPRIGHT if recipe.upright else IGNORE,
        )
        raise IntegrityError(
            f"The model {recipe.model} is not the one that the features were "
            f"computed by: its {what} changed. Bring the old one back, or "
            f"compute the features anew: {again}"
        )
    return embedder


def _weights(weights: str | None) -> str | None:
    # A folder may be called as weights are.
    return _absolute(weights) if weights and is_path(weights) else weights


def _absolute(text: str) -> str:
    """Makes the path of a file or folder absolute; a name stays as it is."""
    named = not os.path.exists(text) or text in _NO_PATHS
    return text if named else os.path.abspath(text)
