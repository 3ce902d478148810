"""Who is told how far a download is, where the caller is many calls away."""

import contextlib
import contextvars
from collections.abc import Callable

Report = Callable[[str, int, int | None], None]
_REPORT: contextvars.ContextVar[Report | None] = contextvars.ContextVar(
    "report", default=None
)


@contextlib.contextmanager
def report_to(report: Report | None):
    """Lets downloads inside of it report to a function.

    Args:
        report: Called with the file's name, bytes received and in total
            (None: unknown).

    Example:

    ```python
    from zoo.weights.downloading import report_to

    with report_to(lambda name, received, total: print(name, received)):
        pass  # zoo.create_model("resnet50", weights="imagenet")
    ```
    """
    before = _REPORT.set(report)
    try:
        yield
    finally:
        _REPORT.reset(before)


def reported(name: str):
    """Returns what a download of that name calls, or None."""
    report = _REPORT.get()
    if report is None:
        return None
    return lambda received, total: report(name, received, total)
