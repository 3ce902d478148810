"""Finding a learning rate: raise it step by step and watch the loss.

Smith, "Cyclical Learning Rates for Training Neural Networks", 2015, section
3.3, with the rate rising exponentially.
"""

import dataclasses
import math

import numpy as np

from pipelines.devices.strategy import distribute
from pipelines.tasks.task import Task
from pipelines.training.schedules import scaled_rate
from pipelines.training.step import measures_of
from zoo.weights.atomic import replacing

# Of SGD.
LOWEST, HIGHEST = 1e-4, 10.0
STEPS = 80
# Weight of the past in the smoothed loss.
_SMOOTHING = 0.9
# The loss is lost when it is this many times its lowest.
_DIVERGED = 3.0


@dataclasses.dataclass(frozen=True)
class RateCurve:
    """What the loss did while the rate rose.

    Args:
        rates: Learning rates, for a batch of 256.
        losses: Smoothed, in nats, one for each rate.
        best: Where the loss fell fastest.
    """

    rates: tuple[float, ...]
    losses: tuple[float, ...]
    best: float


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
        The curve and the rate at which the loss fell fastest.
    """
    weights = trainer.model.get_weights()
    state = [variable.numpy() for variable in trainer.optimizer.variables]
    rates = np.geomspace(LOWEST * scale, HIGHEST * scale, steps)
    losses = _losses(trainer, train, rates, model)
    trainer.model.set_weights(weights)
    for variable, value in zip(trainer.optimizer.variables, state, strict=True):
        variable.assign(value)
    rates = rates[: len(losses)]
    return RateCurve(tuple(rates), tuple(losses), steepest(rates, losses))


def _losses(trainer, train, rates, model) -> list[float]:
    step = trainer.make_step(model, batch_size=train.batch_size)
    batches = iter(
        distribute(trainer.strategy, train.dataset, train.batch_size)
    )
    losses, average, names = [], 0.0, measures_of(trainer.task)
    for number, rate in enumerate(rates, start=1):
        trainer.optimizer.learning_rate = scaled_rate(rate, train.batch_size)
        found = dict(zip(names, step(*next(batches)).numpy(), strict=True))
        new = (1 - _SMOOTHING) * found["loss"] / found["examples"]
        average = _SMOOTHING * average + new
        smooth = average / (1 - _SMOOTHING**number)
        if not math.isfinite(smooth) or smooth > _DIVERGED * min(
            losses, default=smooth
        ):
            break
        losses.append(float(smooth))
    return losses


def steepest(rates, losses) -> float:
    """Returns the rate at which the loss falls fastest, before its lowest.

    Args:
        rates: Rising, a geometric row.
        losses: One for each rate.

    Example:

    ```python
    import numpy as np
    from pipelines.training.fine_tuning.rate_finder import steepest
    rates = np.geomspace(1e-4, 10, 60)
    losses = 2 - np.tanh(np.log10(rates) + 1) + 20 * (rates > 3)
    assert 0.05 < steepest(rates, losses) < 0.2
    ```
    """
    rates, losses = np.asarray(rates), np.asarray(losses)
    lowest = int(losses.argmin())
    if lowest < 2:
        # It never fell: the lowest rate is already too much, or just right.
        return float(rates[0])
    slopes = np.gradient(losses[: lowest + 1])
    return float(rates[int(slopes.argmin())])


def draw_rates(curve: RateCurve, output, task: Task) -> None:
    """Draws loss over learning rate, with the one that was found.

    Args:
        curve: What to draw.
        output: The PNG to write.
        task: Whose loss it is.
    """
    from matplotlib import figure
    from matplotlib.backends import backend_agg

    sheet = figure.Figure(figsize=(7, 4), dpi=120, layout="constrained")
    backend_agg.FigureCanvasAgg(sheet)
    axes, (kind, unit) = sheet.subplots(), task.loss_words
    axes.semilogx(curve.rates, curve.losses)
    axes.axvline(curve.best, color="C1", linestyle="--")
    axes.annotate(
        f"{curve.best:.2g}",
        (curve.best, max(curve.losses)),
        xytext=(4, 0),
        textcoords="offset points",
        color="C1",
    )
    axes.set(
        xlabel="learning rate, for a batch of 256",
        ylabel=f"{kind}, smoothed, {unit}",
        title="where the loss falls fastest",
    )
    axes.grid(alpha=0.3)
    axes.spines[["top", "right"]].set_visible(False)
    with replacing(output) as temporary:
        sheet.savefig(temporary)
