"""Charts by matplotlib that take the colours of the page they lie in.

They are drawn in stand-in colours, which become the page's CSS variables:
one chart serves light and dark, and its text is text.
"""

import io
import re
from collections.abc import Callable

from pipelines.pages.showing import readable

# By the names of the variables in `templates/frame.css`.
COLOURS = {
    name: f"#00000{number}"
    for number, name in enumerate(
        ("ink", "faint", "line", "first", "second", "good", "bad"), start=1
    )
}
_STYLE = {
    "svg.fonttype": "none",
    "font.size": 10,
    "text.color": COLOURS["ink"],
    "axes.labelcolor": COLOURS["faint"],
    "axes.edgecolor": COLOURS["line"],
    "axes.facecolor": "none",
    "axes.grid": True,
    "axes.axisbelow": True,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.spines.left": False,
    "grid.color": COLOURS["line"],
    "grid.linewidth": 0.8,
    "xtick.color": COLOURS["faint"],
    "ytick.color": COLOURS["faint"],
    "xtick.major.size": 0,
    "ytick.major.size": 0,
    "lines.linewidth": 2,
    "legend.frameon": False,
}
# Without them the same chart is the same bytes.
_METADATA = {"Date": None, "Creator": None, "Format": None, "Type": None}
_NAMES = re.compile(r'<g id="[^"]*"')


def label(text: str) -> str:
    r"""Writes other people's words so that matplotlib shows them as they are.

    It takes what stands between two `$` for a formula, leaves what begins with
    `_` out of legends, and cannot write what is not UTF-8.

    Example:

    ```python
    from pipelines.pages.charts import label
    assert label("a$b$\udcff") == r"a\$b\$\udcff"
    assert label("_a") == "\u200b_a"
    ```
    """
    plain = readable(text).replace("$", r"\$")
    return f"\u200b{plain}" if plain.startswith("_") else plain


def draw(
    name: str, plot: Callable, *, width: float = 4.6, height: float = 3.0
) -> str:
    """Draws a chart.

    Args:
        name: Said to those who cannot see it; differs from the names of the
            other charts of a page.
        plot: Given a `matplotlib.figure.Figure`; uses `COLOURS` alone.
        width: In inches; a page shows it as wide as there is room.
        height: In inches.

    Returns:
        An `<svg>` element.
    """
    import matplotlib
    from matplotlib import figure

    file = io.StringIO()
    with matplotlib.rc_context(_STYLE | {"svg.hashsalt": name}):
        sheet = figure.Figure(figsize=(width, height), layout="constrained")
        sheet.patch.set_alpha(0)
        plot(sheet)
        sheet.savefig(file, format="svg", metadata=_METADATA)
    svg = file.getvalue()
    svg = _NAMES.sub("<g", svg[svg.index("<svg") :])
    for colour, stand_in in COLOURS.items():
        svg = svg.replace(stand_in, f"var(--{colour})")
    label = f'<svg role="img" aria-label="{name}"'
    return svg.replace("<svg", label, 1)
