"""The grid pointing game: whether heat falls where the class is.

Böhle et al., "Convolutional Dynamic Alignment Networks for Interpretable
Classifications", 2021, with two pictures: they stand side by side, and the heat
of the class of one must fall on it.
"""

import numpy as np

import zoo
from pipelines.evaluation.explanations.enlarging import heat
from pipelines.evaluation.explanations.explaining import explain
from pipelines.evaluation.explanations.network import ExplainedNetwork
from pipelines.evaluation.explanations.targets import Target
from zoo.errors import RequestError


def pairs(classes: np.ndarray, seed: int = 0) -> list[tuple[int, int]]:
    """Returns two pictures of different classes each, every one once at most.

    Args:
        classes: int `(pictures,)`.
        seed: Of which are put together.

    Example:

    ```python
    from pipelines.evaluation.explanations.faithfulness.pointing import pairs
    assert sorted(pairs([5, 5, 8])[0]) in ([0, 2], [1, 2])
    ```
    """
    left = np.random.default_rng(seed).permutation(len(classes)).tolist()
    found = []
    while left:
        # The most frequent class first, or others would be used up by others.
        counts = {place: 0 for place in left}
        for place in left:
            counts[place] = sum(classes[place] == classes[i] for i in left)
        first = max(left, key=counts.get)
        others = [i for i in left if classes[i] != classes[first]]
        if not others:
            break
        second = max(others, key=counts.get)
        found.append((first, second))
        left = [i for i in left if i not in (first, second)]
    return found


def pointing_game(
    network: ExplainedNetwork,
    pixels: np.ndarray,
    target: Target,
    methods: tuple[str, ...],
    seed: int = 0,
) -> dict[str, np.ndarray]:
    """Plays with pictures of different classes, each pair from both sides.

    A network that fits one size only sees the middle half of each picture.

    Args:
        network: Which is asked.
        pixels: `(pictures, height, width, 3)`, 0…255.
        target: Their classes.
        methods: Which draw the maps.
        seed: Of which pictures are put together, and of methods.

    Returns:
        By the method's name `(2 * pairs,)`: the part of the heat, in 0…1,
            that falls on the picture whose class was asked for; half where
            there is no heat at all. Empty where all classes are one.
    """
    together = np.array(pairs(target.classes, seed), int).reshape(-1, 2)
    if not len(together):
        return {name: np.empty(0) for name in methods}
    wide, pixels = _wide(network, pixels)
    shown = np.concatenate([pixels[together[:, 0]], pixels[together[:, 1]]], 2)
    asked = Target(target.classes[together].T.ravel(), several=target.several)
    maps = explain(wide, np.concatenate([shown] * 2), asked, methods, seed)
    count, sides = len(together), shown.shape[1:3]
    found = {}
    for name, drawn in maps.items():
        hot = heat(drawn, sides).astype("float64")
        total = hot.sum(axis=(1, 2))
        at_left = hot[:, :, : sides[1] // 2].sum(axis=(1, 2))
        share = np.full(len(hot), 0.5)
        np.divide(at_left, total, out=share, where=total > 0)
        share[count:] = 1 - share[count:]
        found[name] = share
    return found


def _wide(network: ExplainedNetwork, pixels: np.ndarray):
    """A network for two pictures, and the part of each that it is shown."""
    _, height, width, channels = pixels.shape
    try:
        model = zoo.resized(network.model, (height, 2 * width, channels))
    except RequestError:
        edge = width // 4
        return network, pixels[:, :, edge : edge + width // 2]
    return ExplainedNetwork(model, network.stage.name), pixels
