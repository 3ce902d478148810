"""Drawing how often answers are right against how sure they are."""

import numpy as np

from pipelines.pages.charts import COLOURS
from pipelines.pages.charts import draw
from pipelines.tasks.calibration import Calibration


def reliability_diagram(
    calibration: Calibration, name: str = "Reliability diagram"
) -> str:
    """Draws how often answers are right against how sure they are.

    Args:
        calibration: The answers, in bins.
        name: As of `draw`.
    """

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

    return draw(name, plot, height=3.4)
