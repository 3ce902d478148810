"""What a model says about itself: preprocessing, origin, classes."""

from collections.abc import Iterable

import keras

from zoo.errors import RequestError
from zoo.head_scaling import LogitScaling
from zoo.head_scaling import checked_scaling
from zoo.layers import NamedClasses
from zoo.layers import PixelScaling
from zoo.layers.logits import checked_names
from zoo.layers.logits import checked_thresholds
from zoo.preprocessing import Preprocessing


def preprocessing(model: keras.Model) -> Preprocessing:
    """Returns the preprocessing record inside a model of the zoo.

    Raises:
        RequestError: The model was not built by the zoo.
    """
    return _only(model, PixelScaling).preprocessing


def origin(model: keras.Model) -> str:
    """Returns whose weights a model was built for, such as `"timm/tf"`.

    `"zoo"` is the network as this zoo builds it by itself; see
    `zoo.weights.origins` for what the others change.

    Raises:
        RequestError: The model was not built by the zoo.

    Example:

    ```python
    import zoo
    assert zoo.origin(zoo.create_model("resnet20")) == "zoo"
    ```
    """
    return _only(model, PixelScaling).origin


def class_names(model: keras.Model) -> tuple[str, ...] | None:
    """Returns the names in label order, or None where none were given.

    Raises:
        RequestError: The model has no classifier head of the zoo.
    """
    return _only(model, NamedClasses).class_names


def set_class_names(model: keras.Model, names: Iterable[str]) -> None:
    """Writes the names, in label order, into the model's last layer.

    Raises:
        RequestError: There are more or fewer names than classes, or two are
            equal.
    """
    head = _only(model, NamedClasses)
    try:
        head.class_names = checked_names(tuple(names), head.units)
    except ValueError as error:
        raise RequestError(f"The model {model.name!r}: {error}.") from None


def thresholds(model: keras.Model) -> tuple[float, ...] | None:
    """Returns the thresholds of a multi-label model, None of any other.

    A picture shows a class where the sigmoid of its logit is at least the
    class's threshold, in 0…1; thresholds are in label order.

    Raises:
        RequestError: The model has no classifier head of the zoo.

    Example:

    ```python
    import zoo
    model = zoo.create_model("resnet20", classes=2)
    assert zoo.thresholds(model) is None
    zoo.set_thresholds(model, (0.5, 0.25))
    assert zoo.thresholds(model) == (0.5, 0.25)
    ```
    """
    return _only(model, NamedClasses).thresholds


def set_thresholds(model: keras.Model, values: Iterable[float] | None) -> None:
    """Makes a model a multi-label one: writes thresholds into its last layer.

    Args:
        model: A model of the zoo.
        values: One for each class, in label order, each in 0…1; with None a
            picture shows one class again.

    Raises:
        RequestError: There are more or fewer than classes, or one is out of
            its range.
    """
    head = _only(model, NamedClasses)
    try:
        head.thresholds = checked_thresholds(values, head.units)
    except ValueError as error:
        raise RequestError(f"The model {model.name!r}: {error}.") from None


def logit_scaling(model: keras.Model) -> LogitScaling | None:
    """Returns what a calibrated model multiplies its logits by, or None.

    Raises:
        RequestError: The model has no classifier head of the zoo.

    Example:

    ```python
    import zoo
    from zoo.head_scaling import LogitScaling
    model = zoo.create_model("resnet20", classes=2)
    assert zoo.logit_scaling(model) is None
    zoo.set_logit_scaling(model, LogitScaling.of_temperature(1.5))
    assert zoo.logit_scaling(model).temperature == 1.5
    ```
    """
    return _only(model, NamedClasses).scaling


def set_logit_scaling(model: keras.Model, scaling: LogitScaling | None) -> None:
    """Writes into a model's head what its logits are multiplied by.

    What Keras has compiled of the model before is compiled anew.

    Args:
        model: A model of the zoo.
        scaling: None for the logits as they were learned.

    Raises:
        RequestError: It is for another number of classes.
    """
    head = _only(model, NamedClasses)
    try:
        head.scaling = checked_scaling(scaling, head.units)
    except ValueError as error:
        raise RequestError(f"The model {model.name!r}: {error}.") from None
    for kind in ("train", "test", "predict"):
        setattr(model, f"{kind}_function", None)


def find_layer(model, layer_type):
    """Returns the layer that holds what is asked for, or None.

    Args:
        model: Any model.
        layer_type: `zoo.layers.PixelScaling` or `zoo.layers.NamedClasses`,
            of which a classifier of the zoo holds one each.
    """
    found = _layers(model, layer_type)
    return found[0] if len(found) == 1 else None


def _only(model, layer_type):
    found = _layers(model, layer_type)
    if len(found) != 1:
        raise RequestError(
            f"The model {model.name!r} holds {len(found)} layers of type "
            f"{layer_type.__name__}; a classifier of the zoo holds exactly "
            "one. Build it with zoo.create_model."
        )
    return found[0]


def _layers(model, layer_type) -> list:
    return [layer for layer in model.layers if isinstance(layer, layer_type)]
