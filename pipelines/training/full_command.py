"""The command that is the same run, with nothing left open."""

from pipelines.pages.commands import command
from pipelines.runs.config import RunConfig
from pipelines.runs.modes import ADD_CLASSES
from pipelines.runs.modes import unused_names
from pipelines.runs.recipes import settings_of as recipe_settings
from pipelines.runs.settings import is_given
from pipelines.training.config import FinetuneConfig

# What depends on pictures or device although its default is no None.
_CHOSEN = ("augmentation", "precision")
# A finished run is not written over; and what `plan` says itself.
_LEFT_OUT = ("output",)
_OF_A_PLAN = ("epochs", "learning_rate")


def as_command(config: RunConfig) -> str:
    """Writes the command that says everything and leaves nothing open.

    It writes into a folder of its own, so that it can be typed as it is.

    Args:
        config: With all defaults filled in.

    Example:

    ```python
    from pipelines.training.config import FinetuneConfig
    from pipelines.training.full_command import as_command
    config = FinetuneConfig("my photos", "resnet20", "run", weights="cifar10",
                            plan="head:20@0.4", precision="float32")
    assert as_command(config) == (
        "zoo finetune --data='my photos' --model=resnet20 --weights=cifar10 "
        "--augmentation=auto --precision=float32 --plan=head:20@0.4")
    ```
    """
    from_recipe = recipe_settings(config.recipe, {})
    verb, left_out = "train", set(_LEFT_OUT)
    if isinstance(config, FinetuneConfig):
        verb, left_out = "finetune", {*_LEFT_OUT, *_OF_A_PLAN}
        if config.add_classes:
            left_out |= set(unused_names(FinetuneConfig, ADD_CLASSES))
    said = {
        name: _in_words(value)
        for name, value in config.as_dict().items()
        if name not in left_out
        # A default of ours, too, where the recipe has another value.
        and (name in from_recipe or _is_open(config, name))
    }
    return command(verb, **said)


def _is_open(config: RunConfig, name: str) -> bool:
    """Whether a setting is another one where nobody says it."""
    # Who names no weights to fine-tune starts from pretrained ones.
    return name == "weights" or name in _CHOSEN or is_given(config, name)


def _in_words(value) -> str | bool:
    """Writes a value as a flag takes it."""
    if isinstance(value, tuple):
        return ",".join(map(str, value))
    return "none" if value is None else value
