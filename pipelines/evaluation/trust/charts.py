"""Drawing risk against coverage."""

from pipelines.evaluation.trust.selective import RiskCoverage
from pipelines.pages.charts import COLOURS
from pipelines.pages.charts import draw


def risk_chart(curve: RiskCoverage) -> str:
    """Draws how many answers are wrong where only the surest are given."""

    def plot(sheet):
        axes = sheet.subplots()
        axes.step(
            100 * curve.coverage,
            100 * curve.risk,
            where="post",
            color=COLOURS["first"],
        )
        axes.set(xlim=(0, 100), xlabel="answered, %", ylabel="wrong, %")
        axes.set_ylim(bottom=0)

    return draw("Risk against coverage", plot)
