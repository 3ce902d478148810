"""What weights of one origin expect of the network beside its shapes.

Two frameworks that publish the same network pad its strided convolutions
differently, or give BatchNorm another epsilon. No tensor says so, so it
stands here, a row for each origin, and the builders read it.
"""

import dataclasses
import fnmatch

from zoo.errors import RequestError

LIBRARIES = ("zoo", "torchvision", "timm", "keras", "bvlc")


@dataclasses.dataclass(frozen=True)
class Origin:
    """How the network has to be built that some weights were trained in.

    None stands for what the family does by itself.

    Args:
        name: Such as `"torchvision"` or `"timm/tf"`; `"zoo"` is our own.
        models: A shell pattern of the variants that it holds for.
        padding: Of strided convolutions: `"symmetric"`, as PyTorch pads, or
            `"same"`, as TensorFlow does.
        epsilon: Of BatchNorm.
        stride_at: The block of a stage that strides, `"first"` or `"last"`.
        stem_bias: Whether the stem's convolution has a bias that no
            BatchNorm can take over.
        pool_border: What the stem's pool pads with: `"edge"` (nothing that
            could win) or `"zero"`.
        lrn: `k` and `alpha` of local response normalization.
    """

    name: str = "zoo"
    models: str = "*"
    padding: str | None = None
    epsilon: float | None = None
    stride_at: str | None = None
    stem_bias: bool = False
    pool_border: str | None = None
    lrn: tuple[float, float] | None = None

    @property
    def library(self) -> str:
        return self.name.partition("/")[0]


OWN = Origin()

_SYMMETRIC = {"padding": "symmetric"}

# The first row whose name and pattern fit counts.
ORIGINS: tuple[Origin, ...] = (
    Origin("torchvision", "resnet*"),
    Origin("timm", "resnet*"),
)


def canonical(text: str) -> str:
    """Returns the name in the table for what a person says.

    `timm` publishes under names of its own; only whether they begin with
    `tf_` (ported from TensorFlow) says how the network is built.

    Raises:
        RequestError: No such library is known.

    Example:

    ```python
    from zoo.weights.origins import canonical
    assert canonical("timm/tf_efficientnet_b3") == "timm/tf"
    assert canonical("timm/resnet50.a1_in1k") == "timm"
    ```
    """
    library, _, model = text.partition("/")
    if library not in LIBRARIES:
        raise RequestError(
            f"No origin is called {text!r}. Expected one of "
            f"{', '.join(LIBRARIES)}, or timm/MODEL such as "
            "timm/tf_efficientnet_b3."
        )
    ported = library == "timm" and (model == "tf" or model.startswith("tf_"))
    return "timm/tf" if ported else library


def find_origin(name: str, model: str) -> Origin:
    """Returns how `model` is built for weights of the origin `name`.

    Args:
        name: As in the table, see `canonical`.
        model: The variant.

    Raises:
        RequestError: That origin publishes nothing for this variant.
    """
    if name == OWN.name:
        return OWN
    for row in ORIGINS:
        if row.name == name and fnmatch.fnmatchcase(model, row.models):
            return row
    known = sorted(
        {row.name for row in ORIGINS if fnmatch.fnmatchcase(model, row.models)}
    )
    raise RequestError(
        f"No weights of {name!r} are known for {model!r}. "
        + (f"Known: {', '.join(known)}." if known else "It has no others.")
    )
