"""The charts of a comparison, in the colours of its page."""

import itertools
import math

from pipelines.evaluation.comparing import Comparison
from pipelines.evaluation.judged_runs import JudgedRun
from pipelines.pages.charts import COLOURS
from pipelines.pages.charts import draw
from pipelines.pages.charts import label
from pipelines.tasks.metric import LOSS

# Told apart by line as well as by colour.
_LOOKS = tuple(
    (COLOURS[colour], style)
    for style in ("solid", (0, (4, 2)), (0, (1, 1.5)))
    for colour in ("first", "second", "good", "bad")
)
_ROW = 0.34
_LETTERS = 28


def curves_of_runs(runs: list[JudgedRun]) -> list[str]:
    """Draws what decides and the loss on held-out pictures, one over another.

    Args:
        runs: Of one task; what has no epochs is left out.

    Returns:
        An SVG for each number that any of them has.
    """
    charts = []
    for metric in (runs[0].task.decides, LOSS):
        lines = {
            run.name: _points(run.history, metric.held_out, metric.scale)
            for run in runs
        }
        if any(lines.values()):
            name = f"{metric.title} of each run over epochs"
            title = f"{metric.heading}, held out"
            charts.append(draw(name, _plot(lines, title)))
    return charts


def _points(history: list[dict], key: str, scale: float) -> list[tuple]:
    return [
        (row.get("epoch", number), scale * row[key])
        for number, row in enumerate(history, start=1)
        if row.get(key) is not None and math.isfinite(row[key])
    ]


def _plot(lines: dict[str, list[tuple]], title: str):
    def plot(sheet):
        axes = sheet.subplots()
        looks = itertools.cycle(_LOOKS)
        for (name, points), (colour, style) in zip(
            lines.items(), looks, strict=False
        ):
            if points:
                axes.plot(
                    *zip(*points, strict=True),
                    color=colour,
                    linestyle=style,
                    marker="o" if len(points) == 1 else None,
                    label=label(_short(name)),
                )
        axes.set_xlabel("epoch")
        axes.set_title(title, loc="left", color=COLOURS["ink"], fontsize=11)
        axes.xaxis.get_major_locator().set_params(integer=True)
        axes.legend(fontsize=8)

    return plot


def _short(name: str) -> str:
    return name if len(name) <= _LETTERS else f"…{name[1 - _LETTERS :]}"


def intervals(found: Comparison) -> str:
    """Draws what each run tells right, and between which limits that lies."""

    def plot(sheet):
        axes = sheet.subplots()
        rows = found.standings[::-1]
        for place, row in enumerate(rows):
            best = row.run in found.best
            colour = COLOURS["first" if best else "faint"]
            limits = (100 * row.low, 100 * row.high)
            axes.plot(limits, (place, place), color=colour)
            axes.plot(100 * row.share, place, "o", color=colour)
        names = [label(_short(row.run)) for row in rows]
        axes.set_yticks(range(len(rows)), names)
        axes.set_ylim(-0.6, len(rows) - 0.4)
        axes.set_xlabel("right, % (95 % interval)")

    height = 0.8 + _ROW * len(found.standings)
    return draw("Share of right answers", plot, height=height)
