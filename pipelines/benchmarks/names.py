"""What the parts of measurements are called. Pure Python: looked up early.

A test compares them with the tables that have what is behind the names.
"""

import os
from collections.abc import Sequence

from pipelines.evaluation.explanations.names import NAMES
from pipelines.runs.config import PRECISIONS
from zoo.errors import RequestError

# Formats with the precision of their weights.
EXPORTS = (
    "savedmodel_float32", "litert_float32", "litert_float16", "litert_int8",
    "onnx_float32", "onnx_int8", "openvino_float32", "openvino_float16",
    "openvino_int8",
)  # fmt: skip
# The smallest network of each family, and of each kind of layer.
PARITY = (
    "alexnet", "alexnet_owt", "alexnet_cifar", "resnet20", "resnet18_v2",
    "resnet18_d", "resnet50", "resnext50_32x4d", "wide_resnet50_2",
    "efficientnet_cifar", "efficientnet_lite0", "efficientnet_b0",
    "efficientnetv2_b0", "mobilenetv3_small", "mobilenetv3_small_minimal",
    "vit_s16",
)  # fmt: skip
PARTS = {
    "export": EXPORTS,
    "parity": EXPORTS,
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
_MODELS = {"train": MODELS, "parity": PARITY}


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
        ("models", models, _MODELS.get(subject, ())),
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
