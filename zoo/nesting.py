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
    for layer in layers_in(owner):
        yield layer
        yield from every_layer(layer)
