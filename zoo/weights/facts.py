"""What is known of some weights, whoever says it."""

import dataclasses

from zoo.head_scaling import LogitScaling
from zoo.preprocessing import Preprocessing


@dataclasses.dataclass(frozen=True)
class Facts:
    """What a table, the Hub or a file says; None where nothing is said.

    Args:
        origin: Such as `"torchvision"`; `"zoo"` for our own network.
        preprocessing: What the weights expect of a picture.
        class_names: In label order.
        grid: Rows and columns of the patches that position embeddings are
            for.
        thresholds: Of a multi-label model, in label order.
        scaling: Of a calibrated model.
    """

    origin: str | None = None
    preprocessing: Preprocessing | None = None
    class_names: tuple[str, ...] | None = None
    grid: tuple[int, int] | None = None
    thresholds: tuple[float, ...] | None = None
    scaling: LogitScaling | None = None

    def note_in(self, head) -> None:
        """Tells a head what its classes are, where that is known.

        Args:
            head: A `zoo.layers.Logits`. What is of another number of classes
                is not for it.
        """
        if self.class_names:
            head.class_names = _of(self.class_names, head)
        if self.class_names or self.thresholds:
            head.thresholds = _of(self.thresholds, head)
        if self.class_names or self.scaling:
            fits = self.scaling and self.scaling.fits(head.units)
            head.scaling = self.scaling if fits else None


def _of(values, head):
    return values if values and len(values) == head.units else None
