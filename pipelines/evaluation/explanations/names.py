"""What methods are called, and which are usual. Pure Python: looked up early.

A test compares them with the table that has what is behind the names.
"""

import dataclasses
from collections.abc import Sequence

from pipelines.data.spelling import folded
from zoo.errors import RequestError

ALL = "all"
# Beside whatever is asked for: what a map of nothing looks like.
RANDOM = "random"


@dataclasses.dataclass(frozen=True)
class MethodName:
    """What a person knows of a method.

    Args:
        name: As it is asked for.
        title: As its authors call it.
        told: What its heat is.
        is_cheap: Whether it takes about as long as seeing a picture twice.
        wants_tokens: Whether it is for transformers alone.
    """

    name: str
    title: str
    told: str
    is_cheap: bool = True
    wants_tokens: bool = False


NAMES = {
    row.name: row
    for row in (
        MethodName("grad_cam", "Grad-CAM", "channels by their mean gradients"),
        MethodName(
            "hires_cam", "HiResCAM", "each activation by its own gradient"
        ),
        MethodName(
            "grad_cam_plus_plus",
            "Grad-CAM++",
            "channels by gradients weighed place by place",
        ),
        MethodName(
            "layer_cam", "LayerCAM", "activations whose gradient is positive"
        ),
        MethodName(
            "eigen_cam",
            "EigenCAM",
            "what differs most between places, whatever is asked",
        ),
        MethodName(
            "score_cam",
            "Score-CAM",
            "channels by what they leave of the answer",
            is_cheap=False,
        ),
        MethodName(
            "integrated_gradients",
            "Integrated gradients",
            "what each pixel adds on the way from grey to the picture",
            is_cheap=False,
        ),
        MethodName(
            "smooth_grad",
            "SmoothGrad",
            "the mean gradient of copies with noise",
            is_cheap=False,
        ),
        MethodName(
            "occlusion",
            "Occlusion",
            "how far the answer falls under a grey window",
            is_cheap=False,
        ),
        MethodName(
            "attention_rollout",
            "Attention rollout",
            "patches by their share in the class token, whatever is asked",
            wants_tokens=True,
        ),
        MethodName(RANDOM, "Random", "chance: the measure of nothing"),
    )
}


def chosen(asked: Sequence[str]) -> tuple[str, ...]:
    """Returns the methods that are asked for, the measure of nothing last.

    Args:
        asked: Names, or `all`; the cheap ones where there is none. Case,
            blanks, hyphens and underscores are nothing: `Grad-CAM` is one.

    Raises:
        RequestError: There is no such method.

    Example:

    ```python
    from pipelines.evaluation.explanations.names import chosen
    assert chosen(["Grad-CAM"]) == ("grad_cam", "random")
    ```
    """
    spelt = {
        _squashed(text): row.name
        for row in NAMES.values()
        for text in (row.name, row.title)
    }
    found = []
    for word in asked:
        if _squashed(word) == ALL:
            found += NAMES
        elif _squashed(word) in spelt:
            found.append(spelt[_squashed(word)])
        else:
            raise RequestError(
                f"`methods={word}` is no method. Expected some of: "
                f"{', '.join(NAMES)}; or {ALL}."
            )
    found = found or [row.name for row in NAMES.values() if row.is_cheap]
    return (*(name for name in NAMES if name in {*found} - {RANDOM}), RANDOM)


def fitting(names: Sequence[str], tokens: bool) -> tuple[str, ...]:
    """Returns the methods that a network has something for.

    Args:
        names: Of methods.
        tokens: Whether it is a transformer.
    """
    return tuple(
        name for name in names if tokens or not NAMES[name].wants_tokens
    )


def _squashed(text: str) -> str:
    text = folded(text).replace("+", "plus")
    return "".join(letter for letter in text if letter.isalnum())
