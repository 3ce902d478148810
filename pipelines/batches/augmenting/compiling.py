"""How loops over pixels are compiled: once, for all threads, kept on disk."""

import numba

_OPTIONS = {
    # Other threads run meanwhile, Python's among them.
    "nogil": True,
    # Divisions by zero are excluded by hand; looking for them is slow.
    "error_model": "numpy",
}


def compiled(function):
    """Compiles a function of NumPy arrays at its first call.

    What was compiled is kept beside the source or, where that cannot be
    written, in the user's cache, and is loaded in a fraction of a second.
    """
    try:
        return numba.njit(cache=True, **_OPTIONS)(function)
    except RuntimeError:
        # No folder at all can be written: compiled anew by each process.
        return compiled_with_caller(function)


def compiled_with_caller(function):
    """Compiles a function together with the one that calls it, which is kept.

    For what calls functions of other files: kept by itself, it would not
    notice that they have changed.
    """
    return numba.njit(**_OPTIONS)(function)


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
