"""Where a model looks: a picture as it sees it, with Grad-CAM's map over it."""

import io
import threading

import numpy as np
from PIL import Image

from pipelines.evaluation.explanations.explaining import explain
from pipelines.evaluation.explanations.network import ExplainedNetwork
from pipelines.evaluation.explanations.pictures import overlay
from pipelines.evaluation.explanations.targets import Target
from zoo.errors import RequestError

_METHOD = "grad_cam"


class HeatMaps:
    """Draws maps of one model; of several threads one at a time.

    Args:
        model: A model of the zoo.

    Raises:
        RequestError: It has no stage whose maps could be drawn.

    Example:

    ```python
    import numpy as np
    import zoo
    from pipelines.serving.heat_maps import HeatMaps
    maps = HeatMaps(zoo.create_model("resnet20", weights="cifar10"))
    png = maps.drawn(np.zeros((32, 32, 3), "uint8"), label=3)
    assert png.startswith(b"\\x89PNG")
    ```
    """

    def __init__(self, model):
        self._network = ExplainedNetwork(model)
        self._lock = threading.Lock()

    def drawn(self, pixels: np.ndarray, label: int) -> bytes:
        """Returns a PNG of a picture with the heat of a class over it.

        Args:
            pixels: As the model sees it, uint8 (size, size, 3).
            label: The class.
        """
        target = Target(np.array([label]))
        with self._lock:
            maps = explain(self._network, pixels[np.newaxis], target, [_METHOD])
        file = io.BytesIO()
        Image.fromarray(overlay(pixels, maps[_METHOD][0])).save(file, "PNG")
        return file.getvalue()


def heat_maps_of(model) -> HeatMaps | None:
    """Returns what draws a model's maps; None where it has none."""
    try:
        return HeatMaps(model)
    except RequestError:
        return None
