"""What lets `import zoo` stay quick: names that are loaded when first used.

Commands check their words by the zoo's tables before Keras and TensorFlow
are imported, which takes seconds.
"""

import importlib
import importlib.util
import sys
import types
from collections.abc import Callable
from collections.abc import Mapping


def late_names(package: str, homes: Mapping[str, str]) -> Callable:
    """Makes the `__getattr__` of a module (PEP 562).

    Args:
        package: Its name. Of a package the modules are found as well.
        homes: The module of each name that is loaded when first used.

    Example:

    ```python
    from zoo.importing import late_names
    find = late_names("zoo", {"Stage": "zoo.stages"})
    assert find("Stage").__name__ == "Stage"
    assert find("variants").__name__ == "zoo.variants"
    ```
    """

    here = sys.modules[package]

    def find(name: str):
        if name in homes:
            found = getattr(importlib.import_module(homes[name]), name)
            setattr(here, name, found)
            return found
        # Python asks every module for some names with underscores.
        if "__path__" in vars(here) and not name.startswith("_"):
            module = f"{package}.{name}"
            if importlib.util.find_spec(module):
                return importlib.import_module(module)
        raise AttributeError(f"module {package!r} has no attribute {name!r}")

    return find


class CallableModule(types.ModuleType):
    """A module that is called as the function of its name.

    `zoo.stages` is a function and `zoo/stages.py` a module, and Python has one
    place for both: the module, which can do what the function does.
    """

    def __call__(self, *args: object, **kwargs: object) -> object:
        name = self.__name__.rpartition(".")[2]
        return getattr(self, name)(*args, **kwargs)
