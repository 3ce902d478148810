"""The last layer: from features to a number a class."""

import keras

_register = keras.saving.register_keras_serializable(package="zoo")


@_register
class Logits(keras.layers.Dense):
    """The last layer: one float32 number a class, whatever the dtype policy.

    It also carries the names of the classes, so that they are inside every
    saved model and cannot get lost or out of order.

    Args:
        units: Number of classes.
        class_names: The names in label order, or None.

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

    def __init__(self, units, class_names=None, **kwargs):
        kwargs["dtype"] = "float32"
        super().__init__(units, **kwargs)
        self.class_names = tuple(class_names) if class_names else None

    def get_config(self):
        names = list(self.class_names) if self.class_names else None
        return {**super().get_config(), "class_names": names}
