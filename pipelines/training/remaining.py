"""How long a run still takes, of which no two phases cost the same.

A head on kept features takes its epochs in a second, and the whole network
behind it takes minutes: the time that is left is not in proportion to epochs.
"""

import dataclasses


@dataclasses.dataclass(frozen=True)
class Part:
    """Epochs that cost the same, one after another.

    Args:
        epochs: How many.
        macs: Multiply-adds of one of them.
    """

    epochs: int
    macs: float


class Remaining:
    """Counts the seconds that are left, for words only.

    What an epoch of a part takes, its epochs before say; before the first of
    them the multiply-adds do, at the speed of what was computed already.

    Args:
        parts: All that a run has, in their order.

    Example:

    ```python
    from pipelines.training.remaining import Part, Remaining
    left = Remaining([Part(2, 1e9), Part(3, 5e9)])
    left.took(2.0, macs=1e9)
    left.epoch(0, 2.0)
    assert left.after(1) == 2 + 3 * 10
    left.epoch(2, 4.0)
    assert left.after(3) == 2 * 4
    ```
    """

    def __init__(self, parts):
        self.parts = tuple(parts)
        self._seconds: dict[int, list[float]] = {}
        self._spent = self._computed = 0.0

    def plan(self, parts) -> None:
        """Takes in what is known better of what epochs cost.

        Args:
            parts: As of this class, as many.
        """
        self.parts = tuple(parts)

    def took(self, seconds: float, macs: float) -> None:
        """Takes in what was computed, in epochs or not.

        Args:
            seconds: How long it took.
            macs: How many multiply-adds it was.
        """
        self._spent += seconds
        self._computed += macs

    def epoch(self, number: int, seconds: float) -> None:
        """Takes in what an epoch took.

        Args:
            number: Of the whole run, from 0.
            seconds: From its first step to its last judged picture.
        """
        place = self._place(number)
        self._seconds.setdefault(place, []).append(seconds)

    def after(self, epochs: int) -> float:
        """Returns the seconds that are left when so many epochs are over."""
        begun, left = 0, 0.0
        for place, part in enumerate(self.parts):
            ahead = part.epochs - min(max(epochs - begun, 0), part.epochs)
            left += ahead * self._of_one(place) if ahead else 0
            begun += part.epochs
        return left

    def _place(self, number: int) -> int:
        begun = 0
        for place, part in enumerate(self.parts):
            begun += part.epochs
            if number < begun:
                return place
        return len(self.parts) - 1

    def _of_one(self, place: int) -> float:
        """Seconds of one epoch of a part."""
        seen = self._seconds.get(place)
        if seen:
            # The first one is also compiled.
            own = seen[1:] or seen
            return sum(own) / len(own)
        speed = self._speed()
        return self.parts[place].macs / speed if speed else 0.0

    def _speed(self) -> float:
        """Multiply-adds a second: of a pass, and of the dearest part so far.

        Cheap epochs say nothing of it: they take what a step takes anyway.
        """
        seconds, macs = self._spent, self._computed
        if self._seconds:
            dearest = max(self._seconds, key=lambda at: self.parts[at].macs)
            count = len(self._seconds[dearest])
            one = self.parts[dearest].macs
            if one * count > macs or not macs:
                seconds += count * self._of_one(dearest)
                macs += count * one
        return macs / seconds if seconds else 0.0
