"""A bar that shows how far long work has come."""


class Bar:
    """A progress bar on a terminal, silence elsewhere.

    Args:
        label: What is being done.
        unit: What is counted; "B" for bytes.
    """

    def __init__(self, label: str, unit: str):
        self._label = label
        self._unit = unit
        self._bar = None

    def __call__(self, done: int, total: int | None) -> None:
        from tqdm import tqdm

        if self._bar is None:
            self._bar = tqdm(
                total=total,
                desc=self._label,
                unit=self._unit,
                unit_scale=self._unit == "B",
                leave=False,
                disable=None,
            )
        self._bar.update(done - self._bar.n)
        if done == total:
            self._bar.close()
            self._bar = None

    def clear(self) -> None:
        """Makes room for a line; the bar comes back below it."""
        if self._bar is not None:
            self._bar.clear()
