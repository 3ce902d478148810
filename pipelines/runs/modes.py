"""What a run may do instead of learning by steps, and has no use for then.

Which settings those are stands in their rows (`Setting.unused_in`).
"""

from pipelines.runs.settings import is_given
from pipelines.runs.settings import settings_of
from zoo.errors import RequestError

PROBE = "probe"
FIND_RATE = "find_lr"
COMPARE = "compare_scratch"
ADD_CLASSES = "add_classes"
FOLDS = "folds"
# Where no steps are taken, or none that anything is made of.
WITHOUT_STEPS = (PROBE, FIND_RATE)
_WHY = {
    PROBE: "takes no steps",
    FIND_RATE: "only looks for a learning rate",
    COMPARE: "learns by steps, with weights and without",
    ADD_CLASSES: "goes on with a run's model",
    FOLDS: "holds out every part in turn",
}


def unused(config, mode: str, chosen=()) -> list[str]:
    """Returns the settings that somebody has given and a mode does not use.

    Args:
        config: Of a run.
        mode: One of those above.
        chosen: Names of what nobody has asked for.

    Example:

    ```python
    from pipelines.runs.modes import PROBE, unused
    from pipelines.training.config import FinetuneConfig
    asked = FinetuneConfig("photos", None, "run", weights=None, ema=0.9)
    assert unused(asked, PROBE) == ["ema"]
    assert unused(asked, PROBE, chosen=["ema"]) == []
    ```
    """
    return [
        name
        for name in unused_names(type(config), mode)
        if name not in chosen and _is_asked(config, name)
    ]


def unused_names(kind: type, mode: str) -> list[str]:
    """Returns all settings of a configuration that a mode does not use."""
    return [
        name
        for name, setting in settings_of(kind).items()
        if mode in setting.unused_in
    ]


def refuse_unused(config, mode: str) -> None:
    """Refuses what would be ignored.

    Args:
        config: Of a run that is carried out in the mode.
        mode: One of those above.

    Raises:
        RequestError: Names the setting.
    """
    given = unused(config, mode)
    if given:
        raise RequestError(
            f"`{mode}` {_WHY[mode]}, so `{given[0]}` has no meaning with it. "
            "Give one of the two."
        )


def _is_asked(config, name: str) -> bool:
    value = getattr(config, name)
    if name == "train_size" and value == config.image_size:
        # The size that is judged.
        return False
    silent = settings_of(type(config))[name].silent
    return is_given(config, name) and value not in silent
