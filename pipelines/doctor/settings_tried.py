"""How a run of a kind that is killed is carried out, and on which pictures."""

import pathlib
from collections.abc import Callable

import numpy as np
import tensorflow as tf
from PIL import Image

from pipelines.doctor.kinds import SETTINGS
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
