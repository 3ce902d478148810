"""The three ways a request can go wrong, each with its exit code.

Libraries raise these; only the apps turn them into one line and an exit code.
All are `ValueError`s, so code that knows nothing of this project catches them.
What the operating system raises stays an `OSError`, of which an app makes one
line as well (exit code 74).
"""


class RequestError(ValueError):
    """What was asked for cannot be done (exit code 2)."""

    exit_code = 2


class DataError(ValueError):
    """A picture or a data set cannot be used (exit code 3)."""

    exit_code = 3


class IntegrityError(ValueError):
    """A file is damaged, or is not what it says it is (exit code 4)."""

    exit_code = 4
