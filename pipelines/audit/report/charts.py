"""How many pictures each class has, and how large they are, for a page."""

import numpy as np

from pipelines.audit.auditing import Audit
from pipelines.audit.report.album import PARTS
from pipelines.audit.statistics import histogram
from pipelines.pages.charts import COLOURS
from pipelines.pages.charts import draw

_CLASSES = 100


def balance(audit: Audit) -> dict:
    """Returns the bars of every class, as shares of the longest."""
    classes = audit.statistics["classes"]
    parts = sorted({part for by in classes.values() for part in by})
    highest = max(
        (n for by in classes.values() for n in by.values()), default=1
    )
    return {
        "parts": [PARTS[part] for part in parts],
        "rows": [
            {
                "name": name,
                "bars": [
                    {
                        "part": PARTS[part],
                        "count": by[part],
                        "width": 100 * by[part] / max(highest, 1),
                    }
                    for part in parts
                ],
            }
            for name, by in classes.items()
        ][:_CLASSES],
        "more": max(0, len(classes) - _CLASSES),
    }


def charts(audit: Audit) -> list[str]:
    """Draws how sizes and shapes are distributed, an SVG for each."""
    looks = [seen.look for seen in audit.seen]
    sized = [k for k in looks if k.width and k.height and not k.problem]
    if not sized:
        return []
    return [
        _chart(name, values, words.format)
        for name, values, words in (
            (
                "Shorter side",
                [min(k.width, k.height) for k in sized],
                "{:.0f} px",
            ),
            ("Width / height", [k.width / k.height for k in sized], "{:.2f}"),
            ("File size", [k.size / 1000 for k in sized], "{:.0f} kB"),
        )
    ]


def _chart(name: str, values: list[float], words) -> str:
    counts = [count for _, count in histogram(values)]
    median = sorted(values)[len(values) // 2]

    def plot(sheet):
        axes = sheet.subplots()
        places = range(len(counts))
        axes.bar(places, counts, 0.9, color=COLOURS["first"])
        # A root, so that a few strange ones can be seen.
        axes.set_yscale("function", functions=(np.sqrt, np.square))
        axes.yaxis.get_major_locator().set_params(nbins=4, integer=True)
        axes.grid(axis="x", visible=False)
        low, high = axes.set_xticks(
            [places[0] - 0.45, places[-1] + 0.45],
            [words(min(values)), words(max(values))],
        )
        low.label1.set_horizontalalignment("left")
        high.label1.set_horizontalalignment("right")
        axes.set_title(
            f"{name}, median {words(median)}",
            loc="left",
            color=COLOURS["ink"],
            fontsize=11,
        )

    return draw(name, plot, height=2.0)
