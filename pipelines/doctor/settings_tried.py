"""The kinds of runs that are killed, and how one of them is carried out."""

import dataclasses
import pathlib
from collections.abc import Callable

import numpy as np
import tensorflow as tf
from PIL import Image

from pipelines.runs.options import RunOptions
from pipelines.training.config import FinetuneConfig
from pipelines.training.config import TrainConfig
from pipelines.training.fine_tuning.adding_classes import add_classes
from pipelines.training.fine_tuning.comparison import compare_with_scratch
from pipelines.training.fine_tuning.cross_validation import cross_validate
from pipelines.training.fine_tuning.fine_tuning import finetune_run
from pipelines.training.from_scratch import train

_SIDE = 16
_TRAINED, _JUDGED = 8, 2
_CLASSES, _MORE = 3, 4
_BATCH = 6
OLD_RUN = "old"
_ALL = {
    "model": "alexnet_cifar",
    "image_size": _SIDE,
    "global_batch_size": _BATCH,
    "augmentation": "shift",
    "precision": "float32",
    "checkpoint_steps": 1,
    "scalar_steps": 3,
    "epochs": 2,
}
_SCRATCH = {"learning_rate": 0.1}
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
    "kept_features": RunKind({**_TUNED, "plan": _PLAN}, "finetune"),
    "no_features": RunKind(
        {**_TUNED, "plan": _PLAN, "cache": False}, "finetune"
    ),
    "found_rate": RunKind({**_TUNED, "learning_rate": "auto"}, "finetune"),
    "folds": RunKind({**_TUNED, "plan": "head:1@0.1"}, "folds"),
    "scratch": RunKind({**_TUNED, "plan": "head:1@0.1"}, "scratch"),
    "add_classes": RunKind({"plan": _PLAN, "upscale": True}, "add_classes"),
}


def draw_pictures(folder) -> None:
    """Writes noisy pictures, a colour a class.

    Args:
        folder: A new one: three classes in `pictures`, four in `more`, of
            which three are the same.
    """
    for name, classes in (("pictures", _CLASSES), ("more", _MORE)):
        generator = np.random.default_rng(classes)
        for part, count in (("train", _TRAINED), ("val", _JUDGED)):
            for label in range(classes):
                place = pathlib.Path(folder) / name / part / f"class{label}"
                place.mkdir(parents=True)
                colour = np.roll((200, 60, 60), label) + 20 * (label // 3)
                for i in range(count):
                    pixels = generator.normal(colour, 60, (_SIDE, _SIDE, 3))
                    pixels = np.clip(pixels, 0, 255).astype("uint8")
                    Image.fromarray(pixels).save(place / f"{i}.png")


def carry_out(name: str, place, output, say=print, **changes) -> None:
    """Carries a run out in this process, from its start or where it stands.

    Args:
        name: One of `SETTINGS`.
        place: The folder of `draw_pictures`.
        output: The run's folder.
        say: Tells a person something in one line.
        changes: Other settings.
    """
    setting, place = SETTINGS[name], pathlib.Path(place)
    if setting.devices > 1:
        cpu = tf.config.list_physical_devices("CPU")[0]
        one = tf.config.LogicalDeviceConfiguration()
        tf.config.set_logical_device_configuration(cpu, [one] * setting.devices)
    cluster = "tf_config" if setting.workers > 1 else "none"
    options = RunOptions(cluster=cluster)
    values = {"output": str(output), **_ALL, **setting.values, **changes}
    _KINDS[setting.kind](place, values, options, say)


def _train(place, values, options, say) -> None:
    values = {**_SCRATCH, **values, "data": str(place / "pictures")}
    train(TrainConfig(**values), options=options, say=say)


def _tuned(place, values) -> FinetuneConfig:
    if "plan" in values:
        values = {**values, "epochs": None}
    return FinetuneConfig(**{"data": str(place / "pictures"), **values})


def _finetune(place, values, options, say) -> None:
    finetune_run(_tuned(place, values), options=options, say=say)


def _folds(place, values, options, say) -> None:
    cross_validate(_tuned(place, values), 2, options=options, say=say)


def _scratch(place, values, options, say) -> None:
    compare_with_scratch(_tuned(place, values), options=options, say=say)


def _add_classes(place, values, options, say) -> None:
    values = {
        **values,
        "data": str(place / "more"),
        "model": None,
        "image_size": None,
        "add_classes": str(place / OLD_RUN),
    }
    add_classes(_tuned(place, values), options=options, say=say)


_KINDS: dict[str, Callable] = {
    "train": _train,
    "finetune": _finetune,
    "folds": _folds,
    "scratch": _scratch,
    "add_classes": _add_classes,
}
