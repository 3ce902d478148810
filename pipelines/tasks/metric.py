"""A number that says how good a model is, and how it is told."""

import dataclasses
import math


@dataclasses.dataclass(frozen=True)
class Metric:
    """A number that says how good a model is: one row, read by all.

    Args:
        name: In logs, `metrics.json` and `history.json`; with `val_` before
            it on held-out pictures. TensorBoard has it as `epoch_NAME`.
        title: What a person calls it, such as "top-1".
        is_share: Whether it lies in 0…1 and is told in percent.
        is_score: Whether more is better.
        is_drawn: Whether it has a curve over steps and one in the report.
        is_counted: Whether it is the share of pictures that something is
            true of, for which `pipelines.tasks.interval` has limits.

    Example:

    ```python
    from pipelines.tasks.metric import Metric
    error = Metric("mae", "mean error", is_share=False, is_score=False)
    assert error.told(0.25) == "mean error 0.2500"
    assert error.is_better(0.1, error.worst)
    assert Metric("top1", "top-1").told(0.625) == "top-1 62.5%"
    ```
    """

    name: str
    title: str
    is_share: bool = True
    is_score: bool = True
    is_drawn: bool = True
    is_counted: bool = False

    @property
    def held_out(self) -> str:
        """Its name in logs, on held-out pictures."""
        return f"val_{self.name}"

    @property
    def tag(self) -> str:
        """Its name in TensorBoard, over epochs. Keras's own."""
        return f"epoch_{self.name}"

    @property
    def heading(self) -> str:
        """Its title above a curve."""
        return self.title[:1].upper() + self.title[1:] + self._unit

    @property
    def axis(self) -> str:
        """What stands along a curve's axis."""
        return f"{self.title} on held-out pictures{self._unit}"

    @property
    def _unit(self) -> str:
        return ", %" if self.is_share else ""

    @property
    def scale(self) -> float:
        """What its values are multiplied by where they are drawn."""
        return 100 if self.is_share else 1

    @property
    def worst(self) -> float:
        """What every value but NaN is better than."""
        return -math.inf if self.is_score else math.inf

    def is_better(self, value: float, than: float) -> bool:
        """Whether a value is; NaN is not better than anything."""
        return value > than if self.is_score else value < than

    def told(self, value: float, digits: int = 1) -> str:
        """Writes a value with its title.

        Args:
            value: Of the metric.
            digits: After the point, of percents.
        """
        return f"{self.title} {self.text(value, digits)}"

    def text(self, value: float, digits: int = 1) -> str:
        """Writes a value; `digits` as of `told`."""
        return f"{value:.{digits}%}" if self.is_share else f"{value:.4f}"


LOSS = Metric("loss", "loss", is_share=False, is_score=False)
