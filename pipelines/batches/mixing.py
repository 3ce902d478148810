"""How often and how far the pictures of a batch are mixed: a record."""

import dataclasses

from zoo.errors import RequestError


@dataclasses.dataclass(frozen=True)
class Mixing:
    """How batches are mixed; one draw for the whole batch.

    Picture i is mixed with picture n-1-i, and its label with that one's.

    Zhang et al., "mixup", 2017, section 2; Yun et al., "CutMix", 2019,
    section 3.1. Where both are on, `switch` decides between them, as in
    timm.

    Args:
        mixup: MixUp's alpha, of the Beta distribution of the weight; 0 turns
            it off.
        cutmix: CutMix's alpha; 0 turns it off.
        probability: The part of batches that are mixed, in 0…1.
        switch: The part of those that CutMix gets where both are on.
        epochs: Batches are mixed in epochs 0…epochs-1, so that a run can end
            on true pictures; None for always.

    Raises:
        RequestError: A value is out of its range.

    Example:

    ```python
    from pipelines.batches.mixing import Mixing
    recipe = Mixing(mixup=0.2, cutmix=1.0, epochs=90)
    ```
    """

    mixup: float = 0.0
    cutmix: float = 0.0
    probability: float = 1.0
    switch: float = 0.5
    epochs: int | None = None

    def __post_init__(self):
        if min(self.mixup, self.cutmix) < 0 or self.mixup + self.cutmix == 0:
            raise RequestError(
                "`mixup` and `cutmix` are not negative, and one of them is "
                f"more than 0. Received: {self.mixup} and {self.cutmix}"
            )
        if not 0 <= self.probability <= 1 or not 0 <= self.switch <= 1:
            raise RequestError(
                "The probabilities of mixing lie in 0…1. Received: "
                f"{self.probability} and {self.switch}"
            )
