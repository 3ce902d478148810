"""What `weights=` means for one model: found first, loaded last."""

import dataclasses
import logging
import numbers
import pathlib

from zoo.errors import RequestError
from zoo.preprocessing import Preprocessing
from zoo.weights.fitting import load_weights
from zoo.weights.origins import OWN
from zoo.weights.origins import Origin
from zoo.weights.origins import canonical
from zoo.weights.origins import find_origin
from zoo.weights.sources import find_source

_log = logging.getLogger("zoo")


def check_weights(model: str, weights) -> None:
    """Refuses weights that cannot be there, before any time is spent.

    Args:
        model: The variant's name.
        weights: None, a registered name, or a path.

    Raises:
        RequestError: The name is not known or the file is not there.
    """
    if weights is None:
        return
    if not is_path(weights):
        find_source(model, weights)
    elif not pathlib.Path(weights).is_file():
        raise RequestError(f"There is no weight file {weights}.")


def is_path(weights) -> bool:
    """Whether `weights` is a file rather than a name."""
    return isinstance(weights, pathlib.Path) or bool(
        pathlib.Path(weights).suffix
    )


@dataclasses.dataclass(frozen=True)
class Pretrained:
    """Resolved before a model is built, because it decides how.

    Args:
        path: The weight file, or None.
        sha256: What the file must hash to, or None.
        classes: Number of classes of the model.
        class_names: Names to put into the head, or None.
        preprocessing: What the model's pixels are scaled by.
        origin: How the network is built.
    """

    path: pathlib.Path | None
    sha256: str | None
    classes: int
    class_names: tuple[str, ...] | None
    preprocessing: Preprocessing
    origin: Origin = OWN

    @classmethod
    def find(
        cls,
        model: str,
        weights,
        *,
        classes,
        default_classes,
        preprocessing,
        origin: str | None = None,
    ) -> "Pretrained":
        """Resolves `weights`: None, a registered name, or a path.

        Raises:
            RequestError: The name is not known, or `classes` is no number of
                classes.
        """
        if classes is not None and not _is_count(classes):
            raise RequestError(
                "classes is the number of classes, at least 1, or None. "
                f"Received: {classes!r}"
            )
        built = find_origin(canonical(origin), model) if origin else OWN
        if weights is None:
            return cls(
                None,
                None,
                classes or default_classes,
                None,
                preprocessing,
                built,
            )
        if is_path(weights):
            path = pathlib.Path(weights)
            return cls(
                path, None, classes or default_classes, None, preprocessing
            )
        row = find_source(model, weights)
        keeps_head = classes in (None, len(row.class_names))
        return cls(
            row.path,
            row.sha256,
            classes or len(row.class_names),
            row.class_names if keeps_head else None,
            row.preprocessing.at(preprocessing.image_size),
        )

    def load_into(self, model):
        """Loads the file, if there is one, and returns the model."""
        if self.path is not None:
            report = load_weights(model, self.path, sha256=self.sha256)
            _log.info("%s from %s: %s", model.name, self.path.name, report)
        if self.class_names:
            for layer in model.layers:
                if layer.name == "head_logits":
                    layer.class_names = self.class_names
        return model


def _is_count(value) -> bool:
    return (
        isinstance(value, numbers.Integral)
        and not isinstance(value, bool)
        and value >= 1
    )
