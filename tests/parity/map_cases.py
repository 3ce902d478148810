"""Which maps of ours are compared with those of grad-cam and captum."""

import dataclasses

# Of each of the two pictures, the class that is asked for.
CLASSES_ASKED = (3, 7)
# How many windows of occlusion lie side by side, without overlap.
WINDOWS = 4


@dataclasses.dataclass(frozen=True)
class MapCase:
    """A network whose maps are compared.

    Args:
        model: Our name, and torchvision's.
        origin: As `origin=` takes it.
        side: Of the pictures, in pixels.
        stage: Ours.
        layer: Theirs that it ends with.
        gain: As of `cases.Case`.
        every: Of maps as large as the picture, each so many-th pixel.
        left_out: Methods that would take minutes.
    """

    model: str
    origin: str
    side: int
    stage: str
    layer: str
    gain: float = 1.0
    every: int = 1
    left_out: tuple[str, ...] = ()


MAP_CASES = (
    MapCase("resnet20", "akamaster", 32, "stage3", "layer3"),
    MapCase("resnet18", "torchvision", 64, "stage2", "layer2", every=4),
    MapCase(
        "efficientnet_b0",
        "torchvision",
        64,
        "stage5",
        "features.5",
        gain=1.5,
        every=4,
    ),
)
