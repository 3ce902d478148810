"""The last layer: from features to a number a class."""

import numbers
from collections.abc import Iterable

import keras
import numpy as np

from zoo.head_scaling import LogitScaling
from zoo.head_scaling import checked_scaling

_register = keras.saving.register_keras_serializable(package="zoo")


class NamedClasses:
    """What a last layer says of its classes, beside the numbers.

    A layer that inherits it has `units`, `class_names`, `thresholds` and
    `scaling`, as `Logits` documents them.
    """

    def _say(self, class_names, thresholds, scaling, units: int) -> None:
        if not isinstance(scaling, LogitScaling):
            scaling = LogitScaling.from_json(scaling)
        self.class_names = checked_names(class_names, units)
        self.thresholds = checked_thresholds(thresholds, units)
        self.scaling = checked_scaling(scaling, units)

    def _scaled(self, logits):
        if self.scaling is None:
            return logits
        logits = logits * np.float32(self.scaling.scale)
        if self.scaling.shift:
            logits = logits + np.float32(self.scaling.shift)
        return logits

    def _said(self) -> dict:
        """What `get_config` adds."""
        names = list(self.class_names) if self.class_names else None
        said: dict[str, object] = {"class_names": names}
        if self.thresholds:
            said["thresholds"] = list(self.thresholds)
        if self.scaling:
            said["scaling"] = self.scaling.as_json()
        return said


@_register
class Logits(NamedClasses, keras.layers.Dense):
    """The last layer: one float32 number a class, whatever the dtype policy.

    It also carries the names of the classes, so that they are inside every
    saved model and cannot get lost or out of order; and where each class is a
    question of its own, from which probability on it is answered with yes.
    And what its logits are multiplied by, once it was calibrated: the numbers
    stay logits, and whatever takes the model, an export too, has them.

    Args:
        units: Number of classes.
        class_names: The names in label order, each another, or None.
        thresholds: Of a multi-label model: for each class the least sigmoid
            of its logit, in 0…1, with which a picture is said to show it;
            None where a picture shows one class.
        scaling: What makes the logits believable, a `LogitScaling` or what
            its `as_json` gives; None where nothing was calibrated.

    Raises:
        ValueError: Names, thresholds or scales are not one for each class, or
            one is out of its range.

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

    def __init__(
        self,
        units: int,
        class_names: Iterable[str] | None = None,
        thresholds: Iterable[float] | None = None,
        scaling: LogitScaling | dict | None = None,
        **kwargs: object,
    ):
        kwargs["dtype"] = "float32"
        super().__init__(units, **kwargs)
        self._say(class_names, thresholds, scaling, units)

    def call(self, inputs, training=None):
        if self.scaling is None:
            return super().call(inputs, training=training)
        logits = keras.ops.matmul(inputs, self.kernel)
        if self.use_bias:
            logits = keras.ops.add(logits, self.bias)
        return self.activation(self._scaled(logits))

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
        if not isinstance(value, numbers.Real) or not 0 <= float(value) <= 1:
            raise ValueError(
                f"a threshold is a number in 0…1, received {value!r}"
            )
    return tuple(map(float, values))
