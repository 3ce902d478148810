"""What the parts of measurements are called. Pure Python: looked up early.

A test compares them with the tables that have what is behind the names.
"""

import os
from collections.abc import Sequence

from pipelines.evaluation.explanations.names import NAMES
from pipelines.runs.config import PRECISIONS
from zoo.errors import RequestError

PARTS = {
    "pipeline": (
        "limit", "full_decode", "plain", "plain_streamed",
        "randaugment_streamed", "with_keras", "with_keras_cv", "gentle",
        "standard", "alexnet", "randaugment", "randaugment_6_of_10",
        "trivialaugment", "augmix", "erasing", "gridmask", "keras_bare",
        "keras", "keras_cv", "torch",
    ),
    "explanations": tuple(NAMES),
    "shots": ("probe", "head", "progressive"),
    "transfer": ("head", "whole", "usual"),
}  # fmt: skip
MODELS = ("resnet50", "efficientnet_b0", "resnet20")


def check_parts(
    subject: str,
    *,
    subjects: Sequence[str] = (),
    models: Sequence[str] = (),
    precisions: Sequence[str] = (),
) -> None:
    """Refuses names that a measurement has no part for.

    Args:
        subject: What is measured.
        subjects: Parts of it.
        models: Networks of `train`.
        precisions: The same.

    Raises:
        RequestError: There is no such part, or the measurement has none.

    Example:

    ```python
    from pipelines.benchmarks.names import check_parts
    check_parts("shots", subjects=["probe", "head"])
    ```
    """
    of_train = subject == "train"
    for name, given, known in (
        ("subjects", subjects, PARTS.get(subject, ())),
        ("models", models, MODELS if of_train else ()),
        ("precisions", precisions, tuple(PRECISIONS) if of_train else ()),
    ):
        if given and not known:
            raise RequestError(f"{subject} has no `{name}`. Leave it out.")
        if odd := [each for each in given if each not in known]:
            raise RequestError(
                f"`{name}={odd[0]}` is not one of {', '.join(known)}."
            )


def picture_beside(output: str) -> str:
    """Returns where what is drawn of results lies, beside their file.

    Example:

    ```python
    from pipelines.benchmarks.names import picture_beside
    assert picture_beside("runs/starts.json") == "runs/starts.png"
    ```
    """
    return os.path.splitext(output)[0] + ".png"
