"""Keeping from a person what libraries write about themselves.

They write to the process's own error stream, which no setting of theirs can
stop: that a delegate was made, that an operation has a slower way here.
"""

import contextlib
import functools
import os
import sys
import tempfile


@contextlib.contextmanager
def held_back_errors():
    """Keeps what is written to the error stream, and shows it on failure."""
    sys.stderr.flush()
    stream = os.dup(2)
    with tempfile.TemporaryFile() as kept:
        os.dup2(kept.fileno(), 2)
        try:
            yield
        except BaseException:
            kept.seek(0)
            os.write(stream, kept.read())
            raise
        finally:
            sys.stderr.flush()
            os.dup2(stream, 2)
            os.close(stream)


def quiet_at_first(function):
    """Returns the same function, whose first call shows no greeting.

    Args:
        function: What makes a library greet when it is first called.

    Example:

    ```python
    import os
    from pipelines.waiting.held_back import quiet_at_first
    say = quiet_at_first(lambda text: os.write(2, text))
    assert say(b"hello") == 5
    ```
    """
    called = False

    @functools.wraps(function)
    def call(*arguments):
        nonlocal called
        if called:
            return function(*arguments)
        with held_back_errors():
            found = function(*arguments)
        called = True
        return found

    return call
