"""Drives the optimizer's learning rate from a pure schedule."""

import keras

from pipelines.training.schedules import CosineSchedule


class CosineRestarts(keras.callbacks.Callback):
    """Sets the rate before each step; warm-up and restarts are the schedule's.

    Args:
        schedule: A `CosineSchedule`, or any function from a step to a rate.
        first_step: The step that the schedule starts at.

    Example:

    ```python
    import keras
    from pipelines.training.callbacks import CosineRestarts
    from pipelines.training.schedules import CosineSchedule
    model = keras.Sequential([keras.layers.Dense(1)])
    model.compile("sgd")
    callback = CosineRestarts(CosineSchedule(0.5, first_cycle=10))
    callback.set_model(model)
    callback.on_train_batch_begin(0)
    assert float(model.optimizer.learning_rate) == 0.5
    ```
    """

    def __init__(self, schedule: CosineSchedule, first_step: int = 0):
        super().__init__()
        self.schedule = schedule
        self.step = first_step

    def on_train_batch_begin(self, batch, logs=None):
        self.model.optimizer.learning_rate = self.schedule(self.step)
        self.step += 1
