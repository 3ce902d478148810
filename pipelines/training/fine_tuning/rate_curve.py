"""Reading a curve of losses over rising learning rates.

Losses of single batches are noisy, and noise falls fastest of all. So a line
is fitted around each rate, over the logarithm of the rates (Cleveland,
"Robust Locally Weighted Regression and Smoothing Scatterplots", 1979), and its
slopes are compared, not the differences of losses.

What is taken is the highest rate of a schedule that falls, so it lies where the
loss has come down and does not rise yet (Smith's upper bound), not where it
falls fastest.
"""

import dataclasses

import numpy as np

from pipelines.tasks.task import Task
from zoo.weights.atomic import replacing

# How far a line looks to both sides, in decades of the rate.
_REACH = 0.33
# How many times the losses are weighed anew by how far off they lie.
_ROUNDS = 3
# Beyond as many median distances a loss says nothing; Cleveland's.
_OUTLIER = 6.0
# Of the curve at either end, where half of the neighbours are missing.
_END = 1 / 20
# Of the fall, what counts as its floor above the lowest loss.
_FLOOR = 0.1
# Points that are a curve.
_FEWEST = 6
# A fall is clear that is as many standard errors of a difference of two fitted
# levels, and as large a part of what the loss was. Of noise alone, which also
# wanders, 19 of 20 curves stay below 3.5.
_CLEAR, _PART = 4.0, 0.01


@dataclasses.dataclass(frozen=True)
class RateCurve:
    """What the loss did while the rate rose.

    Args:
        rates: Learning rates, for a batch of 256, rising.
        losses: Of one batch each, in the task's unit.
        fitted: The losses without their noise.
        steep: The middle of where they fall fastest; None where no fall is
            clear.
        valley: In the longest fall, two thirds of the way down; None likewise.
        floor: The middle, over the logarithm, of where they are as good as
            at their lowest; None likewise.
    """

    rates: tuple[float, ...]
    losses: tuple[float, ...]
    fitted: tuple[float, ...]
    steep: float | None
    valley: float | None
    floor: float | None

    @property
    def best(self) -> float | None:
        """The one that is taken."""
        return self.floor

    @property
    def candidates(self) -> dict[str, float]:
        """What may be taken, by name; empty where no fall is clear."""
        named = {
            "steepest": self.steep,
            "valley": self.valley,
            "floor": self.floor,
        }
        return {name: rate for name, rate in named.items() if rate is not None}


def read_curve(rates, losses) -> RateCurve:
    """Fits a curve and finds the rates that it speaks for.

    Args:
        rates: Rising, a geometric row.
        losses: One for each rate, as they were: not smoothed.

    Example:

    ```python
    import numpy as np
    from pipelines.training.fine_tuning.rate_curve import read_curve
    rates = np.geomspace(1e-4, 10, 80)
    noise = np.random.default_rng(0).normal(size=80) * 0.2
    losses = 2 - np.tanh(np.log10(rates) + 1) + 20 * (rates > 3) + noise
    curve = read_curve(rates, losses)
    assert 0.03 < curve.steep < 0.3 < curve.best < 3
    assert read_curve(rates, 2 + noise).best is None
    ```
    """
    rates, losses = np.asarray(rates, float), np.asarray(losses, float)
    if len(rates) < _FEWEST:
        told = tuple(losses.tolist())
        return RateCurve(tuple(rates.tolist()), told, told, None, None, None)
    fitted, slopes = _fit(np.log10(rates), losses)
    steep = valley = floor = None
    lowest = int(fitted.argmin())
    first = max(1, round(len(rates) * _END))
    inside = slice(first, lowest + 1)
    least = max(
        _CLEAR * _error_of_fall(rates, losses - fitted),
        _PART * abs(fitted[0]),
    )
    falls = lowest > first and (slopes[inside] < 0).any()
    if falls and fitted[inside].max() - fitted[lowest] > least:
        steep = _middle_of_fall(rates[inside], slopes[inside])
        valley = float(rates[_valley(fitted[: lowest + 1])])
        floor = _middle_of_floor(rates, fitted)
    return RateCurve(
        *(tuple(rates.tolist()), tuple(losses.tolist())),
        *(tuple(fitted.tolist()), steep, valley, floor),
    )


def _fit(x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Returns the levels and slopes of a line around each point.

    Args:
        x: Rising.
        y: Finite.
    """
    near = np.exp(-0.5 * ((x[:, None] - x) / _REACH) ** 2)
    trust = np.ones_like(y)
    for _ in range(_ROUNDS):
        weights = near * trust
        weights /= weights.sum(axis=1, keepdims=True)
        middle, mean = weights @ x, weights @ y
        aside = x - middle[:, None]
        slopes = (weights * aside) @ y / (weights * aside**2).sum(axis=1)
        fitted = mean + slopes * (x - middle)
        off = np.abs(y - fitted)
        limit = _OUTLIER * max(float(np.median(off)), 1e-12)
        # The blow-up at the end is no outlier of its own neighbourhood.
        trust = np.clip(1 - (off / limit) ** 2, 0.01, 1) ** 2
    return fitted, slopes


def _error_of_fall(rates: np.ndarray, off: np.ndarray) -> float:
    """Returns the standard error of the difference of two fitted levels.

    Each is the mean of as many losses as a Gaussian window of `_REACH` holds.
    """
    noise = 1.4826 * float(np.median(np.abs(off)))
    density = (len(rates) - 1) / np.log10(rates[-1] / rates[0])
    together = max(1.0, 2 * np.sqrt(np.pi) * _REACH * density)
    return noise * np.sqrt(2 / together)


def _middle_of_fall(rates: np.ndarray, slopes: np.ndarray) -> float:
    """Returns the mean of the rates, over their logarithm, by slope squared.

    On a long even fall noise decides where it is the steepest by a hair, and
    two curves would be decades apart.
    """
    weights = np.minimum(slopes, 0) ** 2
    return float(10 ** np.average(np.log10(rates), weights=weights))


def _middle_of_floor(rates: np.ndarray, fitted: np.ndarray) -> float:
    """Returns the middle of the rates around the lowest loss.

    The lowest point itself is anywhere on a floor that is flat.
    """
    lowest = int(fitted.argmin())
    fall = fitted[: lowest + 1].max() - fitted[lowest]
    above = np.flatnonzero(fitted > fitted[lowest] + _FLOOR * fall)
    first = above[above < lowest].max(initial=-1) + 1
    last = above[above > lowest].min(initial=len(rates)) - 1
    return float(np.sqrt(rates[first] * rates[last]))


def _valley(fitted: np.ndarray) -> int:
    """Where the longest fall without a rise has done two thirds of its way."""
    rises = np.flatnonzero(np.diff(fitted) > 0)
    edges = np.concatenate([[-1], rises, [len(fitted) - 1]])
    longest = int(np.diff(edges).argmax())
    start, end = edges[longest] + 1, edges[longest + 1]
    return int(start + (end - start) * 2 // 3)


def draw_rates(curve: RateCurve, output, task: Task) -> None:
    """Draws loss over learning rate, with the rates that were found.

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
    axes.semilogx(curve.rates, curve.losses, ".", color="C0", alpha=0.4)
    axes.semilogx(curve.rates, curve.fitted, color="C0")
    for number, (name, rate) in enumerate(curve.candidates.items(), start=1):
        style = "-" if rate == curve.best else ":"
        label = f"{name}: {rate:.2g}"
        axes.axvline(rate, color=f"C{number}", linestyle=style, label=label)
    # Where the loss is lost, it would press the rest flat.
    start, low = curve.fitted[0], min(curve.fitted)
    rise = max(start - low, 0.1)
    axes.set_ylim(low - rise / 2, max(start, *curve.fitted[:-1]) + rise / 2)
    axes.set(
        xlabel="learning rate, for a batch of 256",
        ylabel=f"{kind} of a batch, {unit}",
        title=_title(curve),
    )
    if curve.candidates:
        axes.legend(frameon=False)
    axes.grid(alpha=0.3)
    axes.spines[["top", "right"]].set_visible(False)
    with replacing(output) as temporary:
        sheet.savefig(temporary)


def _title(curve: RateCurve) -> str:
    if curve.best is None:
        return "the loss falls nowhere clearly"
    return "where the loss is lowest"
