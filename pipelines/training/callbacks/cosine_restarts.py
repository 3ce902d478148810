"""Cosine annealing with warm restarts, for any Keras `fit`."""

from pipelines.training.callbacks.learning_rate import ScheduledRate
from pipelines.training.schedules import CosineSchedule


class CosineRestarts(ScheduledRate):
    """Lowers the rate along a half-cosine, again and again, step by step.

    Loshchilov and Hutter, "SGDR: Stochastic Gradient Descent with Warm
    Restarts", 2016, section 3. It counts steps, not epochs, and goes on
    counting where `fit` is called again.

    Args:
        peak: The highest rate.
        first_cycle: Steps of the first cycle, warm-up not counted.
        period_multiplier: Each cycle is this many times as long as the one
            before, at least 1 (the paper's T_mult).
        height_multiplier: Each cycle's highest rate is this many times that
            of the one before, in (0, 1].
        floor: The rate that every cycle comes down to.
        warmup: Steps before the first cycle in which the rate rises to
            `peak`.
        first_step: Steps that have been taken before.

    Raises:
        RequestError: A value is out of its range.

    Example:

    ```python
    import keras, numpy as np
    from pipelines.training.callbacks import CosineRestarts
    model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])
    model.compile("sgd", "mse")
    restarts = CosineRestarts(0.1, first_cycle=4, period_multiplier=2)
    model.fit(np.ones((8, 1)), np.ones(8), batch_size=2, verbose=0,
              callbacks=[restarts])
    # The last of four steps: three quarters of the cycle were over.
    rate = 0.1 * (1 + np.cos(np.pi * 3 / 4)) / 2
    assert abs(float(model.optimizer.learning_rate) - rate) < 1e-6
    ```
    """

    def __init__(
        self,
        peak: float,
        first_cycle: int,
        *,
        period_multiplier: float = 1.0,
        height_multiplier: float = 1.0,
        floor: float = 0.0,
        warmup: int = 0,
        first_step: int = 0,
    ):
        schedule = CosineSchedule(
            peak,
            first_cycle,
            period_multiplier,
            height_multiplier,
            floor,
            warmup=warmup,
        )
        super().__init__(schedule, first_step)
