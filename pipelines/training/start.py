"""What a run starts from where nobody has said it: by device and pictures."""

import dataclasses
import socket
import urllib.parse

import numpy as np
import tensorflow as tf

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


ON_GPU = Start("resnet50", "imagenet")
# A nineteenth of ResNet-50's multiply-adds (see `zoo.cards`); as published,
# these weights reach 75.6 % top-1 on ImageNet and those above 80.9 %.
ON_CPU = Start("mobilenetv3_large", "imagenet")
# Comes with the package.
AT_HAND = Start("resnet20", "cifar10")


def choose_start(sides: np.ndarray, say=print) -> Start:
    """Chooses a network for pictures that nobody has named one for.

    Args:
        sides: The shorter side of every picture, in pixels.
        say: Told where the first choice cannot be had.
    """
    if np.median(sides) <= SMALL:
        return AT_HAND
    start = ON_GPU if tf.config.list_physical_devices("GPU") else ON_CPU
    source = find_source(start.model, start.weights)
    try:
        if not place(source.address).exists():
            _reach(source.address)
        source.fetch()
    except (OSError, RequestError):
        say(
            f"the weights {source.name!r} of {start.model} are not here and "
            f"cannot be fetched from {source.address}; {AT_HAND.model} with "
            f"{AT_HAND.weights!r}, which come with the package, instead"
        )
        return AT_HAND
    return start


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
