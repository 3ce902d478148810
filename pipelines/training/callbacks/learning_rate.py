"""Drives the optimizer's learning rate from a pure schedule."""

from collections.abc import Callable

import keras


class ScheduledRate(keras.callbacks.Callback):
    """Sets the rate before each step, whatever its schedule is.

    Args:
        schedule: Given the number of a step, counted from 0, returns its
            rate: a `pipelines.training.schedules.Schedule` or any function.
        first_step: The step that the schedule starts at.

    Example:

    ```python
    import keras
    from pipelines.training.callbacks import ScheduledRate
    from pipelines.training.schedules import StepSchedule
    model = keras.Sequential([keras.layers.Dense(1)])
    model.compile("sgd")
    callback = ScheduledRate(StepSchedule(0.5, milestones=(10,)), 9)
    callback.set_model(model)
    callback.on_train_batch_begin(0)
    assert float(model.optimizer.learning_rate) == 0.5
    ```
    """

    def __init__(self, schedule: Callable[[int], float], first_step: int = 0):
        super().__init__()
        self.schedule = schedule
        self.step = first_step

    def on_train_batch_begin(self, batch, logs=None):
        self.model.optimizer.learning_rate = self.schedule(self.step)
        self.step += 1
