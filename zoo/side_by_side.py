"""Several networks as one: the mean of their probabilities, in one graph."""

import dataclasses
from collections.abc import Sequence

import keras
import numpy as np

from zoo.errors import RequestError
from zoo.head_scaling import LogitScaling
from zoo.layers import MeanLogits
from zoo.layers import MiddleWindow
from zoo.layers import NamedClasses
from zoo.layers import PixelScaling
from zoo.model_metadata import class_names
from zoo.model_metadata import find_layer
from zoo.model_metadata import preprocessing
from zoo.model_metadata import thresholds
from zoo.preprocessing import Preprocessing
from zoo.stages import stage_name


def side_by_side(models: Sequence, name: str = "ensemble") -> keras.Model:
    """Joins classifiers into one flat model: the mean of what they say.

    Each member has its own scaling and, where members see pictures at several
    sizes, its own window of the largest picture. Layers keep their stages:
    `stem_conv` of the second member is `stem_member2_conv`.

    Args:
        models: Classifiers of the zoo with the same classes in any order.
        name: The new model's.

    Returns:
        Pixels in, float32 logits out: the logarithms of the mean of the
        members' probabilities, in the first member's order of classes.

    Raises:
        RequestError: Fewer than two, other classes, a multi-label model, or
            one that is several already.

    Example:

    ```python
    import numpy as np
    import zoo
    from zoo.side_by_side import side_by_side
    models = [zoo.create_model("resnet20", classes=3) for _ in range(2)]
    for model in models:
        zoo.set_class_names(model, ("ant", "bee", "fly"))
    both = side_by_side(models)
    pixels = np.zeros((1, 32, 32, 3), "uint8")
    mean = sum(np.exp(each(pixels) - np.logaddexp.reduce(each(pixels), 1))
               for each in models) / 2
    assert np.allclose(np.exp(both(pixels)), mean, atol=1e-6)
    ```
    """
    check_members(models)
    record = _widest([preprocessing(model) for model in models])
    pixels = keras.Input(_input_shape(models[0], record), name="pixels")
    plain = dataclasses.replace(record, mean=(0.0,) * 3, std=(1.0,) * 3)
    scaled = PixelScaling(plain, name="preprocessing")(pixels)
    names = class_names(models[0])
    members = [
        _Member(model, f"member{number}", names)
        for number, model in enumerate(models, start=1)
    ]
    logits = [member.on(scaled, record) for member in members]
    mean = MeanLogits(len(names), names, name="head_mean")(logits)
    model = keras.Model(pixels, mean, name=name)
    for member in members:
        member.copy_weights()
    return model


def check_members(models: Sequence) -> None:
    """Refuses models that cannot be put together.

    Args:
        models: As for `side_by_side`.

    Raises:
        RequestError: As for `side_by_side`.
    """
    if len(models) < 2:
        raise RequestError(
            f"A mean is of two or more models. Received: {len(models)}"
        )
    first = models[0]
    for model in models:
        if find_layer(model, MeanLogits):
            raise RequestError(
                f"{model.name!r} is the mean of several networks already. "
                "Give the models that it was made of."
            )
        names = class_names(model)
        if names is None or thresholds(model):
            raise RequestError(
                f"{model.name!r} does not name its classes, or tells several "
                "of a picture. Expected classifiers of one class a picture, "
                "with names."
            )
        odd = sorted(set(names) ^ set(class_names(first)))
        if odd:
            raise RequestError(
                f"{model.name!r} has other classes than {first.name!r}: only "
                f"one of the two knows {', '.join(odd[:5])}. Expected models "
                "of the same classes."
            )
        if model.input_shape[-1] != first.input_shape[-1]:
            raise RequestError(
                f"{model.name!r} takes {model.input_shape[-1]} channels and "
                f"{first.name!r} {first.input_shape[-1]}. Expected the same."
            )


def _widest(records: Sequence[Preprocessing]) -> Preprocessing:
    """A record that shows what each member has to see, none of it enlarged.

    Interpolation and geometry are those of the member with the most pixels.
    """
    part = max(record.crop_fraction for record in records)
    sides = [
        round(record.image_size * part / record.crop_fraction)
        for record in records
    ]
    largest = max(range(len(records)), key=lambda place: sides[place])
    return dataclasses.replace(
        records[largest],
        image_size=sides[largest],
        crop_fraction=part,
        test_size=None,
        test_crop_fraction=None,
    )


def _input_shape(model, record: Preprocessing) -> tuple:
    return (record.image_size, record.image_size, model.input_shape[-1])


class _Member:
    """One network on its way into a graph of several.

    Args:
        model: It.
        mark: What is put into the names of its layers.
        names: The classes, in the order that is wanted.
    """

    def __init__(self, model, mark: str, names: tuple[str, ...]):
        self._model, self._mark = model, mark
        self._own = class_names(model)
        self._order = [self._own.index(name) for name in names]
        self._copies: dict = {}

    def on(self, pixels, record: Preprocessing):
        """Puts it behind pixels that a record shows; returns its logits."""
        own = preprocessing(self._model)
        part = own.crop_fraction / record.crop_fraction
        if (own.image_size, part) != (record.image_size, 1.0):
            window = MiddleWindow(
                own.image_size, part, name=f"window_{self._mark}"
            )
            pixels = window(pixels)
        made = {}

        def call(layer, *args, **kwargs):
            made[layer.name] = layer(*args, **kwargs)
            return made[layer.name]

        keras.models.clone_model(
            self._model,
            input_tensors=pixels,
            clone_function=self._copy,
            call_function=call,
        )
        last = find_layer(self._model, NamedClasses)
        return made[self._copies[last.name].name]

    def copy_weights(self) -> None:
        """Gives the copies what the network has learned."""
        for layer in self._model.layers:
            copy = self._copies.get(layer.name)
            if copy is None or not layer.weights:
                continue
            weights = layer.get_weights()
            if isinstance(layer, NamedClasses):
                weights = _calibrated(weights, layer.scaling)
                weights = [each[..., self._order] for each in weights]
            copy.set_weights(weights)

    def _copy(self, layer):
        # A layer that is used twice is one here, too.
        if layer.name not in self._copies:
            self._copies[layer.name] = self._copied(layer)
        return self._copies[layer.name]

    def _copied(self, layer):
        name = self._marked(layer.name)
        if isinstance(layer, PixelScaling):
            channels = self._model.input_shape[-1]
            mean, std = layer.preprocessing.statistics(channels)
            scale = [1 / each for each in std]
            offset = [-m / s for m, s in zip(mean, std, strict=True)]
            return keras.layers.Rescaling(
                scale, offset, name=name, dtype="float32"
            )
        config = {**layer.get_config(), "name": name}
        if isinstance(layer, NamedClasses):
            # One layer of a model names its classes.
            for said in ("class_names", "thresholds", "scaling"):
                config.pop(said, None)
            if layer.scaling and layer.scaling.shift:
                config["use_bias"] = True
            config["activation"] = "linear"
            return keras.layers.Dense.from_config(config)
        return layer.__class__.from_config(config)

    def _marked(self, name: str) -> str:
        stage = stage_name(name)
        if stage is None:
            return f"{name}_{self._mark}"
        return f"{stage}_{self._mark}_{name.removeprefix(f'{stage}_')}"


def _calibrated(weights: list, scaling: LogitScaling | None) -> list:
    """Returns kernel and bias of a head, with what its logits are scaled by."""
    if scaling is None:
        return weights
    kernel, *bias = (each * np.float32(scaling.scale) for each in weights)
    if scaling.shift:
        shift = np.float32(scaling.shift)
        bias = [bias[0] + shift] if bias else [shift]
    return [kernel, *bias]
