"""What a configuration leaves open, and why it becomes what it becomes.

All of it is decided once, by pure functions: here what can be known from the
pictures and the devices, in `pipelines.training.planning` what needs the
model's stages too. What had to be looked up (which device, whether weights can
be fetched) comes in as a fact.
"""

import dataclasses

import numpy as np

import zoo
from pipelines.features.start import AT_HAND
from pipelines.features.start import Devices
from pipelines.features.start import first_choice
from pipelines.features.start import suited_size
from pipelines.features.start import usual_weights
from pipelines.runs.config import RunConfig
from pipelines.runs.settings import AUTO
from pipelines.training.choices import Choice
from pipelines.training.choices import Choosing
from pipelines.training.config import EPOCHS
from pipelines.training.config import FinetuneConfig
from pipelines.training.config import TrainConfig
from pipelines.training.optimizers import OPTIMIZERS

# Pictures not much larger than the input are shifted, larger ones cropped.
_SHIFT_BELOW = 1.25
# Where the largest class is so many times the smallest, rare ones are shown in
# proportion to the square root of their sizes.
_UNEVEN = 3
_BALANCE = 0.5
# Why nothing is changed in them.
PROBED = "a probe sees pictures as they are"
# Why none comes more often than others.
PROBED_ONCE = "a probe takes every picture once"
# What learns by AdamW at a rate that falls from block to block, as BEiT and
# MAE are fine-tuned.
_TRANSFORMERS = ("vit",)
_TRANSFORMER_DECAY = 0.75


@dataclasses.dataclass(frozen=True)
class Usual:
    """What a way of training does where nobody says otherwise.

    Args:
        batch: Examples of a step, or less where there are fewer.
        photos: The augmentation of pictures larger than the input.
        warmup: How long the rate rises; None for the schedule's own.
    """

    batch: int
    photos: str
    warmup: str | None = None


_FROM_SCRATCH = Usual(128, "standard")
# A short run from good features gains nothing from hard crops.
_FINE_TUNING = Usual(32, "gentle", warmup="10%")


@dataclasses.dataclass(frozen=True)
class Resolved:
    """A configuration with everything chosen that its model is built from.

    Args:
        config: With these defaults filled in.
        choices: Of what was left open, by the names of the settings.
    """

    config: RunConfig
    choices: dict[str, Choice]

    def with_choice(self, name: str, value, why: str) -> "Resolved":
        """Returns the same with one more choice."""
        return Resolved(
            self.config.resolved(**{name: value}),
            {**self.choices, name: Choice(value, why)},
        )


def usual_of(config: RunConfig) -> Usual:
    """Returns what is usual in the way of training of a configuration."""
    return _FINE_TUNING if isinstance(config, FinetuneConfig) else _FROM_SCRATCH


def usual_warmup(config: RunConfig) -> str | None:
    """Returns how long the rate rises by itself; None for the schedule's own.

    One cycle rises for nearly half of its length, whoever asks for it.
    """
    if config.schedule == "one_cycle":
        return None
    return usual_of(config).warmup


def resolve(
    config: RunConfig, counts: np.ndarray, sides: np.ndarray, devices: Devices
) -> Resolved:
    """Decides what a configuration leaves open, all but a plan.

    Args:
        config: What was asked for.
        counts: Pictures of each class to learn from.
        sides: The shorter side of every picture, in pixels.
        devices: What there is to compute on.

    Example:

    ```python
    import numpy as np
    from pipelines.training.config import FinetuneConfig
    from pipelines.training.defaults import resolve
    from pipelines.features.start import Devices
    config = FinetuneConfig("photos", None, "run", weights="auto")
    found = resolve(config, np.array([20, 25]), np.full(45, 300),
                    Devices(gpu=False, precision="float32", fetched=False))
    assert found.config.model == "resnet20"
    assert found.choices["image_size"].value == 64
    ```
    """
    found = Choosing(config)
    _choose_start(found, sides, devices)
    if isinstance(config, TrainConfig):
        _choose_length(found)
    elif not config.probe:
        _choose_optimizer(found)
    _choose_image_size(found, sides)
    _choose_augmentation(found, sides)
    _choose_balance(found, counts)
    _choose_batch(found, int(counts.sum()))
    if config.precision == AUTO:
        quick = devices.precision
        found.choose("precision", quick, "what the device is quick at")
    if config.train_size is None:
        size = found["image_size"]
        found.choose("train_size", size, "the size that is judged")
    return Resolved(found.resolved(), found.choices)


def _choose_start(found: Choosing, sides, devices: Devices) -> None:
    """A network and weights where nobody has named them."""
    if found["model"] is not None:
        if found["weights"] == AUTO:
            model = found["model"]
            why = f"the usual ones of {model}"
            found.choose("weights", usual_weights(model), why)
        return
    start = first_choice(sides, gpu=devices.gpu, lite=devices.lite)
    if start == AT_HAND or devices.fetched:
        why = start.why
    else:
        why = (
            f"the weights {start.weights!r} of {start.model} are not here and "
            f"cannot be fetched from {start.address}; these come with the "
            "package"
        )
        start = AT_HAND
    found.choose("model", start.model, why)
    if found["weights"] == AUTO:
        found.choose("weights", start.weights, f"the usual of {start.model}")


def _choose_length(found: Choosing) -> None:
    if found["epochs"] is None:
        found.choose("epochs", EPOCHS, "the usual of training from scratch")
    if found["learning_rate"] is None:
        name = found["optimizer"]
        rate = OPTIMIZERS[name].learning_rate
        found.choose("learning_rate", rate, f"the usual of {name}")


def _choose_optimizer(found: Choosing) -> None:
    """By the kind of network, and the rates of its stages with it."""
    transformer = zoo.model_info(found["model"]).family in _TRANSFORMERS
    chosen = found["optimizer"] is None
    if chosen and transformer:
        why = "the lengths of a transformer's gradients differ by layer"
        found.choose("optimizer", "adamw", why)
    elif chosen:
        found.choose("optimizer", "sgd", "what convolutions learn best by")
    if found["stage_lr_decay"] is None:
        if transformer and chosen and found["weights"] is not None:
            why = "lower blocks transfer as they are, higher ones learn"
            found.choose("stage_lr_decay", _TRANSFORMER_DECAY, why)
        else:
            found.choose("stage_lr_decay", 1.0, "one rate for all stages")


def _choose_image_size(found: Choosing, sides) -> None:
    if found["image_size"] is not None:
        return
    model = found["model"]
    own = zoo.model_info(model).input_size
    # Who names a network gets its own size at least, and who trains one from
    # scratch no more.
    size, why = suited_size(model, sides)
    named = "model" not in found.choices
    scratch = not isinstance(found.config, FinetuneConfig)
    if (size < own and named) or (size > own and scratch):
        size, why = own, f"what {model} was made for"
    found.choose("image_size", size, why)


def _choose_augmentation(found: Choosing, sides) -> None:
    if found["augmentation"] != AUTO:
        return
    if found["probe"]:
        found.choose("augmentation", "none", PROBED)
        return
    size, middle = found["image_size"], np.median(sides)
    if middle <= _SHIFT_BELOW * size:
        why = f"the pictures are not much larger than {size} px"
        found.choose("augmentation", "shift", why)
    else:
        why = f"the pictures are larger than {size} px"
        found.choose("augmentation", usual_of(found.config).photos, why)


def _choose_balance(found: Choosing, counts: np.ndarray) -> None:
    if found["balance"] is not None:
        return
    if found["probe"]:
        found.choose("balance", 0.0, PROBED_ONCE)
        return
    largest, smallest = int(counts.max()), int(counts.min())
    if found["class_weights"] or found["logit_adjustment"]:
        why = "the loss makes up for rare classes already"
        found.choose("balance", 0.0, why)
    elif largest > _UNEVEN * max(1, smallest):
        why = f"classes have {smallest:,} to {largest:,} pictures"
        found.choose("balance", _BALANCE, why)
    else:
        found.choose("balance", 0.0, "the classes are of similar sizes")


def _choose_batch(found: Choosing, pictures: int) -> None:
    if found["global_batch_size"] is not None:
        return
    usual = usual_of(found.config).batch
    most = 2 ** int(np.log2(pictures))
    why = "the usual" if usual <= most else f"of {pictures:,} pictures"
    found.choose("global_batch_size", min(usual, most), why)
