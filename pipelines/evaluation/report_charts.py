"""The curves of a run's report."""

import math
from collections.abc import Sequence

from pipelines.pages.charts import COLOURS
from pipelines.pages.charts import draw
from pipelines.tasks.metric import LOSS
from pipelines.tasks.task import Task

_PARTS = (
    ("training", COLOURS["second"], (0, (4, 2))),
    ("held out", COLOURS["first"], "solid"),
)


def learning_curves(
    history: list[dict],
    task: Task,
    phases: Sequence[tuple[int, str]] = (),
) -> list[str]:
    """Draws a task's metrics and its loss over the epochs.

    Args:
        history: A row an epoch, as in `history.json`; what is missing is
            left out.
        task: Says which are drawn.
        phases: After how many epochs each later phase begins, and its name.

    Returns:
        An SVG for each that has values.
    """
    charts = []
    for metric in (*(m for m in task.metrics if m.is_drawn), LOSS):
        lines = [
            (_points(history, name, metric.scale), *look)
            for name, look in zip(
                (metric.name, metric.held_out), _PARTS, strict=True
            )
        ]
        if any(points for points, *_ in lines):
            title = metric.heading
            curves = _curves(lines, title, phases)
            charts.append(draw(f"{title} over epochs", curves))
    return charts


def _points(history, key, scale) -> list[tuple[float, float]]:
    return [
        (row.get("epoch", number), scale * row[key])
        for number, row in enumerate(history, start=1)
        if row.get(key) is not None and math.isfinite(row[key])
    ]


def _curves(lines, title, phases):
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
        for epochs, name in phases:
            _mark(axes, epochs + 0.5, name)
        axes.set_xlabel("epoch")
        axes.set_title(title, loc="left", color=COLOURS["ink"], fontsize=11)
        axes.xaxis.get_major_locator().set_params(integer=True)
        axes.legend(ncols=2, loc="lower right", bbox_to_anchor=(1, 0.99))

    return plot


def _mark(axes, epoch, name):
    """A line between two epochs, with what learns from there on."""
    axes.axvline(epoch, color=COLOURS["faint"], linewidth=1, linestyle=":")
    axes.annotate(
        name,
        (epoch, 0),
        xycoords=("data", "axes fraction"),
        xytext=(3, 4),
        textcoords="offset points",
        color=COLOURS["faint"],
        fontsize=9,
    )
