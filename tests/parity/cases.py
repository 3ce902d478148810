"""Which network of ours is compared with which of another library."""

import dataclasses
import fnmatch

# The usual number of classes says nothing that fewer do not say.
CLASSES = 10
SEED = 6


@dataclasses.dataclass(frozen=True)
class Case:
    """One comparison.

    Args:
        model: Our name.
        origin: As `origin=` takes it.
        theirs: Their name. For `"keras"` the module of keras.applications
            and the function; for what no library has, see `references`.
        side: Of the pictures, in pixels.
        always: Whether it belongs to the tests that run by default.
        gain: What gammas are multiplied by: more than 1 where activations and
            gates would fade the pictures out of the logits of a deep network.
        pixel_scale: What the first kernel is divided by: about as large as
            pixels are where no deviation divides them, or else the biases
            that follow would be nothing beside them.
    """

    model: str
    origin: str
    theirs: str
    side: int = 96
    always: bool = False
    gain: float = 1.0
    pixel_scale: float = 1.0

    @property
    def name(self) -> str:
        return f"{self.model}-{self.origin.replace('/', '_')}"


_DEPTHS = (18, 34, 50, 101, 152)
_GROUPED = ("torchvision", "resnext50_32x4d")

# TensorFlow's padding is another for each map that is even; of 96 pixels all
# maps but the last are, of 100 (50, 25, 13, 7) two.
_EVEN, _MIXED = 96, 100
# timm's own choice for this one scales pixels in another way.
_TIMM_TAGS = {1: ".ft_in1k"}
# More, and rounding errors of float32 grow as well, in their network too.
_GAINS = (1.5, 1.42, 1.4, 1.35, 1.3, 1.3, 1.27, 1.24)
_EFFICIENTNETS = tuple(
    Case(name, origin, theirs, side, size == 0, gain)
    for size, gain in enumerate(_GAINS)
    for name in [f"efficientnet_b{size}"]
    for origin, theirs, side in (
        ("torchvision", name, _EVEN),
        ("timm", name + _TIMM_TAGS.get(size, ""), _MIXED),
        ("timm/tf", f"tf_{name}", _EVEN),
        ("keras", f"efficientnet.EfficientNetB{size}", _MIXED),
    )
)
_LITES = tuple(
    Case(name, origin, theirs, side, size == 0, 1.4)
    for size in range(5)
    for name in [f"efficientnet_lite{size}"]
    for origin, theirs, side in (
        ("timm", name, _MIXED),
        ("timm/tf", f"tf_{name}", _EVEN),
        ("efficientnet_lite_pytorch", f"efficientnet-lite{size}", _MIXED),
    )
)
_V2_GAINS = {
    **dict.fromkeys(("b0", "b1", "b2"), 1.3),
    "b3": 1.25,
    "s": 1.16,
    "m": 1.12,
    "l": 1.1,
}
_EFFICIENTNETS_V2 = tuple(
    Case(name, origin, theirs, side, size == "b0", gain)
    for size, gain in _V2_GAINS.items()
    for name in [f"efficientnetv2_{size}"]
    for origin, theirs, side in (
        ("torchvision", f"efficientnet_v2_{size}", _EVEN),
        ("timm/tf", f"tf_{name}{'.in1k' * (size == 'b3')}", _MIXED),
        ("keras", f"efficientnet_v2.EfficientNetV2{size.upper()}", _EVEN),
    )
    if origin != "torchvision" or "b" not in size
)
_MOBILENETS = tuple(
    Case(name, origin, theirs, side, always, 1.4)
    for size in ("small", "large")
    for name in [f"mobilenetv3_{size}"]
    for origin, theirs, side, always in (
        ("torchvision", f"mobilenet_v3_{size}", _MIXED, size == "small"),
        ("timm", f"{name}_100", _EVEN, size == "small"),
        ("timm/tf", f"tf_{name}_100", _MIXED, False),
        ("keras", f"mobilenet_v3.MobileNetV3{size.title()}", _EVEN, True),
    )
)
_MINIMAL = tuple(
    Case(name, origin, theirs, side, (origin, size) == ("keras", "small"), 1.4)
    for size in ("small", "large")
    for name in [f"mobilenetv3_{size}_minimal"]
    for origin, theirs, side in (
        ("timm/tf", f"tf_{name}_100", _MIXED),
        ("keras", f"mobilenet_v3.MobileNetV3{size.title()}", _EVEN),
    )
)

CASES: tuple[Case, ...] = (
    Case("alexnet", "bvlc", "alexnet", 227, always=True, pixel_scale=4.0),
    Case("alexnet_owt", "torchvision", "alexnet", 224),
    *(
        Case(
            f"resnet{depth}",
            library,
            f"resnet{depth}",
            always=(library, depth) == ("torchvision", 50),
        )
        for library in ("torchvision", "timm")
        for depth in _DEPTHS
    ),
    *(
        Case(name, library, name, always=(library, name) == _GROUPED)
        for library in ("torchvision", "timm")
        for name in (
            "resnext50_32x4d",
            "resnext101_32x8d",
            "resnext101_64x4d",
            "wide_resnet50_2",
            "wide_resnet101_2",
        )
    ),
    *(
        Case(f"resnet{depth}_d", "timm", f"resnet{depth}d", always=depth == 18)
        for depth in _DEPTHS
    ),
    *(
        Case(
            f"resnet{depth}_v2", "timm", f"resnetv2_{depth}", always=depth == 18
        )
        for depth in _DEPTHS
    ),
    *(
        Case(
            f"resnet{depth}",
            "akamaster",
            f"resnet{depth}",
            32,
            always=depth == 20,
        )
        for depth in (20, 32, 44, 56, 110)
    ),
    *(
        Case(
            f"resnet{depth}_{form}",
            "keras",
            f"{module}.ResNet{depth}{suffix}",
            always=depth == 50,
            pixel_scale=pixel_scale,
        )
        for form, module, suffix, pixel_scale in (
            ("v1", "resnet", "", 64.0),
            ("v2", "resnet_v2", "V2", 1.0),
        )
        for depth in (50, 101, 152)
    ),
    *_EFFICIENTNETS,
    *_LITES,
    *_EFFICIENTNETS_V2,
    *_MOBILENETS,
    *_MINIMAL,
    Case("vit_s16", "timm", "vit_small_patch16_224", 224, always=True),
    Case("vit_b16", "timm", "vit_base_patch16_224", 224),
    Case("vit_b16", "torchvision", "vit_b_16", 224),
)


def find_cases(patterns: str) -> list[Case]:
    """Returns the cases that fit.

    Args:
        patterns: Shell patterns of our names, with commas in between; or of
            the origin as well, such as `timm:resnet50*`.
    """
    wanted = patterns.split(",")
    return [
        case
        for case in CASES
        if any(
            fnmatch.fnmatchcase(f"{case.origin}:{case.model}", pattern)
            or fnmatch.fnmatchcase(case.model, pattern)
            for pattern in wanted
        )
    ]
