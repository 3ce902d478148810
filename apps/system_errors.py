"""What the operating system refuses, told to a person."""

import os

_NAME = (str, bytes)


def as_line(error: OSError) -> str:
    """Writes what the operating system refuses: the file, and the reason.

    Example:

    ```python
    from apps.system_errors import as_line
    error = OSError(28, "No space left on device", "runs/model.keras")
    assert as_line(error) == "runs/model.keras: No space left on device"
    ```
    """
    names = [error.filename, error.filename2]
    files = " -> ".join(os.fsdecode(n) for n in names if isinstance(n, _NAME))
    reason = error.strerror or str(error) or type(error).__name__
    return f"{files}: {reason}" if files else reason
