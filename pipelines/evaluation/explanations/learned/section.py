"""What a page shows of a network itself: its kernels and its maps."""

import numpy as np

from pipelines.evaluation.explanations.learned.feature_maps import feature_maps
from pipelines.evaluation.explanations.learned.kernels import first_kernels
from pipelines.evaluation.explanations.pictures import as_uri

# Of a map, and of a kernel, in pixels of the page.
_SIDE, _KERNEL = 96, 32
_COLUMNS = 16
_BORDER = 1


def learned_section(model, picture: np.ndarray, name: str) -> dict:
    """Returns what the page's template shows as `learned`.

    Args:
        model: A model of the zoo.
        picture: `(height, width, 3)`, RGB, 0…255, whose maps are shown.
        name: What it is called.
    """
    return {
        "name": name,
        "kernels": [
            {"count": len(part), "picture": as_uri(_sheet(part), 512)}
            for part in first_kernels(model)
        ],
        "stages": [
            {
                "name": stage,
                "maps": [
                    {"channel": channel, "picture": as_uri(pixels, _SIDE)}
                    for channel, pixels in maps
                ],
            }
            for stage, maps in feature_maps(model, picture).items()
        ],
    }


def _sheet(kernels: np.ndarray) -> np.ndarray:
    """All kernels side by side, each as large as it can be seen."""
    times = max(1, _KERNEL // kernels.shape[1])
    large = kernels.repeat(times, axis=1).repeat(times, axis=2)
    edges = (_BORDER, _BORDER)
    large = np.pad(large, ((0, 0), edges, edges, (0, 0)), constant_values=255)
    columns = min(_COLUMNS, len(large))
    missing = -len(large) % columns
    large = np.pad(
        large, ((0, missing), (0, 0), (0, 0), (0, 0)), constant_values=255
    )
    _, height, width, colours = large.shape
    rows = large.reshape(-1, columns, height, width, colours)
    return rows.swapaxes(1, 2).reshape(-1, columns * width, colours)
