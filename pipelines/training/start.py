"""What a run starts from where nobody has said it: by device and pictures."""

import dataclasses
import socket
import urllib.parse

import numpy as np

from zoo.errors import RequestError
from zoo.weights import find_source
from zoo.weights.downloading import place
from zoo.weights.sources import best_of
from zoo.weights.sources import weights_of

# Pictures of this shorter side, in pixels, show no more than CIFAR's do.
SMALL = 48
_REACH_SECONDS = 3


@dataclasses.dataclass(frozen=True)
class Start:
    """A network and the weights it starts with."""

    model: str
    weights: str

    @property
    def address(self) -> str:
        """Where the weights are fetched from."""
        return find_source(self.model, self.weights).address

    def fetch(self) -> bool:
        """Fetches the weights, and says whether they are here now."""
        if self == AT_HAND:
            return True
        source = find_source(self.model, self.weights)
        try:
            if not place(source.address).exists():
                _reach(source.address)
            source.fetch()
        except (OSError, RequestError):
            return False
        return True


ON_GPU = Start("resnet50", "imagenet")
# A nineteenth of ResNet-50's multiply-adds (see `zoo.cards`); as published,
# these weights reach 75.6 % top-1 on ImageNet and those above 80.9 %.
ON_CPU = Start("mobilenetv3_large", "imagenet")
# Comes with the package.
AT_HAND = Start("resnet20", "cifar10")


def first_choice(sides: np.ndarray, *, gpu: bool) -> Start:
    """Returns what suits pictures and device, could everything be had.

    Args:
        sides: The shorter side of every picture, in pixels.
        gpu: Whether there is one to compute on.
    """
    if np.median(sides) <= SMALL:
        return AT_HAND
    return ON_GPU if gpu else ON_CPU


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
