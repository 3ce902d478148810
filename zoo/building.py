"""What every builder of the zoo takes, and what all of them do with it.

A family is a row of its table (the spec), a body from pixels to features and
a head from features to logits. The rest is the same for all, and is here.
"""

import functools
import inspect
import os
from collections.abc import Callable
from typing import TypedDict
from typing import TypeVar

import keras

from zoo.blocks import pixel_input
from zoo.preprocessing import Preprocessing
from zoo.variants import nearest
from zoo.weights import Pretrained

Builder = TypeVar("Builder", bound=Callable[..., keras.Model])


class ModelOptions(TypedDict, total=False):
    """What every builder takes beside its variant, by keyword.

    Args:
        weights: None, a name that `zoo.model_info(variant).weights` lists,
            a model of the Hugging Face Hub such as
            `"hf://timm/resnet50.a1_in1k"`, or the path of a weight file.
        origin: Whose network to build, such as `"keras"`, where the weights
            do not say it; see `zoo.weights.origins`.
        classes: Number of classes; that of the weights, or of the paper,
            where None.
        include_top: Whether the head is there; True unless said otherwise.
            Without it the output is that of the last stage.
        input_shape: `(height, width, 3)`; the variant's own where None. Most
            families take None for either side.
        classifier_activation: None (logits) or an activation's name.
        preprocessing: What the pixels are scaled by; that of the weights, or
            of the variant, where None.
        name: The model's name; the variant's where None.

    Raises:
        RequestError: The variant or the weights are not known, or a value is
            out of its range.
        IntegrityError: The weight file does not fit or is damaged.
    """

    weights: str | os.PathLike | None
    origin: str | None
    classes: int | None
    include_top: bool
    input_shape: tuple[int | None, int | None, int] | None
    classifier_activation: str | Callable | None
    preprocessing: Preprocessing | None
    name: str | None


_DEFAULTS = dict.fromkeys(ModelOptions.__annotations__) | {"include_top": True}


def builder(build: Builder) -> Builder:
    """Gives `**options` the names and defaults that `ModelOptions` has.

    `help` shows them, the builder receives all of them, and a name that is
    none of them is refused before anything is built.

    Example:

    ```python
    import inspect
    from zoo.vit import ViT
    options = inspect.signature(ViT).parameters
    assert options["include_top"].default is True
    ```
    """
    *own, _ = inspect.signature(build).parameters.values()
    options = [
        inspect.Parameter(
            name,
            inspect.Parameter.KEYWORD_ONLY,
            default=_DEFAULTS[name],
            annotation=kind,
        )
        for name, kind in ModelOptions.__annotations__.items()
    ]
    signature = inspect.Signature(
        [*own, *options], return_annotation=keras.Model
    )

    @functools.wraps(build)
    def build_with(*args, **given):
        unknown = [name for name in given if name not in signature.parameters]
        if unknown:
            raise TypeError(
                f"{build.__name__}() got an unexpected keyword argument "
                f"{unknown[0]!r}. Nearest: "
                f"{', '.join(nearest(unknown[0], signature.parameters, 3))}."
            )
        return build(*args, **_DEFAULTS | given)

    build_with.__signature__ = signature
    return build_with


def assemble(spec, body, head, options: ModelOptions) -> keras.Model:
    """Builds a model: pixels, their scaling, body, head; and loads weights.

    Args:
        spec: The variant's row, which has a `name`, the number of `classes`
            that it was published with and its `preprocessing`.
        body: From the scaled pixels, the row and the `Origin` of the weights
            to features.
        head: From features, the row, the number of classes and the name of an
            activation to logits.
        options: All of `ModelOptions`.

    Returns:
        A flat functional model: RGB 0…255 in, float32 logits out.

    Raises:
        RequestError: See `ModelOptions`.
        IntegrityError: Likewise.
    """
    pretrained = Pretrained.find(
        spec.name,
        options["weights"],
        classes=options["classes"],
        default_classes=spec.classes,
        preprocessing=spec.preprocessing,
        origin=options["origin"],
    )
    pixels, x = pixel_input(
        options["input_shape"] or pretrained.input_shape,
        options["preprocessing"] or pretrained.preprocessing,
    )
    x = body(x, spec, pretrained.origin)
    if options["include_top"]:
        activation = options["classifier_activation"]
        x = head(x, spec, pretrained.classes, activation)
    model = keras.Model(pixels, x, name=options["name"] or spec.name)
    return pretrained.load_into(model)
