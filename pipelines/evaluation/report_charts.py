"""The charts of a run's report."""

import math

import numpy as np

from pipelines.evaluation.calibration import Calibration
from pipelines.pages.charts import COLOURS
from pipelines.pages.charts import draw

_PARTS = (
    ("", "training", COLOURS["second"], (0, (4, 2))),
    ("val_", "held out", COLOURS["first"], "solid"),
)


def learning_curves(history: list[dict]) -> list[str]:
    """Draws accuracy and loss over the epochs.

    Args:
        history: A row an epoch: `epoch`, `top1` and `loss`, and each with
            `val_` before it; what is missing is left out.

    Returns:
        An SVG for each that has values.
    """
    charts = []
    for key, title, scale in (("top1", "Top-1, %", 100), ("loss", "Loss", 1)):
        lines = [
            (_points(history, prefix + key, scale), *look)
            for prefix, *look in _PARTS
        ]
        if any(points for points, *_ in lines):
            charts.append(draw(f"{title} over epochs", _curves(lines, title)))
    return charts


def _points(history, key, scale) -> list[tuple[float, float]]:
    return [
        (row.get("epoch", number), scale * row[key])
        for number, row in enumerate(history, start=1)
        if row.get(key) is not None and math.isfinite(row[key])
    ]


def _curves(lines, title):
    def plot(sheet):
        axes = sheet.subplots()
        for points, label, colour, style in lines:
            if not points:
                continue
            marker = "o" if len(points) == 1 else None
            axes.plot(
                *zip(*points, strict=True),
                color=colour,
                linestyle=style,
                marker=marker,
                label=label,
            )
        axes.set_xlabel("epoch")
        axes.set_title(title, loc="left", color=COLOURS["ink"], fontsize=11)
        axes.xaxis.get_major_locator().set_params(integer=True)
        axes.legend(ncols=2, loc="lower right", bbox_to_anchor=(1, 0.99))

    return plot


def reliability_diagram(calibration: Calibration) -> str:
    """Draws how often answers are right against how sure they are."""

    def plot(sheet):
        above, below = sheet.subplots(2, 1, sharex=True, height_ratios=(3.2, 1))
        bins = len(calibration.count)
        centres = 100 * (np.arange(bins) + 0.5) / bins
        width = 100 / bins - 1
        above.bar(
            centres,
            100 * np.nan_to_num(calibration.accuracy),
            width,
            color=COLOURS["first"],
        )
        above.plot(
            [0, 100], [0, 100], "--", color=COLOURS["second"], linewidth=1.5
        )
        above.set(xlim=(0, 100), ylim=(0, 100), ylabel="right, %")
        below.bar(
            centres, calibration.count, width, color=COLOURS["faint"], alpha=0.6
        )
        below.set(xlabel="confidence, %", ylabel="pictures")
        below.yaxis.get_major_locator().set_params(nbins=2, integer=True)

    return draw("Reliability diagram", plot, height=3.4)
