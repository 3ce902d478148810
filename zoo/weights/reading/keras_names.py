"""What the arrays in Keras's `.h5` files are called.

Names are `layer/variable`, made like this:

- Old files have a group for each layer, and in it the variables by their
  path: `conv1/conv1/kernel:0`. The folders that all variables of a layer
  share and the `:0` are left out: `conv1/kernel`, `mha/query/kernel`.
- Files of Keras 3 number the variables and name the layer's class:
  `layers/conv2d_3/vars/0`. The layer's own name stands beside it, so this
  is `conv1/0`; a layer inside of a layer is `mha/query_dense/0`.

State of the optimizer and seeds of random layers are left out.
"""

import h5py

from zoo.weights.reading import limits

_FORM = "Keras"
_MAX_NAME = 1000
_NO_WEIGHTS = ("optimizer", "optimizer_weights", "seed_generator")


def name_weights(file, found, path) -> dict[str, h5py.Dataset]:
    """Gives the arrays that are weights their names, `layer/variable`.

    Args:
        file: The open file.
        found: Its arrays by their path.
        path: For messages.

    Raises:
        IntegrityError: Two arrays have one name, or there are no weights.
    """
    places = {
        place: dataset
        for place, dataset in found.items()
        if not any(part in _NO_WEIGHTS for part in place)
    }
    if "model_weights" in file:
        places = {
            place[1:]: dataset
            for place, dataset in places.items()
            if place[0] == "model_weights"
        }
    numbered = all(place[-2:-1] == ("vars",) for place in places)
    naming = _new_names(file, places) if numbered else _old_names(places)
    named = {}
    for place, name in naming.items():
        if name in named:
            raise limits.damaged(
                path, f"two of its arrays are called {name[:200]!r}", _FORM
            )
        named[name] = places[place]
    if not named:
        raise limits.damaged(path, "it has no weights", _FORM)
    return named


def _old_names(places) -> dict[tuple[str, ...], str]:
    layers = {}
    for place in places:
        layers.setdefault(place[0], []).append(place)
    naming = {}
    for layer, own in layers.items():
        folders = [place[1:-1] for place in own]
        shared = 0
        for parts in zip(*folders, strict=False):
            if len(set(parts)) > 1:
                break
            shared += 1
        for place in own:
            rest = "/".join(place[1 + shared :]).removesuffix(":0")
            naming[place] = f"{layer}/{rest}" if rest else layer
    return naming


def _new_names(file, places) -> dict[tuple[str, ...], str]:
    naming = {}
    for place in places:
        parts = []
        for depth, part in enumerate(place[:-2]):
            if part == "layers":
                continue
            is_layer = depth and place[depth - 1] == "layers"
            own = _own_name(file, place[: depth + 1]) if is_layer else None
            parts.append(own or part)
        naming[place] = "/".join((*parts, place[-1]))
    return naming


def _own_name(file, place) -> str | None:
    """Returns the name that a layer was given, where Keras wrote it down."""
    where = "/".join((*place, "vars"))
    attributes = file[where].attrs if where in file else ()
    if "name" not in attributes:
        return None
    attribute = attributes.get_id("name")
    kind = attribute.get_type()
    # Lists of lists of numbers are read by the same call, and less safely.
    is_string = isinstance(kind, h5py.h5t.TypeStringID)
    if not is_string or attribute.shape != () or kind.get_size() > _MAX_NAME:
        return None
    name = attributes["name"]
    whole = isinstance(name, str) and 0 < len(name) <= _MAX_NAME
    return name if whole else None
