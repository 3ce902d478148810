"""The last layer: from features to a number a class."""

import numbers

import keras

_register = keras.saving.register_keras_serializable(package="zoo")


class NamedClasses:
    """What a last layer says of its classes, beside the numbers.

    A layer that inherits it has `units`, `class_names` and `thresholds`, as
    `Logits` documents them.
    """

    def _say(self, class_names, thresholds, units: int) -> None:
        self.class_names = checked_names(class_names, units)
        self.thresholds = checked_thresholds(thresholds, units)

    def _said(self) -> dict:
        """What `get_config` adds."""
        names = list(self.class_names) if self.class_names else None
        said = {"class_names": names}
        if self.thresholds:
            said["thresholds"] = list(self.thresholds)
        return said


@_register
class Logits(NamedClasses, keras.layers.Dense):
    """The last layer: one float32 number a class, whatever the dtype policy.

    It also carries the names of the classes, so that they are inside every
    saved model and cannot get lost or out of order; and where each class is a
    question of its own, from which probability on it is answered with yes.

    Args:
        units: Number of classes.
        class_names: The names in label order, each another, or None.
        thresholds: Of a multi-label model: for each class the least sigmoid
            of its logit, in 0…1, with which a picture is said to show it;
            None where a picture shows one class.

    Raises:
        ValueError: Names or thresholds are not one for each class, or a
            threshold is not in 0…1.

    Input shape: `(batch, features)`.

    Output shape: `(batch, units)`, float32.

    Example:

    ```python
    import numpy as np
    from zoo.layers import Logits
    head = Logits(2, class_names=("cat", "dog"))
    assert head(np.zeros((1, 3))).shape == (1, 2)
    assert head.get_config()["class_names"] == ["cat", "dog"]
    ```
    """

    def __init__(self, units, class_names=None, thresholds=None, **kwargs):
        kwargs["dtype"] = "float32"
        super().__init__(units, **kwargs)
        self._say(class_names, thresholds, units)

    def get_config(self):
        return {**super().get_config(), **self._said()}


def checked_names(names, classes: int) -> tuple[str, ...] | None:
    """Returns the names of classes, None where there are none.

    Raises:
        ValueError: There are more or fewer than classes, two are equal, or
            one is no text.
    """
    if names is None:
        return None
    names = tuple(names)
    if len(names) != classes:
        raise ValueError(
            f"expected {classes} names of classes, received {len(names)}: "
            f"{', '.join(map(str, names[:5]))}"
        )
    if not all(isinstance(name, str) for name in names):
        raise ValueError("the name of a class is no text")
    if len(set(names)) < len(names):
        twice = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"two classes are called {twice!r}")
    return names


def checked_thresholds(values, classes: int) -> tuple[float, ...] | None:
    """Returns the thresholds of classes, None where there are none.

    Raises:
        ValueError: There are more or fewer than classes, or one is no number
            in 0…1.
    """
    if values is None:
        return None
    values = tuple(values)
    if len(values) != classes:
        raise ValueError(
            f"expected {classes} thresholds, received {len(values)}"
        )
    for value in values:
        # NaN is not at least 0.
        if not isinstance(value, numbers.Real) or not 0 <= value <= 1:
            raise ValueError(
                f"a threshold is a number in 0…1, received {value!r}"
            )
    return tuple(map(float, values))
