"""Five steps of AdamW, LAMB and LARS, as torch and timm take them.

The numbers are those of torch 2.13.0's AdamW and of timm 1.0.31's Lamb and
Lars in float64, at their own epsilons; a bias has no decay there.
"""

import keras
import numpy as np
import pytest

from pipelines.batches.augmentation import AUGMENTATIONS
from pipelines.batches.transforms.operations import LEVELS
from pipelines.runs.recipes import find_recipe
from pipelines.training.optimizers import LAMB
from pipelines.training.optimizers import LARS
from pipelines.training.optimizers import AdamW

_BUILD = {
    "adamw": lambda decay: AdamW(0.01, decay),
    "lamb": lambda decay: LAMB(0.01, decay),
    "lars": lambda decay: LARS(0.1, decay),
}
# The kernel, row by row, and the bias.
_REACHED = {
    ("adamw", 0.0): (
        *(-1.0235418, -0.6298983, -0.2274655, 0.1639133, 0.6282767, 1.0320432),
        *(0.4793343, -0.2453925),
    ),
    ("lamb", 0.0): (
        *(-1.0235413, -0.6298983, -0.2274655, 0.1639137, 0.6282767, 1.0320432),
        *(0.479358, -0.2453953),
    ),
    ("lars", 0.0): (
        *(-1.0314216, -0.9469742, -0.5418901, 0.1222011, 0.8930415, 1.4298515),
        *(0.4997709, -0.249714),
    ),
    ("adamw", 0.1): (
        *(-1.0185114, -0.6268292, -0.226397, 0.1630018, 0.6252105, 1.0269746),
        *(0.4793343, -0.2453925),
    ),
    ("lamb", 0.1): (
        *(-1.0273359, -0.6322149, -0.2315444, 0.1535439, 0.6298719, 1.0326179),
        *(0.479358, -0.2453953),
    ),
    ("lars", 0.1): (
        *(-0.9994343, -0.5998672, -0.2000432, 0.1997179, 0.5997431, 0.9998067),
        *(0.4997709, -0.249714),
    ),
}


@pytest.mark.parametrize(("name", "decay"), _REACHED)
def test_five_steps(name, decay):
    kernel = keras.Variable(np.linspace(-1, 1, 6).reshape(3, 2))
    bias = keras.Variable(np.array([0.5, -0.25]))
    optimizer = _BUILD[name](decay)
    for step in range(5):
        places = np.arange(6).reshape(3, 2)
        gradients = [
            np.sin(places * (step + 1) + step) * 10.0**-step,
            np.cos(np.arange(2) + step) * 1e-3,
        ]
        optimizer.apply(
            [keras.ops.cast(each, "float32") for each in gradients],
            [kernel, bias],
        )
    reached = np.concatenate([np.ravel(kernel), np.ravel(bias)])
    np.testing.assert_allclose(reached, _REACHED[name, decay], atol=1e-6)


def test_the_recipe_of_resnet_strikes_back():
    """Table 2: RandAugment 6 / 0.5, of 10."""
    settings = find_recipe("resnet_rsb_a3").settings
    (augment,) = AUGMENTATIONS[settings["augmentation"]].transforms
    assert augment.magnitude / LEVELS == 0.6 and augment.layers == 2
