"""Is a picture like anything that a model has learned?

`known.safetensors` lies beside a calibrated model: features of pictures that
stand for what it has learned, and the score that 95 of 100 known pictures
reach. The score is the distance to the 10th nearest of them
(`feature_scores.nearest`), which needs no classes and no logits.
"""

import dataclasses
import functools
import pathlib

import keras
import numpy as np
import tensorflow as tf

import zoo
from pipelines.data.examples import Examples
from pipelines.data.framing import whole_picture
from pipelines.evaluation.trust.feature_scores import KnownFeatures
from pipelines.evaluation.trust.feature_scores import nearest
from pipelines.evaluation.trust.known_pictures import known_pictures
from pipelines.evaluation.trust.running import below_head
from pipelines.evaluation.trust.running import features_before_head
from pipelines.evaluation.trust.separation import keeping
from pipelines.pages.commands import command
from pipelines.runs.places import nearest_folder
from zoo.errors import IntegrityError
from zoo.errors import RequestError
from zoo.weights.atomic import replacing

KNOWN = "known.safetensors"


@dataclasses.dataclass(frozen=True, eq=False)
class LikenessTest:
    """Says whether a picture is like those that are known.

    Args:
        model: The classifier whose features are compared.
        known: What is known.
        threshold: The least score of a picture that is like them.
    """

    model: keras.Model
    known: KnownFeatures
    threshold: float

    @functools.cached_property
    def _below(self) -> keras.Model:
        return below_head(self.model)

    def is_unlike(self, features: np.ndarray) -> np.ndarray:
        """Returns bool `(pictures,)` for features `(pictures, width)`."""
        return nearest(self.known, features) < self.threshold

    def asked_of(self, picture: str, upright: bool) -> bool:
        """Asks of one picture, as evaluation sees it.

        Args:
            picture: A file that can be decoded.
            upright: Whether it is turned as its EXIF asks for.
        """
        encoded = tf.constant(pathlib.Path(picture).read_bytes())
        record = zoo.preprocessing(self.model)
        pixels = whole_picture(encoded, record, upright)[tf.newaxis]
        features = self._below(pixels, training=False)
        return bool(self.is_unlike(np.asarray(features))[0])


def likeness_test(model, where: str, held_out: Examples) -> LikenessTest:
    """Makes the test of a model.

    Args:
        model: A classifier of the zoo.
        where: What it was opened by.
        held_out: Pictures of what it knows and has not learned from, which
            choose the threshold.
    """
    found = known_pictures(where, held_out)
    features = features_before_head(model, found.known)
    known = KnownFeatures(features, found.known.labels)
    rest = held_out.subset(np.flatnonzero(found.rest))
    scores = nearest(known, features_before_head(model, rest))
    return LikenessTest(model, known, keeping(scores))


def save_test(test: LikenessTest, folder) -> None:
    """Writes the test beside its model, whole or not at all."""
    from safetensors.numpy import save_file

    with replacing(pathlib.Path(folder) / KNOWN) as temporary:
        save_file(
            {
                "features": np.ascontiguousarray(test.known.features),
                "labels": np.asarray(test.known.labels, "int32"),
                "threshold": np.array([test.threshold]),
            },
            temporary,
        )


def load_test(model, where: str) -> LikenessTest:
    """Reads the test that lies beside a model.

    Args:
        model: The model.
        where: What it was opened by.

    Raises:
        RequestError: There is none.
        IntegrityError: It is damaged, or of another model.
    """
    from safetensors import SafetensorError
    from safetensors.numpy import load_file

    folder = nearest_folder(where, lambda place: (place / KNOWN).is_file())
    if folder is None:
        raise RequestError(
            f"`model={where}` does not say what it knows: it has no {KNOWN}. "
            f"{command('calibrate', where)} writes a folder that has; give it "
            "as `model`."
        )
    try:
        held = load_file(folder / KNOWN)
        features, labels = held["features"], held["labels"]
        (threshold,) = held["threshold"].tolist()
    except (KeyError, ValueError, SafetensorError) as error:
        raise _wrong(folder, f"it is damaged ({error})") from error
    width = below_head(model).output.shape[-1]
    if features.ndim != 2 or features.shape[1] != width:
        raise _wrong(folder, "it is of another model")
    if not np.isfinite(features).all() or not np.isfinite(threshold):
        raise _wrong(folder, "it holds NaN or infinity")
    return LikenessTest(model, KnownFeatures(features, labels), threshold)


def _wrong(folder, why: str) -> IntegrityError:
    return IntegrityError(
        f"{folder / KNOWN} cannot be used: {why}. Calibrate the model again."
    )
