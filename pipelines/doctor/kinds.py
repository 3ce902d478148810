"""The kinds of runs that are killed. Pure Python: names are looked up early."""

import dataclasses
from collections.abc import Sequence

from zoo.errors import RequestError

_TUNED = {
    "model": "resnet20",
    "weights": "cifar10",
    "image_size": 32,
    "upscale": True,
}
_PLAN = "head:1@0.1,all:1@0.05"


@dataclasses.dataclass(frozen=True)
class RunKind:
    """A kind of run.

    Args:
        values: Settings, beside those that all have.
        kind: What carries it out, one of `_KINDS`.
        devices: How many it computes on.
        workers: How many processes it is.
    """

    values: dict
    kind: str = "train"
    devices: int = 1
    workers: int = 1


SETTINGS = {
    # With dropout, which alexnet_cifar has: all that has a state of its own.
    "mixed": RunKind({"mixup": 0.2, "augmentation": "randaugment", "ema": 0.9}),
    "float16": RunKind({"precision": "float16"}),
    "bfloat16": RunKind({"precision": "bfloat16", "accumulate": 2}),
    "lars": RunKind({"optimizer": "lars", "ema": 0.9}, devices=3),
    "lamb": RunKind({"optimizer": "lamb", "clip_norm": 1.0}),
    "snapshots": RunKind({"cycles": 2, "snapshots": True, "ema": 0.9}),
    "train_size": RunKind({"model": "resnet20", "train_size": 12}),
    "two_devices": RunKind({"cutmix": 1.0}, devices=2),
    "two_workers": RunKind({}, workers=2),
    "patience": RunKind(
        {**_TUNED, "plan": "all:4@0.2", "patience": 1, "ema": 0.9}, "finetune"
    ),
    "wise_ft": RunKind({**_TUNED, "plan": _PLAN, "wise_ft": 0.5}, "finetune"),
    "kept_features": RunKind({**_TUNED, "plan": _PLAN}, "finetune"),
    "no_features": RunKind(
        {**_TUNED, "plan": _PLAN, "cache": False}, "finetune"
    ),
    "found_rate": RunKind({**_TUNED, "learning_rate": "auto"}, "finetune"),
    "folds": RunKind({**_TUNED, "plan": "head:4@0.1"}, "folds"),
    "scratch": RunKind({**_TUNED, "plan": "head:1@0.1"}, "scratch"),
    "add_classes": RunKind({"plan": _PLAN, "upscale": True}, "add_classes"),
}


def kinds_asked(names: Sequence[str]) -> tuple[str, ...]:
    """Returns the kinds that a person asks for.

    Args:
        names: Out of `SETTINGS`, or `all`; however they are spelt.

    Raises:
        RequestError: There is no such kind, or none is named.

    Example:

    ```python
    from pipelines.doctor.kinds import kinds_asked
    assert kinds_asked(["Mixed", "two-devices"]) == ("mixed", "two_devices")
    ```
    """
    names = tuple(name.lower().replace("-", "_") for name in names)
    if "all" in names:
        return tuple(SETTINGS)
    listed = f"All: {', '.join(SETTINGS)}."
    if not names:
        raise RequestError(f"`settings` names no kind of run. {listed}")
    if odd := [name for name in names if name not in SETTINGS]:
        raise RequestError(f"`settings`: there is no {odd[0]}. {listed}")
    return names
