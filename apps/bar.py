"""How far long work has come, as what a heartbeat tells."""

from pipelines.waiting.work import Work
from pipelines.waiting.work import begin
from pipelines.waiting.work import current
from pipelines.waiting.work import end
from pipelines.waiting.work import going_on


class Bar:
    """Takes in numbers done and in all; a terminal shows a bar of them.

    Where the work has said itself what it is and what it counts, the numbers
    are its own.

    Args:
        label: What is being done, where the work does not say.
        unit: What is counted; "B" for bytes.
    """

    def __init__(self, label: str, unit: str):
        self._label = label
        self._unit = unit
        self._own = None

    def __call__(self, done: int, total: int | None) -> None:
        """Shows how far it is.

        Args:
            done: So many units.
            total: In all; None where nobody knows.
        """
        known = current()
        others = known is not None and known is not self._own and known.unit
        if others and self._unit != "B":
            known.count(done, total)
            return
        # What surrounds it may have ended, and it with that.
        if self._own is None or self._own not in going_on():
            self._own = begin(Work(self._label, self._unit))
        self._own.count(done, total)
        if done == total:
            end(self._own)
            self._own = None
