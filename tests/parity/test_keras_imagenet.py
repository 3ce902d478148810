"""Keras's EfficientNet as `weights="imagenet"` makes it, without the file.

That graph scales pixels once more than the one without weights, because the
file holds standard deviations where variances belong; see
`zoo.weights.translation.efficientnet.pixel_statistics`.
"""

import keras
import numpy as np
from cases import SEED
from random_tensors import random_pixels

import zoo
from zoo.preprocessing import imagenet

# With a head Keras takes none but 224 pixels.
_ARGUMENTS = {"include_top": False, "input_shape": (64, 64, 3)}
_MEAN, _STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)


def _publish(path):
    """Writes a file like `efficientnetb0_notop.h5`, of random weights."""
    network = keras.applications.EfficientNetB0(weights=None, **_ARGUMENTS)
    generator = np.random.default_rng(0)
    for layer in network.layers:
        if isinstance(layer, keras.layers.Normalization):
            layer.set_weights(list(map(np.float32, (_MEAN, _STD, 0))))
        elif isinstance(layer, keras.layers.BatchNormalization):
            size = layer.gamma.shape
            layer.set_weights(generator.uniform(0.5, 1.5, (4, *size)))
    network.save(path)


def test_the_file_of_imagenet_scales_pixels_as_keras_does(
    tmp_path, monkeypatch, compare
):
    path = tmp_path / "efficientnetb0_notop.h5"
    _publish(path)
    monkeypatch.setattr(
        "keras.src.applications.efficientnet.file_utils.get_file",
        lambda *_, **__: str(path),
    )
    theirs = keras.applications.EfficientNetB0(weights="imagenet", **_ARGUMENTS)
    pixels = random_pixels(64, SEED)
    ours = zoo.create_model("efficientnet_b0", weights=path, **_ARGUMENTS)
    known = zoo.preprocessing(ours)
    np.testing.assert_allclose(known.mean, imagenet().mean, rtol=1e-6)
    np.testing.assert_allclose(known.std, imagenet().std, rtol=1e-6)
    row = {"model": ours.name, "origin": "keras", "side": 64}
    row |= {"version": keras.__version__, "logits": theirs(1.0 * pixels)}
    compare(ours, row, ".h5 of imagenet")
