"""Finding a learning rate: raise it step by step and watch the loss.

Smith, "Cyclical Learning Rates for Training Neural Networks", 2015, section
3.3, with the rate rising exponentially.
"""

import math

import numpy as np

from pipelines.devices.strategy import distribute
from pipelines.training.fine_tuning.rate_curve import RateCurve
from pipelines.training.fine_tuning.rate_curve import read_curve
from pipelines.training.schedules import scaled_rate
from pipelines.training.step import measures_of
from pipelines.waiting.work import work

# Of SGD.
LOWEST, HIGHEST = 1e-4, 10.0
STEPS = 80
# Of the past in the mean that says whether the loss is lost.
_PAST = 0.9
# The loss is lost when it is this many times its lowest.
_DIVERGED = 3.0


@work("looking for a learning rate")
def find_rate(
    trainer, train, *, model=None, scale: float = 1.0, steps: int = STEPS
) -> RateCurve:
    """Trains with rising rates, then puts everything back as it was.

    What learns is what the model has unfrozen.

    Args:
        trainer: Its model and its optimizer are used and restored.
        train: Batches to learn from.
        model: What learns from them; the trainer's own where None.
        scale: What the rates that are tried are multiplied by, for an
            optimizer that wants others than SGD.
        steps: How many there are at most; fewer where the loss diverges.

    Returns:
        The curve, with the rates that it speaks for.
    """
    weights = trainer.model.get_weights()
    changed = list(trainer.optimizer.variables)
    if trainer.average is not None:
        changed += trainer.average.variables
    state = [variable.numpy() for variable in changed]
    rates = np.geomspace(LOWEST * scale, HIGHEST * scale, steps)
    losses = _losses(trainer, train, rates, model)
    trainer.model.set_weights(weights)
    for variable, value in zip(changed, state, strict=True):
        variable.assign(value)
    return read_curve(rates[: len(losses)], losses)


def _losses(trainer, train, rates, model) -> list[float]:
    step = trainer.make_step(model, batch_size=train.batch_size)
    batches = iter(
        distribute(trainer.strategy, train.dataset, train.batch_size)
    )
    losses, average, lowest = [], 0.0, math.inf
    names = measures_of(trainer.task)
    for number, rate in enumerate(rates, start=1):
        trainer.optimizer.learning_rate = scaled_rate(rate, train.batch_size)
        found = dict(zip(names, step(*next(batches)).numpy(), strict=True))
        loss = float(found["loss"] / found["examples"])
        average = _PAST * average + (1 - _PAST) * loss
        mean = average / (1 - _PAST**number)
        if not math.isfinite(mean) or mean > _DIVERGED * min(lowest, mean):
            break
        lowest = min(lowest, mean)
        losses.append(loss)
    return losses
