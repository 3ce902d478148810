"""What fine-tuning is asked to do, resolved and frozen."""

import dataclasses
from typing import ClassVar

from pipelines.runs.config import AUTO
from pipelines.runs.config import RunConfig
from zoo.errors import RequestError


@dataclasses.dataclass(frozen=True)
class FinetuneConfig(RunConfig):
    """What `finetune` is asked to do.

    Args:
        plan: Phases in words (see `parse_plan`), or None for the default.
        stage_lr_decay: Each stage learns at this many times the rate of the
            one above it, in (0, 1].
        freeze_batch_norm: Whether BatchNorm stays frozen in stages that
            learn, too.
        cache: Whether what frozen stages compute is kept.
        patience: Epochs without a better result after which to stop and go
            back to the best; 0 for never.
        probe: Whether only a linear classifier is fitted to the features.
        add_classes: The folder of a run whose model learns the classes of
            `data` besides its own.

    Raises:
        RequestError: Values are out of range or contradict each other.
    """

    # A short run from good features gains nothing from hard crops.
    PHOTO_AUGMENTATION: ClassVar[str] = "gentle"
    USUAL_BATCH: ClassVar[int] = 32

    plan: str | None = None
    stage_lr_decay: float = 1.0
    freeze_batch_norm: bool = False
    cache: bool = True
    patience: int = 0
    probe: bool = False
    add_classes: str | None = None

    def __post_init__(self):
        super().__post_init__()
        if not 0 < self.stage_lr_decay <= 1:
            raise RequestError(
                "--stage_lr_decay lies above 0 and is at most 1. "
                f"Received: {self.stage_lr_decay}"
            )
        if self.patience < 0:
            raise RequestError(
                f"--patience is 0 or more epochs. Received: {self.patience}"
            )
        if self.plan and (self.epochs or self.learning_rate):
            raise RequestError(
                "--plan says epochs and rates itself. Give either --plan, or "
                "--epochs and --learning_rate."
            )
        self._refuse("probe", "takes no steps", _OF_STEPS)
        self._refuse("add_classes", "goes on with a run's model", _OF_STARTS)
        if self.weights is None:
            for name in ("probe", "freeze_batch_norm", "stage_lr_decay"):
                if getattr(self, name) != default_of(name):
                    raise RequestError(
                        f"--{name} is for weights that have learned "
                        "something. Give --weights, or leave it out."
                    )

    def _refuse(self, flag: str, why: str, others) -> None:
        if getattr(self, flag) == default_of(flag):
            return
        given = [n for n in others if getattr(self, n) != default_of(n)]
        if given:
            raise RequestError(
                f"--{flag} {why}, so --{given[0]} has no meaning with it. "
                "Give one of the two."
            )


# What says how steps are taken.
_OF_STEPS = (
    "plan",
    "epochs",
    "learning_rate",
    "patience",
    "stage_lr_decay",
    "freeze_batch_norm",
    "label_smoothing",
)


# What says where a run starts.
_OF_STARTS = ("probe", "fold", "shots")


def default_of(name: str):
    """Returns what a setting is where nobody gives it."""
    fields = {field.name: field for field in dataclasses.fields(FinetuneConfig)}
    return fields[name].default


def check_asked(config: FinetuneConfig) -> None:
    """Refuses what has no meaning together, before anything is filled in.

    Raises:
        RequestError: A setting would be ignored.
    """
    if config.probe and config.augmentation not in (AUTO, "none"):
        raise RequestError(
            "--probe looks at the pictures as they are, so "
            f"--augmentation={config.augmentation} has no meaning with it. "
            "Leave one of the two out."
        )
    if config.probe and config.train_size:
        raise RequestError(
            "--probe looks at the pictures at the size that it judges, so "
            f"--train_size={config.train_size} has no meaning with it. Leave "
            "one of the two out."
        )


def check_finding(config: FinetuneConfig) -> None:
    """Refuses what has no meaning where only a rate is looked for.

    Raises:
        RequestError: A setting would be ignored.
    """
    for name in ("plan", "probe", "learning_rate", "epochs", "patience"):
        if getattr(config, name) not in (default_of(name), AUTO):
            raise RequestError(
                f"--find_lr only looks for a learning rate, so --{name} has "
                "no meaning with it. Leave one of the two out."
            )
