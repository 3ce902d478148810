"""How loops over pixels are compiled: when they are needed, kept on disk.

Numba takes longer to import than everything else of a short program, so that
it is imported by the first loop that runs and by nothing before.
"""

import threading

_OPTIONS = {
    # Other threads run meanwhile, Python's among them.
    "nogil": True,
    # Divisions by zero are excluded by hand; looking for them is slow.
    "error_model": "numpy",
}
_lock = threading.RLock()


class Loop:
    """A function of NumPy arrays that is compiled at its first call.

    Other loops may call it: Numba asks an object that it does not know for
    its `_numba_type_`, and takes this one for what is compiled of it.

    Args:
        function: What Numba can compile.
        kept: Whether what was compiled is kept on disk.
    """

    def __init__(self, function, kept: bool):
        self.__doc__ = function.__doc__
        self.__name__ = function.__name__
        self._function = function
        self._kept = kept
        self._compiled = None

    def __call__(self, *arguments):
        return self.dispatcher(*arguments)

    @property
    def dispatcher(self):
        """Numba's own object."""
        if self._compiled is None:
            with _lock:
                self._compiled = self._compiled or _jit(
                    self._function, self._kept
                )
        return self._compiled

    @property
    def _numba_type_(self):
        return self.dispatcher._numba_type_


def _jit(function, kept: bool):
    import numba

    if kept:
        try:
            return numba.njit(cache=True, **_OPTIONS)(function)
        except RuntimeError:
            # No folder at all can be written: compiled by each process.
            pass
    return numba.njit(**_OPTIONS)(function)


def compiled(function) -> Loop:
    """Compiles a function of NumPy arrays at its first call.

    What was compiled is kept beside the source or, where that cannot be
    written, in the user's cache, and is loaded in a fraction of a second.

    Example:

    ```python
    import numpy as np
    from pipelines.batches.transforms.compiling import compiled_with_caller
    double = compiled_with_caller(lambda x: 2 * x)
    assert (double(np.arange(3)) == [0, 2, 4]).all()
    ```
    """
    return Loop(function, kept=True)


def compiled_with_caller(function) -> Loop:
    """Compiles a function together with the one that calls it, which is kept.

    For what calls functions of other files: kept by itself, it would not
    notice that they have changed.
    """
    return Loop(function, kept=False)


@compiled
def copy(source, target):
    """Copies one array to another of as many elements.

    Assigning one to a slice of the other is ten times slower where they have
    three dimensions, and takes seconds to compile.
    """
    old, new = source.reshape(-1), target.reshape(-1)
    for i in range(len(new)):
        new[i] = old[i]


@compiled
def fill(target, value):
    """Sets all elements of an array."""
    new = target.reshape(-1)
    for i in range(len(new)):
        new[i] = value
