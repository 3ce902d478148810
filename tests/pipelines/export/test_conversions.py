"""What a converter could get wrong, in every format that it writes."""

import dataclasses

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

import zoo
from pipelines.data.framing import middle
from pipelines.data.framing import resized
from pipelines.export.exporting import export_model
from pipelines.export.exporting import open_written
from pipelines.export.formats import PROGRAMS
from zoo import vit

pytestmark = [pytest.mark.filterwarnings("ignore"), pytest.mark.extras]


@pytest.mark.parametrize("format", PROGRAMS)
def test_a_transformer_with_its_gelu(format, tmp_path):
    """TensorFlow writes GELU by Erfc, which ONNX has not."""
    spec = vit.ViTSpec("vit", channels=24, blocks=2, heads=3, patch_size=8)
    model = vit.ViT(spec, input_shape=(32, 32, 3), classes=5)
    found = export_model(model, tmp_path / "net", format).check
    assert found["largest_error"] < 1e-4 and found["same_class"] == 1


@pytest.mark.parametrize("format", PROGRAMS)
def test_the_side_that_pillow_begins_with(format, tmp_path):
    record = dataclasses.replace(
        zoo.preprocessing(zoo.create_model("alexnet_cifar")),
        # Whose negative weights have much cut off between the sides.
        interpolation="bicubic",
        geometry="torchvision",
    )
    model = zoo.create_model("alexnet_cifar", preprocessing=record)
    assert zoo.preprocessing(model).rules.by_pillow
    export_model(model, tmp_path / "net", format)
    place = tmp_path / "net" / "alexnet_cifar" / "1"
    answer = open_written(PROGRAMS[format], place)
    generator = np.random.default_rng(0)
    black_or_white = np.array([0, 255], "uint8")
    for height, width in ((150, 40), (40, 150)):
        pixels = generator.choice(black_or_white, (height, width, 3))
        said = answer(pixels[np.newaxis])
        shown = middle(resized(tf.constant(pixels), record), record)
        expected = model(shown[np.newaxis]).numpy()
        other = model(_in_the_other_order(pixels, record)[np.newaxis]).numpy()
        apart = np.abs(said - expected).max()
        assert apart < 0.1 * np.abs(other - expected).max()


def _in_the_other_order(pixels, record):
    """With the columns first where Pillow begins with the rows."""
    height, width, _ = pixels.shape
    tall, wide, _ = resized(tf.constant(pixels), record).shape
    between = (wide, height) if height > 2 * width else (width, tall)
    image = Image.fromarray(pixels)
    for size in (between, (wide, tall)):
        image = image.resize(size, Image.Resampling.BICUBIC)
    return middle(tf.constant(np.asarray(image)), record)
