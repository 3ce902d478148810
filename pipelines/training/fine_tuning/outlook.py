"""What the head alone reaches, and whether that is enough.

Pure Python: counts and shares, no clock, so that the same pictures lead to the
same decision everywhere.
"""

import dataclasses
import math

# A head that errs less often than this is left alone. Stages below it can win
# little there, and a short run loses more by moving them; docs/transfer.md has
# the figures.
ENOUGH = 0.9
# With fewer pictures a class than this the stages below have too little to
# learn from, however often the head errs.
FEW = 25


@dataclasses.dataclass(frozen=True)
class Outlook:
    """What a probe of the features reaches inside the training part.

    Args:
        pictures: To learn from.
        classes: How many there are.
        accuracy: Share of the pictures that were judged that are right in
            cross-validation, in 0…1; NaN where none could be.
        judged: How many were; all where None.

    Example:

    ```python
    from pipelines.training.fine_tuning.outlook import Outlook
    assert Outlook(800, 2, 0.99).head_is_enough
    assert not Outlook(800, 2, 0.84).head_is_enough
    assert Outlook(20, 2, 0.6).head_is_enough
    ```
    """

    pictures: int
    classes: int
    accuracy: float
    judged: int | None = None

    @property
    def head_is_enough(self) -> bool:
        """Whether the stages below the head stay as they are."""
        unknown = math.isnan(self.accuracy)
        return unknown or self._is_few or self.accuracy >= ENOUGH

    @property
    def _is_few(self) -> bool:
        return self.pictures < FEW * self.classes

    @property
    def why(self) -> str:
        """What was seen, and what follows from it."""
        if math.isnan(self.accuracy):
            return "the classes have one picture each, which serve a head alone"
        if self._is_few:
            follows = f"fewer than {FEW} pictures a class serve the head alone"
        elif self.head_is_enough:
            follows = f"{ENOUGH:.0%} is enough"
        else:
            follows = f"below {ENOUGH:.0%} the stages under it learn too"
        return (
            f"the head fitted to features is right in {self.accuracy:.1%} of "
            f"{self.judged or self.pictures:,} pictures in cross-validation; "
            f"{follows}"
        )
