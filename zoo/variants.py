"""Finding a row by its name, and answering well where there is none."""

import difflib
from collections.abc import Iterable
from collections.abc import Mapping

from zoo.errors import RequestError


def nearest(name: str, known: Iterable[str], count: int = 5) -> list[str]:
    """Returns the known names that are most like `name`, the best first.

    Example:

    ```python
    from zoo.variants import nearest
    assert nearest("resnet5", ["resnet50", "alexnet"])[0] == "resnet50"
    assert nearest("up", ["ignore", "upright"])[0] == "upright"
    ```
    """
    known, word = list(known), str(name).lower()
    close = difflib.get_close_matches(word, known, count, 0.5)
    # A short beginning is hardly like the whole, but means it.
    begun = sorted((each for each in known if each.startswith(word)), key=len)
    found = list(dict.fromkeys([*close, *(begun if word else [])]))
    return found[:count] or sorted(known)[:count]


def find_variant(table: Mapping, variant):
    """Returns the row named `variant`, or `variant` if it is a row itself.

    Raises:
        RequestError: No row has that name.
    """
    if not isinstance(variant, str):
        return variant
    if variant not in table:
        raise RequestError(
            f"No variant is called {variant!r}. Nearest: "
            f"{', '.join(nearest(variant, table))}."
        )
    return table[variant]
