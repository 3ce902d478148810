"""Whether models come from one ancestor, so that a mean of them is a model.

Networks that were trained apart hold the same things in other channels: the
mean of their weights is none of them, and answers by chance. Those that were
fine-tuned from the same weights mostly are in one valley (Neyshabur et al.,
"What is being transferred in transfer learning?", 2020, section 4). What files
are called says nothing of that. The weights themselves do: kernels of networks
that began apart are at right angles, however long they were trained.
"""

import numpy as np

import zoo
from zoo.errors import RequestError

# Below this cosine two networks are not held for relatives. What was measured
# on both sides of it stands in docs/ensembles.md.
RELATED = 0.3
_HEAD = "head"


def relationship(first, second) -> float:
    """Returns how much two networks of one architecture look alike, in -1…1.

    The mean cosine of their kernels, each less its mean, without the head,
    which is new for each set of classes. BatchNorm, whose scales are positive
    in every network, does not count.

    Args:
        first: A model of the zoo.
        second: Another, whose weights have the same shapes.

    Example:

    ```python
    import zoo
    from pipelines.evaluation.ensembles.ancestry import relationship
    first, second = (zoo.create_model("resnet20") for _ in range(2))
    assert relationship(first, first) > 0.999
    assert abs(relationship(first, second)) < 0.1
    ```
    """
    pairs = zip(_kernels(first), _kernels(second), strict=True)
    return float(np.mean([_cosine(*pair) for pair in pairs]))


def _kernels(model) -> list[np.ndarray]:
    return [
        np.asarray(weight, "float64")
        for stage in zoo.stages(model)
        if stage.name != _HEAD
        for layer in stage.layers
        for weight in layer.get_weights()
        if weight.ndim > 1
    ]


def _cosine(first: np.ndarray, second: np.ndarray) -> float:
    first, second = first - first.mean(), second - second.mean()
    length = np.linalg.norm(first) * np.linalg.norm(second)
    return float((first * second).sum() / length) if length else 0.0


def check_relatives(models: dict) -> None:
    """Refuses models whose weights have no meaning together.

    Args:
        models: By the names that they were given by.

    Raises:
        RequestError: They are other networks, name or order their classes
            otherwise, see other pictures, or have no ancestor in common.
    """
    (name, first), *others = models.items()
    for other, model in others:
        for what, of in _SAME.items():
            if of(model) != of(first):
                raise RequestError(
                    f"`models`: {other} and {name} differ in {what}, so that "
                    "their weights have no mean. `how=probabilities` takes "
                    "the mean of what they say."
                )
        alike = relationship(first, model)
        if alike < RELATED:
            raise RequestError(
                f"`models`: {other} and {name} have no ancestor in common: "
                f"their kernels have a cosine of {alike:.2f}, expected "
                f"{RELATED} or more. A soup is of models fine-tuned from the "
                "same weights; `how=probabilities` takes any."
            )


def _shapes(model) -> list:
    return [(each.path, tuple(each.shape)) for each in model.weights]


_SAME = {
    "their layers": _shapes,
    "the size of their pictures": lambda model: model.input_shape,
    "what they expect of pictures": zoo.preprocessing,
    "their classes or the order of these": zoo.class_names,
}
