"""Maps of pictures, by any of the methods."""

from collections.abc import Sequence

import numpy as np

from pipelines.evaluation.explanations.glances import Glance
from pipelines.evaluation.explanations.methods.table import METHODS
from pipelines.evaluation.explanations.names import NAMES
from pipelines.evaluation.explanations.network import ExplainedNetwork
from pipelines.evaluation.explanations.targets import Target
from pipelines.waiting.work import work


def explain(
    network: ExplainedNetwork,
    pixels: np.ndarray,
    target: Target,
    methods: Sequence[str] = ("grad_cam",),
    seed: int = 0,
) -> dict[str, np.ndarray]:
    """Draws maps of pictures, a batch at a time.

    Args:
        network: Which is asked.
        pixels: `(pictures, height, width, 3)`, RGB, 0…255, uint8 or float.
        target: What is asked.
        methods: Names out of `pipelines.evaluation.explanations.names`.
        seed: Of what a method draws by chance.

    Returns:
        By the method's name float32 `(pictures, map height, map width)`: as
            large as the stage's maps or as the pictures. What speaks for what
            is asked is positive; `enlarging.heat` makes it an overlay.

    Raises:
        RequestError: The network has nothing for one of the methods.

    Example:

    ```python
    import numpy as np, zoo
    from pipelines.evaluation.explanations.explaining import explain
    from pipelines.evaluation.explanations.network import ExplainedNetwork
    from pipelines.evaluation.explanations.targets import Target
    network = ExplainedNetwork(zoo.create_model("resnet20"))
    cat = Target(np.array([3]))
    maps = explain(network, np.zeros((1, 32, 32, 3), "uint8"), cat)
    assert maps["grad_cam"].shape == (1, 8, 8)
    ```
    """
    size = network.batch_size(pixels)
    parts: dict[str, list] = {name: [] for name in methods}
    for start in range(0, len(pixels), size):
        some = slice(start, start + size)
        # Another seed a batch: no two pictures have the same random map.
        glance = Glance(network, pixels[some], target[some], seed + start)
        for name in methods:
            with work(f"drawing {NAMES[name].title}", "view"):
                parts[name].append(METHODS[name](glance).astype("float32"))
    return {name: np.concatenate(maps) for name, maps in parts.items()}
