"""Settings that papers trained with, by name.

A recipe fills in what is not said otherwise, and changes nothing by itself:
`config.json` shows every value. Rates are for a batch of 256 and are scaled
to the batch in use, which stays yours to choose; `batch` says the paper's.
Durations are parts of the run where the paper's make sense for a run of
another length.
"""

import dataclasses
import types
from collections.abc import Mapping

from zoo.errors import RequestError
from zoo.variants import nearest


@dataclasses.dataclass(frozen=True)
class Recipe:
    """One way to train.

    Args:
        name: What `recipe` calls it.
        paper: Where it is from, with its section.
        batch: Examples of a step there.
        settings: Settings by their names (`pipelines.runs.config`).
    """

    name: str
    paper: str
    batch: int
    settings: Mapping[str, object]

    def __post_init__(self):
        settings = types.MappingProxyType(dict(self.settings))
        object.__setattr__(self, "settings", settings)


_ROWS = (
    # The paper lowers the rate three times, when the validation error stops
    # falling; Caffe's reimplementation after every 20 of 90 epochs. Its rate
    # is 0.01 for 128. The biases' own start (1) and rate (twice) are left
    # out.
    Recipe(
        "alexnet2012",
        "Krizhevsky et al., ImageNet Classification with Deep Convolutional "
        "Neural Networks, 2012, section 5",
        128,
        {
            "model": "alexnet",
            "optimizer": "momentum",
            "momentum": 0.9,
            "weight_decay": 5e-4,
            "learning_rate": 0.02,
            "schedule": "step",
            "warmup": "0%",
            "milestones": ("22.2%", "44.4%", "66.7%"),
            "epochs": 90,
            "augmentation": "alexnet",
        },
    ),
    # The paper lowers the rate when the error stops falling, in 600,000
    # steps (120 epochs); here after 30, 60 and 90 of 120. It resizes the
    # shorter side to 256…480 before the crop, where `standard` draws the
    # crop's area.
    Recipe(
        "resnet2015",
        "He et al., Deep Residual Learning for Image Recognition, 2015, "
        "section 3.4",
        256,
        {
            "model": "resnet50",
            "optimizer": "momentum",
            "momentum": 0.9,
            "weight_decay": 1e-4,
            "learning_rate": 0.1,
            "schedule": "step",
            "warmup": "0%",
            "milestones": ("25%", "50%", "75%"),
            "epochs": 120,
            "augmentation": "standard",
        },
    ),
    # 8e-3 for a batch of 2048. RandAugment has 6 of 10 in both, with noise of
    # 0.5 there. clip_norm is inside the LAMB that it used.
    Recipe(
        "resnet_rsb_a3",
        "Wightman et al., ResNet strikes back, 2021, section 3, table 2",
        2048,
        {
            "model": "resnet50",
            "optimizer": "lamb",
            "weight_decay": 0.02,
            "learning_rate": 1e-3,
            "clip_norm": 1.0,
            "schedule": "cosine",
            "warmup": "5%",
            "epochs": 100,
            "loss": "bce",
            "target_threshold": 0.2,
            "label_smoothing": 0.0,
            "mixup": 0.1,
            "cutmix": 1.0,
            "augmentation": "randaugment_6_of_10",
            "image_size": 224,
            "train_size": 160,
        },
    ),
    # 0.256 for a batch of 4096, warmed up in 5 of 350 epochs, and label
    # smoothing as in the paper's code. AutoAugment is RandAugment here.
    # Kernels decay only, where the code spares nothing but BatchNorm.
    Recipe(
        "efficientnet2019",
        "Tan and Le, EfficientNet, 2019, section 5.2",
        4096,
        {
            "model": "efficientnet_b0",
            "optimizer": "rmsprop",
            "momentum": 0.9,
            "weight_decay": 1e-5,
            "learning_rate": 0.016,
            "schedule": "exponential",
            "warmup": "1.43%",
            "milestones": ("2.4ep",),
            "decay": 0.97,
            "epochs": 350,
            "label_smoothing": 0.1,
            "ema": 0.9999,
            "augmentation": "randaugment",
        },
    ),
    # 0.1 for a batch of 128, lowered after 32,000 and 48,000 of 64,000 steps,
    # which are 164 epochs of all 50,000 pictures. The paper starts
    # ResNet-110 at a tenth of the rate.
    Recipe(
        "cifar_resnet",
        "He et al., Deep Residual Learning for Image Recognition, 2015, "
        "section 4.2",
        128,
        {
            "model": "resnet20",
            "optimizer": "momentum",
            "momentum": 0.9,
            "weight_decay": 1e-4,
            "learning_rate": 0.2,
            "schedule": "step",
            "warmup": "0%",
            "milestones": ("50%", "75%"),
            "epochs": 164,
            "augmentation": "shift",
        },
    ),
    # For minutes on a few processor cores: the paper's single cycle at a
    # high rate, with label smoothing.
    Recipe(
        "cifar_fast",
        "Smith and Topin, Super-Convergence, 2017, section 3",
        128,
        {
            "model": "resnet20",
            "optimizer": "sgd",
            "momentum": 0.9,
            "weight_decay": 5e-4,
            "learning_rate": 0.4,
            "schedule": "one_cycle",
            "warmup": "20%",
            "epochs": 10,
            "label_smoothing": 0.1,
            "augmentation": "shift",
        },
    ),
)
RECIPES = {row.name: row for row in _ROWS}


def find_recipe(name: str) -> Recipe:
    """Returns a recipe by its name.

    Raises:
        RequestError: There is none of that name.

    Example:

    ```python
    from pipelines.runs.recipes import find_recipe
    assert find_recipe("resnet_rsb_a3").settings["optimizer"] == "lamb"
    ```
    """
    if name not in RECIPES:
        raise RequestError(
            f"`recipe={name}` is not known. Nearest: "
            f"{', '.join(nearest(name, RECIPES))}."
        )
    return RECIPES[name]


def settings_of(name: str | None, given: Mapping) -> dict:
    """Returns what a recipe says beside what was given.

    Where another optimizer, schedule, loss, size or plan is given, what the
    recipe says about its own goes with it.

    Args:
        name: The recipe's; None for no settings at all.
        given: Settings that override it.

    Raises:
        RequestError: There is none of that name.

    Example:

    ```python
    from pipelines.runs.recipes import settings_of
    settings = settings_of("cifar_resnet", {"schedule": "cosine"})
    assert "milestones" not in settings and settings["epochs"] == 164
    ```
    """
    settings = dict(find_recipe(name).settings) if name else {}
    for field, others in _TOGETHER.items():
        if field in given and given[field] != settings.get(field):
            settings = {n: settings[n] for n in settings if n not in others}
    return {n: settings[n] for n in settings if n not in given}


# What has a meaning only with the optimizer, schedule, loss or size it is
# for, or without a plan.
_TOGETHER = {
    "optimizer": ("learning_rate", "momentum", "weight_decay"),
    "schedule": ("warmup", "milestones", "decay"),
    "loss": ("target_threshold",),
    "image_size": ("train_size",),
    "plan": ("epochs", "learning_rate"),
}
