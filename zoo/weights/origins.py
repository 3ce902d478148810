"""What weights of one origin expect of the network beside its shapes.

Two frameworks that publish the same network pad its strided convolutions
differently, or give BatchNorm another epsilon. No tensor says so, so it
stands here, a row for each origin, and the builders read it.
"""

import dataclasses
import fnmatch
from typing import TypedDict

from zoo.errors import RequestError
from zoo.preprocessing import CAFFE
from zoo.preprocessing import IMAGENET
from zoo.preprocessing import PLUS_MINUS_ONE
from zoo.preprocessing import Preprocessing

LIBRARIES = (
    *("zoo", "torchvision", "timm", "keras", "bvlc", "akamaster"),
    "efficientnet_lite_pytorch",
)


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
        lrn: `k` and `alpha` of local response normalization; alpha is not
            divided by the number of channels.
        mean: Of R, G and B in units of 0…255, where weights of this origin
            that say nothing themselves expect another than the variant's.
        std: Likewise.
    """

    name: str = "zoo"
    models: str = "*"
    padding: str | None = None
    epsilon: float | None = None
    stride_at: str | None = None
    stem_bias: bool = False
    pool_border: str | None = None
    lrn: tuple[float, float] | None = None
    mean: tuple[float, float, float] | None = None
    std: tuple[float, float, float] | None = None

    @property
    def library(self) -> str:
        return self.name.partition("/")[0]

    def builds_like(self, other: "Origin") -> bool:
        """Whether weights of both fit the same network."""
        return self._network == other._network

    @property
    def _network(self) -> "Origin":
        """What of it decides how the network is built."""
        return dataclasses.replace(
            self, name="", models="", mean=None, std=None
        )

    def scale(self, own: Preprocessing) -> Preprocessing:
        """Returns the variant's record with this origin's mean and std."""
        if self.mean is None or self.std is None:
            return own
        return dataclasses.replace(own, mean=self.mean, std=self.std)


OWN = Origin()


class _Built(TypedDict, total=False):
    padding: str
    epsilon: float


_SYMMETRIC: _Built = {"padding": "symmetric"}
# As PyTorch's layers are by default.
_TORCH: _Built = {"padding": "symmetric", "epsilon": 1e-5}

# The first row whose name and pattern fit counts.
ORIGINS: tuple[Origin, ...] = (
    *(
        Origin(library, f"resnet{depth}")
        for library in ("torchvision", "timm")
        for depth in (18, 34, 50, 101, 152)
    ),
    *(
        Origin(library, models)
        for library in ("torchvision", "timm")
        for models in ("resnext*", "wide_resnet*")
    ),
    Origin("timm", "resnet*_d"),
    Origin("timm", "resnet*_v2", **PLUS_MINUS_ONE),
    Origin("keras", "resnet*_v1", epsilon=1.001e-5, **CAFFE),
    Origin(
        "keras",
        "resnet*_v2",
        epsilon=1.001e-5,
        stride_at="last",
        stem_bias=True,
        pool_border="zero",
        **PLUS_MINUS_ONE,
    ),
    *(
        Origin("akamaster", f"resnet{depth}", **IMAGENET)
        for depth in (20, 32, 44, 56, 110)
    ),
    Origin("torchvision", "alexnet_owt"),
    # Caffe divides alpha by the five channels, and k is 1.
    Origin("bvlc", "alexnet", lrn=(1.0, 2e-5), **CAFFE),
    Origin("torchvision", "efficientnet_b[0-4]", **_TORCH),
    Origin("torchvision", "efficientnet_b[5-7]", **_SYMMETRIC),
    Origin("timm", "efficientnet_b[0-7]", **_TORCH),
    Origin("timm/tf", "efficientnet_b[0-7]"),
    Origin("keras", "efficientnet_b[0-7]"),
    Origin("timm", "efficientnet_lite[0-4]", **_TORCH, **IMAGENET),
    Origin("timm/tf", "efficientnet_lite[0-4]", **PLUS_MINUS_ONE),
    Origin("efficientnet_lite_pytorch", "efficientnet_lite[0-4]"),
    Origin("torchvision", "efficientnetv2_[sm]", **_SYMMETRIC, **IMAGENET),
    Origin("torchvision", "efficientnetv2_l", **_SYMMETRIC, **PLUS_MINUS_ONE),
    Origin("timm/tf", "efficientnetv2_b[0-3]"),
    Origin("timm/tf", "efficientnetv2_[sml]", **PLUS_MINUS_ONE),
    Origin("keras", "efficientnetv2_*"),
    # small and large, not the minimal ones.
    Origin("torchvision", "mobilenetv3_?????", **_SYMMETRIC, **IMAGENET),
    Origin("timm", "mobilenetv3_?????", **_TORCH, **IMAGENET),
    Origin("timm/tf", "mobilenetv3_*"),
    Origin("keras", "mobilenetv3_*"),
    Origin("torchvision", "vit_b16", **IMAGENET),
    Origin("timm", "vit_*"),
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


def find_origin(name: str, variant: str) -> Origin:
    """Returns how `variant` is built for weights of the origin `name`.

    Args:
        name: As in the table, see `canonical`.
        variant: The model's name in the zoo.

    Raises:
        RequestError: That origin publishes nothing for this variant.
    """
    if name == OWN.name:
        return OWN
    known = origins_of(variant)
    if name in known:
        return known[name]
    raise RequestError(
        f"No weights of {name!r} are known for {variant!r}. "
        + (f"Known: {', '.join(known)}." if known else "It has no others.")
    )


def origins_of(variant: str) -> dict[str, Origin]:
    """Returns by name the origins that publish weights for a variant."""
    known: dict[str, Origin] = {}
    for row in ORIGINS:
        if fnmatch.fnmatchcase(variant, row.models):
            known.setdefault(row.name, row)
    return known
