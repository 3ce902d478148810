"""Two sets of pictures as one."""

import dataclasses

import numpy as np

from pipelines.data.examples import Examples
from zoo.errors import DataError


def join(first: Examples, second: Examples) -> Examples:
    """Returns all examples of one set, then all of another.

    Args:
        first: Labels are those of both sets' class names; both are turned
            upright, or both are not.
        second: With the same class names.

    Raises:
        DataError: The classes differ.
    """
    if first.class_names != second.class_names:
        raise DataError(
            "Two sets of pictures can be taken together only if their "
            f"classes are the same. Received: {first.class_names} and "
            f"{second.class_names}."
        )
    boundary = len(first)

    def encoded(wanted):
        pictures = dict.fromkeys(wanted)
        for examples, mine, offset in (
            (first, [i for i in pictures if i < boundary], 0),
            (second, [i for i in pictures if i >= boundary], boundary),
        ):
            read = examples.read([i - offset for i in mine]) if mine else []
            pictures.update(zip(mine, read, strict=True))
        return [pictures[i] for i in wanted]

    return Examples(
        (*first.names, *second.names),
        np.concatenate([first.labels, second.labels]),
        first.class_names,
        encoded,
        upright=first.upright,
    )


def as_several(examples: Examples) -> Examples:
    """Returns the same pictures, each of which shows its one class.

    Args:
        examples: Of one class each, or of several already.
    """
    if examples.several:
        return examples
    ones = np.eye(len(examples.class_names), dtype="uint8")
    return dataclasses.replace(examples, labels=ones[examples.labels])


def relabel(examples: Examples, class_names: tuple[str, ...]) -> Examples:
    """Returns the same pictures, labelled by their places in another list.

    Args:
        examples: Every class of theirs is in the list.
        class_names: The list.
    """
    places = [class_names.index(name) for name in examples.class_names]
    if examples.several:
        labels = np.zeros((len(examples), len(class_names)), "uint8")
        labels[:, places] = examples.labels
    else:
        labels = np.asarray(places, "int32")[examples.labels]
    return Examples(
        examples.names,
        labels,
        tuple(class_names),
        examples.encoded,
        examples.fetch,
        examples.sha256,
        examples.upright,
    )
