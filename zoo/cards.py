"""What is known of each model: paper, cost, published accuracy, weights.

Parameters are the trainable ones; MACs are multiply-adds of convolutions and
dense layers at `input_size` (see `zoo.profile`). The tests build every model
and count.
"""

import dataclasses

from zoo.weights.sources import weights_of


@dataclasses.dataclass(frozen=True)
class Accuracy:
    """A published accuracy on ImageNet's validation set (or CIFAR-10's test).

    Args:
        top1: Percent, one centre crop.
        top5: Percent, or None where none was published.
        source: Who published it.
    """

    top1: float
    top5: float | None
    source: str


@dataclasses.dataclass(frozen=True)
class ModelInfo:
    """A model's card.

    Args:
        name: As `zoo.create_model` takes it.
        family: `"alexnet"`, `"resnet"` or `"efficientnet"`.
        paper: Authors, title and year.
        parameters: Trainable weights, with the published number of classes.
        non_trainable: Moving statistics of BatchNorm.
        macs: Multiply-adds for one picture of `input_size`.
        input_size: Height and width, in pixels.
        accuracy: The published accuracy, or None where there is none.
    """

    name: str
    family: str
    paper: str
    parameters: int
    non_trainable: int
    macs: int
    input_size: int
    accuracy: Accuracy | None = None

    @property
    def weights(self) -> tuple[str, ...]:
        """The names that `weights=` takes for this model."""
        return tuple(row.name for row in weights_of(self.name))


CARDS: dict[str, ModelInfo] = {}
