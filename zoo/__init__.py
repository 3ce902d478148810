"""A zoo of image classifiers: pixels in, logits out.

```python
import numpy as np
import zoo

model = zoo.create_model("resnet20", classes=5)
logits = model(np.zeros((1, 32, 32, 3), "uint8"))
```

Importing it registers its layers with Keras, so that a saved model loads
with plain `keras.models.load_model`.
"""

from zoo.predictions import decode_predictions
from zoo.registry import create_model
from zoo.registry import list_models
from zoo.registry import model_info
from zoo.stages import Stage
from zoo.stages import stages
from zoo.weights import LoadReport
from zoo.weights import load_weights
from zoo.weights import save_weights

try:
    from zoo.model_metadata import class_names
    from zoo.model_metadata import origin
    from zoo.model_metadata import preprocessing
    from zoo.model_metadata import set_class_names
    from zoo.resizing import resized
    from zoo.splitting import split
except ModuleNotFoundError as error:
    # Tables and planning work where no backend of Keras is installed; only
    # what builds a model needs one, and says so itself.
    missing = (error.name or "").partition(".")[0]
    if missing not in ("keras", "tensorflow", "jax", "torch"):
        raise

__all__ = [
    "LoadReport",
    "Stage",
    "class_names",
    "create_model",
    "decode_predictions",
    "list_models",
    "load_weights",
    "model_info",
    "origin",
    "preprocessing",
    "resized",
    "save_weights",
    "set_class_names",
    "split",
    "stages",
]
