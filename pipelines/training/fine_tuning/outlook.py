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
# With fewer pictures a class than this the stages below have little to learn
# from: the head is left alone where it is right in half of the pictures. Where
# it is not, its features do not know such pictures, and even few teach more.
FEW, HALF = 25, 0.5
# With fewer pictures than this in all, chance alone decides what they teach.
FEW_IN_ALL = 50


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
    assert Outlook(20, 2, 0.4).head_is_enough
    assert Outlook(320, 16, 0.85).head_is_enough
    assert not Outlook(320, 16, 0.3).head_is_enough
    ```
    """

    pictures: int
    classes: int
    accuracy: float
    judged: int | None = None

    @property
    def head_is_enough(self) -> bool:
        """Whether the stages below the head stay as they are."""
        return (
            math.isnan(self.accuracy)
            or self.pictures < FEW_IN_ALL
            or self.accuracy >= (HALF if self._is_few else ENOUGH)
        )

    @property
    def _is_few(self) -> bool:
        return self.pictures < FEW * self.classes

    @property
    def why(self) -> str:
        """What was seen, and what follows from it."""
        if math.isnan(self.accuracy):
            return "no picture could be held out: the head alone is fitted"
        return (
            f"the head fitted to features is right in {self.accuracy:.1%} of "
            f"{self.judged or self.pictures:,} pictures in cross-validation; "
            f"{self._follows}"
        )

    @property
    def _follows(self) -> str:
        if self.pictures < FEW_IN_ALL:
            return f"fewer than {FEW_IN_ALL} pictures serve the head alone"
        if not self.head_is_enough:
            least = HALF if self._is_few else ENOUGH
            return f"below {least:.0%} the stages under it learn too"
        if self._is_few:
            return f"fewer than {FEW} pictures a class serve the head alone"
        return f"{ENOUGH:.0%} is enough"
