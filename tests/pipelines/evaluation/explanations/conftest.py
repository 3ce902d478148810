"""Tiny networks with random weights, and pictures, to explain."""

import keras
import numpy as np
import pytest

from pipelines.evaluation.explanations.network import ExplainedNetwork
from pipelines.evaluation.explanations.targets import Target
from zoo.resnet import ResNet
from zoo.resnet import ResNetSpec
from zoo.vit import ViT
from zoo.vit import ViTSpec

NAMES = ("ant", "bee", "fly")


@pytest.fixture(scope="session")
def convolutional():
    """Convolutions, global pooling and one dense layer."""
    keras.utils.set_random_seed(1)
    spec = ResNetSpec(
        "tiny",
        repeats=(1, 1),
        bottleneck=False,
        stem="cifar",
        shortcut="pad",
        widths=(8, 16),
        image_size=16,
        classes=3,
    )
    model = ResNet(spec)
    random = np.random.default_rng(1)
    # Statistics and biases that a mistake would show in.
    for layer in model.layers:
        for weight in layer.weights:
            if len(weight.shape) == 1:
                values = random.uniform(0.5, 1.5, weight.shape)
                weight.assign(values.astype("float32"))
    head = model.get_layer("head_logits")
    head.class_names = NAMES
    # No class is the likeliest of all pictures.
    some = random.integers(0, 256, (60, 16, 16, 3), "uint8")
    head.bias.assign(head.bias - np.median(model(some), axis=0))
    return model


@pytest.fixture(scope="session")
def transformer():
    keras.utils.set_random_seed(2)
    spec = ViTSpec("tiny", channels=24, blocks=3, heads=2, patch_size=8)
    model = ViT(spec, classes=3, input_shape=(16, 24, 3))
    for weight in model.weights:
        if weight.path.endswith(("position_embeddings", "class_token")):
            value = np.random.default_rng(3).normal(0, 1, weight.shape)
            weight.assign(value.astype("float32"))
    return model


@pytest.fixture(scope="session")
def network(convolutional):
    return ExplainedNetwork(convolutional)


@pytest.fixture(scope="session")
def pixels():
    random = np.random.default_rng(4)
    return random.integers(0, 256, (3, 16, 16, 3), "uint8")


@pytest.fixture(scope="session")
def target():
    return Target(np.array([0, 2, 1]))
