"""What the classes of published weights are called, in label order."""

import collections
import functools
import json
import pathlib

_IMAGENET = pathlib.Path(__file__).parent / "data" / "imagenet_classes.json"

CIFAR10 = (
    "airplane",
    "automobile",
    "bird",
    "cat",
    "deer",
    "dog",
    "frog",
    "horse",
    "ship",
    "truck",
)


@functools.cache
def imagenet_classes() -> tuple[tuple[str, str], ...]:
    """Returns WordNet's number and the synonyms of ImageNet's 1,000 classes.

    Example:

    ```python
    from zoo.weights.classes import imagenet_classes
    assert imagenet_classes()[0] == ("n01440764", "tench, Tinca tinca")
    ```
    """
    rows = json.loads(_IMAGENET.read_text(encoding="utf-8"))
    return tuple((wnid, synonyms) for wnid, synonyms in rows)


@functools.cache
def imagenet_names() -> tuple[str, ...]:
    """Returns the first synonym of each class, with its number where two
    classes share it (`crane` is a bird and a machine).

    Example:

    ```python
    from zoo.weights.classes import imagenet_names
    assert imagenet_names()[282] == "tiger cat"
    assert imagenet_names()[134] == "crane (n02012849)"
    ```
    """
    first = [synonyms.split(", ")[0] for _, synonyms in imagenet_classes()]
    count = collections.Counter(first)
    return tuple(
        f"{name} ({wnid})" if count[name] > 1 else name
        for name, (wnid, _) in zip(first, imagenet_classes(), strict=True)
    )


@functools.cache
def imagenet_by_number() -> dict[str, str]:
    """Returns what `imagenet_names` calls a class, by its WordNet number.

    Example:

    ```python
    from zoo.weights.classes import imagenet_by_number
    assert imagenet_by_number()["n01440764"] == "tench"
    ```
    """
    numbers = (wnid for wnid, _ in imagenet_classes())
    return dict(zip(numbers, imagenet_names(), strict=True))
