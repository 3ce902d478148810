"""The few layers that Keras lacks, backend-neutral and serialisable.

Each is registered under the package `zoo`, so that a saved model loads with
plain `keras.models.load_model` once `zoo` has been imported.
"""

from zoo.layers.channels import SplitChannels
from zoo.layers.channels import SubsampleAndPadChannels
from zoo.layers.drop_path import DropPath
from zoo.layers.grouped import GroupedConv2D
from zoo.layers.logits import Logits
from zoo.layers.logits import NamedClasses
from zoo.layers.mean_logits import MeanLogits
from zoo.layers.normalization import LocalResponseNormalization
from zoo.layers.pooling import InnerAveragePooling2D
from zoo.layers.pooling import PaddedMaxPooling2D
from zoo.layers.scaling import PixelScaling
from zoo.layers.tokens import ClassToken
from zoo.layers.tokens import PatchTokens
from zoo.layers.tokens import SelfAttention
from zoo.layers.windows import MiddleWindow

__all__ = [
    "ClassToken",
    "DropPath",
    "GroupedConv2D",
    "InnerAveragePooling2D",
    "LocalResponseNormalization",
    "Logits",
    "MeanLogits",
    "MiddleWindow",
    "NamedClasses",
    "PaddedMaxPooling2D",
    "PatchTokens",
    "PixelScaling",
    "SelfAttention",
    "SplitChannels",
    "SubsampleAndPadChannels",
]
