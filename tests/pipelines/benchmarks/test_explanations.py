"""The measurement of maps, on a network and pictures that are tiny."""

import numpy as np
import pytest
from PIL import Image

from pipelines.benchmarks import explanations
from zoo.resnet import ResNet
from zoo.resnet import ResNetSpec


@pytest.fixture
def home(tmp_path):
    """Pictures of two colours, and a network that tells them apart."""
    random = np.random.default_rng(0)
    colours = {"blue": (40, 60, 200), "red": (200, 50, 40)}
    for name, colour in colours.items():
        for number in range(6):
            pixels = colour + random.normal(0, 25, (16, 16, 3))
            path = tmp_path / "photos" / "val" / name / f"{number}.png"
            path.parent.mkdir(parents=True, exist_ok=True)
            clipped = np.clip(pixels, 0, 255).astype("uint8")
            Image.fromarray(clipped).save(path)
            other = tmp_path / "photos" / "train" / name / f"{number}.png"
            other.parent.mkdir(parents=True, exist_ok=True)
            Image.fromarray(255 - clipped).save(other)
    spec = ResNetSpec(
        "tiny",
        repeats=(1,),
        bottleneck=False,
        stem="cifar",
        shortcut="pad",
        widths=(8,),
        image_size=16,
        classes=2,
    )
    model = ResNet(spec)
    # Of colours it sees what is red and what is blue, and nothing else.
    for layer in model.layers:
        for weight in layer.weights:
            if len(weight.shape) == 4:
                weight.assign(np.zeros(weight.shape, "float32"))
    kernel = np.zeros((3, 3, 3, 8), "float32")
    kernel[1, 1, 0, 0] = kernel[1, 1, 2, 1] = 1
    model.get_layer("stem_conv").kernel.assign(kernel)
    dense = np.zeros((8, 2), "float32")
    dense[0, 1] = dense[1, 0] = 5
    head = model.get_layer("head_logits")
    head.kernel.assign(dense)
    head.class_names = ("blue", "red")
    model.save(tmp_path / "model.keras")
    return tmp_path


def test_the_rows_of_a_measurement(home, monkeypatch):
    monkeypatch.setattr(explanations, "BATCH", 4)
    said = []
    found = explanations.benchmark_explanations(
        str(home / "model.keras"),
        None,
        str(home / "photos"),
        methods=("grad_cam", "random"),
        rounds=1,
        say=said.append,
    )
    assert found["pictures"] == 12 and found["passes"] > 0
    assert set(found["hottest"]) == {"imputed", "grey"}
    grad_cam, random = found["methods"]
    assert grad_cam["games"] == random["games"] == 12
    # Red is where red is.
    assert grad_cam["pointing"] > 0.95
    assert abs(random["pointing"] - 0.5) < 0.1
    assert len(said) == 6


def test_blocks_are_squares_by_chance():
    picture = np.zeros((24, 32, 3), "uint8")
    blocks = explanations._blocks(picture, np.random.default_rng(0))
    assert blocks.shape == (24, 32) and len(np.unique(blocks)) == 64
    assert (blocks[:3, :4] == blocks[0, 0]).all()
