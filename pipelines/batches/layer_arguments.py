"""What layers of Keras and keras-cv are made with: words as arguments.

Pixels are 0…255 here. Layers that ask for a `value_range` are told so, and
whoever names another one, with or without its name, is told that it is not.
"""

import inspect

import keras

from pipelines.batches.layer_words import LIBRARIES
from pipelines.batches.layer_words import LayerWords
from zoo.errors import RequestError

_RANGE = (0, 255)
# What others take pixels for, and write in front of what they mean.
_RANGES = (_RANGE, (0, 1), (-1, 1))


def arguments_of(words: LayerWords, kind: type) -> dict[str, object]:
    """Returns what a layer is made with, by the names of its arguments.

    Args:
        words: The layer in words.
        kind: Its class.

    Raises:
        RequestError: One is another range of pixels, or no argument.
        TypeError: There are too many, or one is there twice.

    Example:

    ```python
    import keras
    from pipelines.batches.layer_arguments import arguments_of
    from pipelines.batches.layer_words import read
    _, (words,) = read("keras.RandomHue(0.2)")
    found = arguments_of(words, keras.layers.RandomHue)
    assert found == {"factor": 0.2, "value_range": (0, 255)}
    ```
    """
    wanted = _arguments(kind)
    given = _with_names(words, wanted)
    named = {name: _revived(value) for name, value in words.named}
    if twice := given.keys() & named.keys():
        raise TypeError(f"{', '.join(sorted(twice))} is there twice")
    given |= named
    if "value_range" in wanted:
        given.setdefault("value_range", _RANGE)
    return given


def check_ranges(words: LayerWords) -> None:
    """Refuses another named range of pixels, also of a layer inside of one.

    Raises:
        RequestError: There is one.
    """
    for found in _ranges([*words.positional, *words.named]):
        _check_range(words, found)


def _arguments(kind: type) -> list[str]:
    """What a layer can be given by its place, or by one of these names."""
    every = inspect.signature(kind).parameters.values()
    variadic = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
    return [each.name for each in every if each.kind not in variadic]


def _with_names(words: LayerWords, wanted: list[str]) -> dict[str, object]:
    """Gives the arguments without names the names that they have.

    Raises:
        RequestError: One is another range of pixels.
        TypeError: There are too many.
    """
    if not _hold_range(words.positional, wanted):
        # It comes first in many layers, and nobody means it.
        wanted = [name for name in wanted if name != "value_range"]
    if len(words.positional) > len(wanted):
        raise TypeError(
            f"it takes {len(wanted)} arguments without names at most: "
            f"{', '.join(wanted)}"
        )
    given = dict(zip(wanted, words.positional, strict=False))
    if "value_range" in given:
        _check_range(words, given["value_range"])
    return given


def _hold_range(positional: tuple, wanted: list[str]) -> bool:
    """Whether a range of pixels stands where the layer has it.

    Where it comes first, only what is one for sure: the factor that follows
    may be a pair, too.
    """
    place = wanted.index("value_range") if "value_range" in wanted else None
    if place is None or place >= len(positional):
        return False
    found = positional[place]
    is_pair = isinstance(found, (list, tuple)) and len(found) == 2
    return is_pair and (place > 0 or tuple(found) in _RANGES)


def _check_range(words: LayerWords, found) -> None:
    if found not in (_RANGE, list(_RANGE)):
        raise RequestError(
            f"`augmentation`: {words} is for pixels in {found}. Expected "
            f"`value_range={_RANGE}`, or none: pixels are 0…255 here."
        )


def _ranges(value):
    """Yields what is called `value_range`, also of a layer inside of one."""
    if isinstance(value, dict):
        value = tuple(value.items())
    if not isinstance(value, (list, tuple)):
        return
    if len(value) == 2 and value[0] == "value_range":
        yield value[1]
        return
    for inner in value:
        yield from _ranges(inner)


def _revived(value):
    """What a layer's configuration holds of other objects of its library."""
    if isinstance(value, (list, tuple)):
        return tuple(map(_revived, value))
    if not (isinstance(value, dict) and "class_name" in value):
        return value
    home = str(value.get("module", "")).split(".")[0]
    if home not in LIBRARIES and value.get("registered_name") is None:
        raise RequestError(f"`augmentation`: {value} is of neither library.")
    return keras.saving.deserialize_keras_object(value)
