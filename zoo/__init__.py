"""A zoo of image classifiers: pixels in, logits out.

```python
import numpy as np
import zoo

model = zoo.create_model("resnet20", classes=5)
logits = model(np.zeros((1, 32, 32, 3), "uint8"))
```

Importing it is quick and leaves Keras alone: what needs it is loaded when it
is first used. When Keras is imported, before or afterwards, the zoo's layers
are registered with it, so that a saved model loads with plain
`keras.models.load_model`.
"""

import importlib
from typing import TYPE_CHECKING

import wrapt

from zoo.importing import late_names
from zoo.registry import create_model
from zoo.registry import list_models
from zoo.registry import model_info

if TYPE_CHECKING:
    # For editors; Python itself asks `__getattr__`.
    from zoo import alexnet as alexnet
    from zoo import efficientnet as efficientnet
    from zoo import efficientnetv2 as efficientnetv2
    from zoo import layers as layers
    from zoo import mobilenetv3 as mobilenetv3
    from zoo import resnet as resnet
    from zoo import vit as vit
    from zoo.exporting import export
    from zoo.model_metadata import class_names
    from zoo.model_metadata import logit_scaling
    from zoo.model_metadata import origin
    from zoo.model_metadata import preprocessing
    from zoo.model_metadata import set_class_names
    from zoo.model_metadata import set_logit_scaling
    from zoo.model_metadata import set_thresholds
    from zoo.model_metadata import thresholds
    from zoo.predictions import decode_predictions
    from zoo.resizing import resized
    from zoo.splitting import split
    from zoo.stages import Stage
    from zoo.stages import stages
    from zoo.weights.files import save_weights
    from zoo.weights.fitting import LoadReport
    from zoo.weights.fitting import load_weights

__all__ = [
    "LoadReport",
    "Stage",
    "class_names",
    "create_model",
    "decode_predictions",
    "export",
    "list_models",
    "load_weights",
    "logit_scaling",
    "model_info",
    "origin",
    "preprocessing",
    "resized",
    "save_weights",
    "set_class_names",
    "set_logit_scaling",
    "set_thresholds",
    "split",
    "stages",
    "thresholds",
]

if not TYPE_CHECKING:
    # To a type checker every name would be there.
    # `stages` and `preprocessing` are modules that can be called.
    __getattr__ = late_names(
        __name__,
        {
            "LoadReport": "zoo.weights.fitting",
            "Stage": "zoo.stages",
            "class_names": "zoo.model_metadata",
            "decode_predictions": "zoo.predictions",
            "export": "zoo.exporting",
            "load_weights": "zoo.weights.fitting",
            "logit_scaling": "zoo.model_metadata",
            "origin": "zoo.model_metadata",
            "resized": "zoo.resizing",
            "save_weights": "zoo.weights.files",
            "set_class_names": "zoo.model_metadata",
            "set_logit_scaling": "zoo.model_metadata",
            "set_thresholds": "zoo.model_metadata",
            "split": "zoo.splitting",
            "thresholds": "zoo.model_metadata",
        },
    )


def __dir__():
    return sorted({*globals(), *__all__})


@wrapt.when_imported("keras")
def _register_layers(keras):
    importlib.import_module("zoo.layers")
