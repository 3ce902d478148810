"""What every builder of the zoo takes, said once.

A family is a row of its table (the spec), a body from pixels to features and
a head from features to logits. The rest is the same for all: its options are
here, and what is done with them in `zoo.assembling`. Pure Python, as
`zoo.create_model` takes the same.
"""

import functools
import inspect
import os
from collections.abc import Callable
from typing import TypedDict
from typing import TypeVar
from typing import cast

from zoo.preprocessing import Preprocessing
from zoo.variants import nearest

Builder = TypeVar("Builder", bound=Callable)


class ModelOptions(TypedDict, total=False):
    """What every builder takes beside its variant, by keyword.

    Attributes:
        weights: None, a name that `zoo.model_info(variant).weights` lists,
            a model of the Hugging Face Hub such as
            `"hf://timm/resnet50.a1_in1k"`, the path of a weight file, or
            of a folder with a `model.safetensors`.
        origin: Whose network to build, where the weights do not say it:
            `"torchvision"`, `"timm"`, `"timm/tf_efficientnet_b3"`, `"keras"`;
            see `zoo.weights.origins`. They differ in what is no weight, such
            as padding.
        classes: Number of classes; that of the weights, or of the paper,
            where None.
        include_top: Whether the head is there; True unless said otherwise.
            Without it the output is that of the last stage.
        input_shape: `(height, width, 3)`; the variant's own where None. Most
            families take None for either side. With another number of
            channels the first convolution of the weights is adapted.
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
# What timm calls them, and Keras.
_THEIRS = {
    "pretrained": '`weights="imagenet"`, or the name of a set',
    "checkpoint_path": "`weights`, which takes a path as well",
    "num_classes": "`classes`; `include_top=False` for no head",
    "features_only": "`include_top=False`; for maps inside see `zoo.stages`",
    "in_chans": "`input_shape=(height, width, channels)`",
    "img_size": "`input_shape=(height, width, channels)`",
    "model_name": "`variant`",
    "pretrained_cfg": "`preprocessing`",
}
# A line of a builder's documentation that stands for all of them.
_POINTER = "    **options: See `zoo.building.ModelOptions`.\n"


def builder(build: Builder) -> Builder:
    """Gives `**options` names, defaults and documentation of `ModelOptions`.

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
    signature = inspect.signature(build).replace(parameters=[*own, *options])

    @functools.wraps(build)
    def build_with(*args, **given):
        for name in given:
            if name not in signature.parameters:
                raise TypeError(
                    f"{build.__name__}() got an unexpected keyword argument "
                    f"{name!r}. {_instead_of(name, signature.parameters)}"
                )
        return build(*args, **_DEFAULTS | given)

    build_with.__doc__ = _with_options(inspect.getdoc(build))
    # Where `inspect.signature` looks first (PEP 362).
    vars(build_with)["__signature__"] = signature
    return cast(Builder, build_with)


def _instead_of(name: str, known) -> str:
    if name in _THEIRS:
        return f"Here it is {_THEIRS[name]}."
    return f"Nearest: {', '.join(nearest(name, known, 3))}."


def _with_options(text: str | None) -> str | None:
    """Puts what `ModelOptions` says where a documentation points to it."""
    said = inspect.getdoc(ModelOptions)
    if text is None or said is None:
        # Python leaves all of it out under -OO.
        return None
    _, _, options = said.partition("Attributes:\n")
    options, _, raises = options.partition("Raises:\n")
    text = text.replace(_POINTER, options.rstrip() + "\n")
    return text.replace("Example:\n", f"Raises:\n{raises}\n\nExample:\n", 1)
