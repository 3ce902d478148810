"""Augmentation in words: one of ours, and layers of Keras and keras-cv.

`standard + keras.layers.RandomPerspective(0.1) + keras_cv.RandAugment` is read
here, without anything heavy; `keras_layers` makes the layers.
"""

import ast
import dataclasses
import re

# What a word begins with, and the module that has the layers.
LIBRARIES = {"keras": "keras.layers", "keras_cv": "keras_cv.layers"}
# Layers that mix pictures, whose labels have to be mixed with them.
_MIXING = ("CutMix", "FourierMix", "MixUp", "Mosaic", "RandomCopyPaste")
# A name of ours, or what somebody takes for one.
_NAME = re.compile(r"[^\W\d][\w-]*")
EXAMPLE = "standard+keras.layers.RandomPerspective(0.1)+keras_cv.RandAugment"


@dataclasses.dataclass(frozen=True)
class LayerWords:
    """A layer and what it is made with.

    Args:
        library: A name of `LIBRARIES`.
        name: Of its class.
        positional: Its arguments without names: Python's literals, lists as
            tuples.
        named: Its other arguments, `(name, literal)`.
    """

    library: str
    name: str
    positional: tuple = ()
    named: tuple[tuple[str, object], ...] = ()

    def __str__(self):
        said = [repr(value) for value in self.positional]
        said += [f"{name}={value!r}" for name, value in self.named]
        arguments = f"({', '.join(said)})" if said else ""
        return f"{LIBRARIES[self.library]}.{self.name}{arguments}"


def read(text: str) -> tuple[str | None, tuple[LayerWords, ...]]:
    """Splits words into the name of an augmentation of ours and layers.

    Args:
        text: Parts joined by `+`.

    Returns:
        The name, None where only layers stand there; the layers in order.

    Raises:
        RequestError: It cannot be read.

    Example:

    ```python
    from pipelines.batches.layer_words import read
    name, (layer,) = read("standard+keras.layers.RandomPerspective(0.1)")
    assert name == "standard" and layer.positional == (0.1,)
    assert str(layer) == "keras.layers.RandomPerspective(0.1)"
    assert read("crop") == ("crop", ())
    ```
    """
    text = text.strip()
    if _NAME.fullmatch(text):
        # Whoever knows the names says whether it is one.
        return text, ()
    try:
        parts = _parts(ast.parse(text, mode="eval").body)
        said = [ast.get_source_segment(text, part) for part in parts]
        names = [each for each in said if _NAME.fullmatch(each)]
        layers = [
            part
            for part, each in zip(parts, said, strict=True)
            if not _NAME.fullmatch(each)
        ]
        if len(names) > 1:
            raise ValueError("only one name of ours, " + " or ".join(names))
        return next(iter(names), None), tuple(map(_layer, layers))
    except (ValueError, SyntaxError) as error:
        # The zoo imports Keras.
        from zoo.errors import RequestError

        raise RequestError(
            f"`augmentation={text}` cannot be read: "
            f"{getattr(error, 'msg', error)}. Expected a name, or a name and "
            f"layers of Keras or keras-cv, such as {EXAMPLE}."
        ) from None


def has_layers(text: str) -> bool:
    """Whether words name a layer, and not only one of ours."""
    return bool(read(text)[1])


def _parts(node: ast.expr) -> list[ast.expr]:
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        return [*_parts(node.left), *_parts(node.right)]
    return [node]


def _layer(node: ast.expr) -> LayerWords:
    call = node if isinstance(node, ast.Call) else ast.Call(node, [], [])
    *modules, name = ast.unparse(call.func).split(".")
    library = modules[0] if modules else ""
    is_known = library in LIBRARIES and name.isidentifier()
    if not is_known or modules not in ([library], [library, "layers"]):
        raise ValueError(f"{ast.unparse(call.func)} is of neither library")
    if name in _MIXING:
        raise ValueError(
            f"{name} mixes pictures whose labels have to be mixed too, which "
            "`mixup` and `cutmix` do"
        )
    named = tuple((word.arg, _value(word.value)) for word in call.keywords)
    return LayerWords(library, name, tuple(map(_value, call.args)), named)


def _value(node: ast.expr):
    try:
        return _fixed(ast.literal_eval(node))
    except ValueError:
        raise ValueError(
            f"{ast.unparse(node)} is no literal of Python"
        ) from None


def _fixed(value):
    """Layers take tuples where the words that JSON has kept hold lists."""
    if isinstance(value, (list, tuple)):
        return tuple(map(_fixed, value))
    if isinstance(value, dict):
        return {name: _fixed(inner) for name, inner in value.items()}
    return value
