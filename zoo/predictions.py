"""What the numbers that come out of a classifier say."""

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from zoo.errors import RequestError
from zoo.weights.classes import ENGLISH
from zoo.weights.classes import imagenet_classes
from zoo.weights.classes import imagenet_names
from zoo.weights.classes import imagenet_names_in
from zoo.weights.classes import translated

if TYPE_CHECKING:
    import keras


def decode_predictions(
    predictions: npt.ArrayLike,
    top: int = 5,
    *,
    model: "keras.Model | None" = None,
    language: str = ENGLISH,
) -> list[list[tuple[str | int, str, float]]]:
    """Names the likeliest classes of each picture.

    As `keras.applications.imagenet_utils.decode_predictions`, for logits as
    well, and for other classes than ImageNet's.

    Args:
        predictions: `(pictures, classes)`, what the model returned. Rows of
            probabilities (not negative, of sum 1 within 0.001) stay as they
            are; others are logits, and go through softmax.
        top: How many classes; all where there are fewer.
        model: Whose classes they are; ImageNet's 1,000 where None.
        language: What ImageNet's classes are named in: `"en"`, or `"zh"` for
            Chinese.

    Returns:
        For each picture a list of `(label, name, probability)`, the likeliest
        first. ImageNet's labels and names are those that Keras gives, such
        as `("n02123159", "tiger_cat", 0.86)`; the label of other classes is
        their number.

    Raises:
        RequestError: The predictions are not of these classes, or the model
            has no names, or none in that language.

    Example:

    ```python
    import numpy as np
    import zoo
    logits = np.zeros((1, 1000))
    logits[0, 282] = 9.0
    label, name, probability = zoo.decode_predictions(logits)[0][0]
    assert (label, name) == ("n02123159", "tiger_cat")
    assert 0.88 < probability < 0.9
    ```
    """
    if hasattr(predictions, "detach"):
        # Torch's, which may be on a device and wait for gradients.
        predictions = predictions.detach().cpu()
    rows = np.asarray(predictions, "float64")
    labels, names = _classes(model, language)
    if rows.ndim != 2 or rows.shape[1] != len(names):
        raise RequestError(
            f"Expected predictions of shape (pictures, {len(names)}), one "
            f"number for each class. Received: {rows.shape}"
            + ("" if model else ". Other classes are those of `model`.")
        )
    if top < 1:
        raise RequestError(f"`top` is at least 1. Received: {top}")
    return [
        [
            (labels[index], names[index], float(row[index]))
            for index in np.argsort(-row, kind="stable")[:top]
        ]
        for row in map(_probabilities, rows)
    ]


def _probabilities(row):
    if row.min() >= 0 and abs(row.sum() - 1) < 1e-3:
        return row
    shares = np.exp(row - row.max())
    return shares / shares.sum()


def _classes(model, language: str):
    if model is not None:
        # Keras is not needed for ImageNet's names.
        from zoo.model_metadata import class_names
        from zoo.model_metadata import thresholds

        names = class_names(model)
        if thresholds(model):
            raise RequestError(
                f"The model {model.name!r} is a multi-label one: each class is "
                "a question of its own. Take the sigmoid of its logits, and "
                "zoo.thresholds(model)."
            )
        if names is None:
            raise RequestError(
                f"The model {model.name!r} has no class names. Expected: "
                "zoo.set_class_names(model, names)"
            )
        if names != imagenet_names():
            return range(len(names)), translated(names, language)
    rows = imagenet_classes()
    if language != ENGLISH:
        return [wnid for wnid, _ in rows], imagenet_names_in(language)
    first = (synonyms.split(", ")[0] for _, synonyms in rows)
    return [wnid for wnid, _ in rows], [
        name.replace(" ", "_") for name in first
    ]
