"""Settings that say how steps are taken: what takes none has no use for them.

Whoever gives one of them wants steps, and `probe` refuses them.
"""

from pipelines.runs.settings import AUTO
from pipelines.runs.settings import default_of

# By name: the values beside the default that say nothing of steps.
OF_STEPS = {
    "recipe": (),
    "epochs": (),
    "learning_rate": (),
    "schedule": (),
    "warmup": (),
    "milestones": (),
    "decay": (),
    "cycles": (),
    "snapshots": (),
    "train_size": (),
    "progressive_from": (),
    "augmentation": (AUTO, "none"),
    "mixup": (),
    "cutmix": (),
    "mixing_off_for_last": (),
    "repeats": (),
    "balance": (0,),
    "optimizer": (),
    "momentum": (),
    "weight_decay": (),
    "clip_norm": (),
    "ema": (),
    "loss": (),
    "label_smoothing": (),
    "target_threshold": (),
    "class_weights": (),
    "logit_adjustment": (),
    "accumulate": (),
    "keep": (),
    "checkpoint_steps": (),
    "profile_steps": (),
    "scalar_steps": (),
    "plan": (),
    "stage_lr_decay": (),
    "freeze_batch_norm": (),
    "cache": (),
    "patience": (),
}


def steps_asked(config, chosen=()) -> list[str]:
    """Returns the settings by which somebody has asked for steps.

    Args:
        config: Of a run.
        chosen: Names of what nobody has asked for.

    Example:

    ```python
    from pipelines.training.config import FinetuneConfig
    from pipelines.training.of_steps import steps_asked
    asked = FinetuneConfig("photos", None, "run", weights=None, ema=0.9)
    assert steps_asked(asked) == ["ema"] and steps_asked(asked, ["ema"]) == []
    ```
    """
    return [
        name
        for name, silent in OF_STEPS.items()
        if name not in chosen and _is_asked(config, name, silent)
    ]


def _is_asked(config, name: str, silent: tuple) -> bool:
    value = getattr(config, name)
    if name == "train_size" and value == config.image_size:
        # The size that is judged.
        return False
    return value != default_of(type(config), name) and value not in silent
