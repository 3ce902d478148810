"""Which pretrained network is taken where nobody names one, at which size.

One rule for all that starts from ImageNet's or CIFAR-10's features: training,
the audit, files of features. The device and the pictures decide.
"""

import dataclasses
import socket
import urllib.parse

import numpy as np

import zoo
from zoo.errors import RequestError
from zoo.extras import installing
from zoo.weights import find_source
from zoo.weights.sources import best_of
from zoo.weights.sources import weights_of

# Pictures of this shorter side, in pixels, show no more than CIFAR's do.
SMALL = 48
# A network made for pictures up to this size has features of that scale;
# photos hold more, and twice the side shows it at four times the cost.
_SMALL_NETWORK = 64
# Below it EfficientNet-Lite0 has no map left to average.
_LEAST = 64
# Sizes that it halves without a rest are multiples of it. A step above the size
# that a network has learned at, crops of chance having shown it things larger
# there than they are in whole pictures (Touvron et al., "Fixing the train-test
# resolution discrepancy", 2019), is worth 0 to 0.9 points on halves of the
# pictures to learn from of four sets, of which two have 224 px only.
_STEP = 32
_REACH_SECONDS = 3


@dataclasses.dataclass(frozen=True)
class Devices:
    """What there is to compute on, and what can be had.

    Args:
        gpu: Whether there is a GPU.
        precision: The one that the device is quickest at.
        fetched: Whether the weights of the first choice of a network, where
            nobody names one, are here.
        lite: Whether those of EfficientNet-Lite0 are here, which is then the
            first choice of a CPU.
    """

    gpu: bool
    precision: str
    fetched: bool = True
    lite: bool = False


@dataclasses.dataclass(frozen=True)
class Start:
    """A network and the weights it starts with.

    Args:
        model: One of `zoo.list_models()`.
        weights: What it calls them.
        why: When it is chosen, in a few words.
    """

    model: str
    weights: str
    why: str = dataclasses.field(default="", compare=False)

    @property
    def address(self) -> str:
        """Where the weights are fetched from."""
        return find_source(self.model, self.weights).address

    @property
    def is_here(self) -> bool:
        """Whether no network is needed: shipped, installed or cached."""
        return find_source(self.model, self.weights).here is not None

    def fetch(self) -> bool:
        """Fetches the weights, and says whether they are here now."""
        if self == AT_HAND:
            return True
        source = find_source(self.model, self.weights)
        try:
            if source.here is None:
                _reach(source.address)
            source.fetch()
        except (OSError, RequestError):
            return False
        return True


ON_GPU = Start("resnet50", "imagenet", "for photos, with a GPU to compute on")
# A nineteenth of ResNet-50's multiply-adds (see `zoo.cards`); as published,
# these weights reach 75.6 % top-1 on ImageNet and those above 80.9 %.
ON_CPU = Start(
    "mobilenetv3_large", "imagenet", "for photos, with no GPU to compute on"
)
# What the extra `imagenet` brings.
LITE = Start(
    "efficientnet_lite0",
    "imagenet",
    "for photos, and its ImageNet weights are here",
)
# Comes with the package.
AT_HAND = Start("resnet20", "cifar10", f"most pictures have {SMALL} px or less")


def first_choice(sides: np.ndarray, *, gpu: bool, lite: bool = False) -> Start:
    """Returns what suits pictures and device, could everything be had.

    Args:
        sides: The shorter side of every picture, in pixels.
        gpu: Whether there is one to compute on.
        lite: Whether the weights of `LITE` are here.
    """
    if np.median(sides) <= SMALL:
        return AT_HAND
    if gpu:
        return ON_GPU
    return LITE if lite else ON_CPU


def ready_choice(sides: np.ndarray) -> Start:
    """Returns what suits pictures of what is here: no network is asked.

    Args:
        sides: The shorter side of every picture, in pixels.

    Example:

    ```python
    import numpy as np
    from pipelines.features.start import AT_HAND, LITE, ready_choice
    assert ready_choice(np.array([32, 32])) == AT_HAND
    assert ready_choice(np.array([300, 400])) in (AT_HAND, LITE)
    ```
    """
    start = first_choice(sides, gpu=False, lite=LITE.is_here)
    if start in (LITE, AT_HAND):
        return start
    why = (
        f"it comes with the package; better for photos is {LITE.model}, whose "
        f"weights {installing('imagenet')} brings"
    )
    return dataclasses.replace(AT_HAND, why=why)


@dataclasses.dataclass(frozen=True)
class FeatureSource:
    """The network that features come from.

    Args:
        model: A run's folder, a `.keras` file, or one of
            `zoo.list_models()`; chosen by the pictures where None.
        weights: Which ones, of a model given by name.
        image_size: The side of its input in pixels; the model's own where
            None.
        why: Why it was chosen; empty where somebody has named it.

    Raises:
        RequestError: Weights without a network.
    """

    model: str | None = None
    weights: str | None = None
    image_size: int | None = None
    why: str = dataclasses.field(default="", compare=False)

    def __post_init__(self):
        if self.weights is not None and self.model is None:
            raise RequestError(
                f"`weights={self.weights}` needs `model`, the name of their "
                "network."
            )

    @property
    def told(self) -> str:
        """What it is, in a few words."""
        words = str(self.model)
        if self.weights:
            words += f" ({self.weights})"
        if self.image_size:
            words += f" at {self.image_size} px"
        return words

    def settled(self, sides: np.ndarray) -> "FeatureSource":
        """Returns the network itself, where the pictures have to choose it.

        Args:
            sides: The shorter side of every picture, in pixels.

        Example:

        ```python
        import numpy as np
        from pipelines.features.start import FeatureSource
        source = FeatureSource().settled(np.full(9, 40))
        assert source.told == "resnet20 (cifar10) at 32 px"
        ```
        """
        if self.model is not None:
            return self
        start = ready_choice(sides)
        size, _ = suited_size(start.model, sides)
        return FeatureSource(start.model, start.weights, size, start.why)


def suited_size(model: str, sides: np.ndarray) -> tuple[int, str]:
    """Returns at which size a network shows most of pictures, and why.

    Args:
        model: One of `zoo.list_models()`.
        sides: The shorter side of every picture, in pixels.

    Returns:
        The size in pixels, and a few words.

    Example:

    ```python
    import numpy as np
    from pipelines.features.start import suited_size
    assert suited_size("efficientnet_lite0", np.full(9, 300))[0] == 256
    assert suited_size("efficientnet_lite0", np.full(9, 100))[0] == 96
    assert suited_size("resnet20", np.full(9, 300))[0] == 64
    ```
    """
    own = zoo.model_info(model).input_size
    middle = int(np.median(sides))
    if model == LITE.model and middle < own:
        size = max(_LEAST, middle // _STEP * _STEP)
        return size, f"half of the pictures have {middle} px or less"
    if model == LITE.model:
        why = f"networks judge best a little above the {own} px they learned at"
        return own + _STEP, why
    if own <= _SMALL_NETWORK and sides.min() >= 2 * own:
        why = f"twice what {model} was made for: pictures hold more"
        return 2 * own, why
    return own, f"what {model} was made for"


def usual_weights(model: str) -> str | None:
    """Returns the name of the weights a model starts with by itself."""
    if best_of(model):
        return "imagenet"
    return next((row.name for row in weights_of(model)), None)


def _reach(address: str) -> None:
    """Finds out soon, rather than by time-outs, that there is no network."""
    parts = urllib.parse.urlsplit(address)
    socket.create_connection(
        (parts.hostname, parts.port or 443), _REACH_SECONDS
    ).close()
