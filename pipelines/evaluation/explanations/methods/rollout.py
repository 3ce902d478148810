"""How attention flows from the pixels to the class token."""

import numpy as np

from pipelines.evaluation.explanations.glances import Glance


def attention_rollout(glance: Glance) -> np.ndarray:
    """The share that each patch has in the class token, whatever is asked.

    Abnar and Zuidema, "Quantifying Attention Flow in Transformers", 2020,
    equation 1: the mean of the heads, half of it kept for what goes past each
    block, multiplied from block to block.

    Returns:
        `(pictures, height, width)` of patches; with the class token's own
            share they add up to 1.

    Raises:
        RequestError: The network has no attention.
    """
    blocks = glance.network.attention(glance.pixels)
    own = np.eye(blocks.shape[-1], dtype=blocks.dtype)
    flow = own
    for number in range(blocks.shape[1]):
        flow = (blocks[:, number] + own) / 2 @ flow
    patches = flow[:, :1, 1:]
    return patches.reshape(len(patches), *glance.network.stage.grid)
