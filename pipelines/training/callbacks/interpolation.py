"""Weights between those before the last phase and those after it (WiSE-FT).

Wortsman et al., "Robust Fine-tuning of Zero-shot Models", 2022, section 3: two
ends of a fine-tuning lie in one valley of the loss, and between them it is
often lower than at either. It costs no step.
"""

import keras
import numpy as np


class Interpolation(keras.callbacks.Callback):
    """Remembers the weights of a moment, and goes a part of the way from them.

    Of all weights, BatchNorm's statistics among them, which lie between as
    well.

    Args:
        part: Of the way that is kept, in 0…1; 1 is the end.

    Example:

    ```python
    import keras, numpy as np
    from pipelines.training.callbacks import Interpolation
    model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])
    way = Interpolation(0.5)
    way.begin(model)
    before = model.get_weights()[0].item()
    model.set_weights([np.ones((1, 1)), np.zeros(1)])
    way.take(model)
    assert abs(model.get_weights()[0].item() - (before + 1) / 2) < 1e-6
    ```
    """

    def __init__(self, part: float):
        super().__init__()
        self.part = part
        self._before: list[np.ndarray] = []

    def begin(self, model) -> None:
        """Remembers the weights, unless a state has brought some."""
        if not self._before:
            self._before = model.get_weights()

    def take(self, model) -> bool:
        """Gives a model the weights between.

        Args:
            model: Whose weights these are.

        Returns:
            Whether any were remembered; otherwise it has what it had.
        """
        if not self._before:
            return False
        ends = zip(self._before, model.get_weights(), strict=True)
        model.set_weights([_between(*pair, self.part) for pair in ends])
        return True

    def state(self) -> dict:
        return {f"{i:05d}": each for i, each in enumerate(self._before)}

    def restore(self, state: dict) -> None:
        self._before = [state[key] for key in sorted(state)]


def _between(before: np.ndarray, after: np.ndarray, part: float) -> np.ndarray:
    if not np.issubdtype(after.dtype, np.floating):
        # A state of random numbers has nothing between.
        return after
    return before + np.asarray(part, after.dtype) * (after - before)
