"""Layers inside of layers: the zoo's graphs are flat, others' may not be."""

from collections.abc import Iterator

import keras


def layers_in(owner) -> list:
    """Returns the layers that a layer or a model is made of, one level down."""
    if isinstance(owner, keras.Model):
        return owner.layers
    # Keras has no public name for the layers in a layer.
    return list(owner._flatten_layers(include_self=False, recursive=False))


def every_layer(owner) -> Iterator:
    """Yields the layers of a layer or a model, and those inside of them.

    A layer that is used twice comes once.

    Example:

    ```python
    import keras
    from zoo.nesting import every_layer
    base = keras.Sequential([keras.layers.Dense(3, name="fc")], name="base")
    model = keras.Sequential([base, keras.layers.Dense(2, name="new")])
    names = [layer.name for layer in every_layer(model)]
    assert names == ["base", "fc", "new"]
    ```
    """
    yield from _every_layer(owner, set())


def _every_layer(owner, seen: set[int]) -> Iterator:
    for layer in layers_in(owner):
        if id(layer) not in seen:
            seen.add(id(layer))
            yield layer
            yield from _every_layer(layer, seen)


def layer_at(owner, place: str):
    """Returns the layer at a place such as `"base/stem_tokens"`.

    Args:
        owner: A layer or a model.
        place: Names of layers, each inside of the one before.

    Raises:
        LookupError: There is none.
    """
    for name in place.split("/"):
        found = [layer for layer in layers_in(owner) if layer.name == name]
        if not found:
            raise LookupError(f"{owner.name!r} holds no layer {name!r}")
        owner = found[0]
    return owner
