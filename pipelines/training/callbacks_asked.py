"""Callbacks that somebody has asked for, by name or as objects."""

import importlib
import os
import re
import sys

import keras

from zoo.errors import RequestError

_WORD = re.compile(r"([\w.]+):([\w.]+)")


def find_callback(word) -> keras.callbacks.Callback:
    """Returns a callback.

    Args:
        word: `module:Class`, of a module that Python finds or that lies in
            the present folder; or a callback itself.

    Raises:
        RequestError: There is no such module or class, it cannot be made
            without arguments, or it is no callback of Keras.

    Example:

    ```python
    import keras
    from pipelines.training.callbacks_asked import find_callback
    found = find_callback("keras.callbacks:TerminateOnNaN")
    assert isinstance(found, keras.callbacks.TerminateOnNaN)
    assert find_callback(found) is found
    ```
    """
    if isinstance(word, keras.callbacks.Callback):
        return word
    match = _WORD.fullmatch(str(word).strip())
    if not match:
        raise RequestError(
            "`callback` is a module and a class in it, such as mine:Watch. "
            f"Received: {word!r}"
        )
    found = _attribute(*match.groups())
    if isinstance(found, type) and issubclass(found, keras.callbacks.Callback):
        found = _made(found, word)
    if not isinstance(found, keras.callbacks.Callback):
        raise RequestError(
            f"`callback={word}` is no callback. Expected a class that inherits "
            "from keras.callbacks.Callback."
        )
    return found


def _attribute(module: str, name: str):
    # A command that is installed does not look there by itself.
    sys.path.append(os.getcwd())
    try:
        found = importlib.import_module(module)
        for part in name.split("."):
            found = getattr(found, part)
    except (ImportError, AttributeError) as error:
        raise RequestError(
            f"`callback={module}:{name}` is not found: {error}. Expected a "
            "module that can be imported, or a file of that name in the "
            "present folder, and a class in it."
        ) from error
    finally:
        sys.path.remove(os.getcwd())
    return found


def _made(kind: type, word: str) -> keras.callbacks.Callback:
    try:
        return kind()
    except TypeError as error:
        raise RequestError(
            f"`callback={word}` cannot be made without arguments: {error}. "
            "Give a class of your own that fills them in, or the object from "
            "Python."
        ) from error
