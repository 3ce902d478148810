"""What training from scratch and fine-tuning are asked to do.

Pure Python, as all settings are: what is wrong with the words of a command is
said before anything heavy is imported.
"""

import dataclasses
from typing import ClassVar

from pipelines.runs.config import FREEZING
from pipelines.runs.config import START
from pipelines.runs.config import RunConfig
from pipelines.runs.modes import ADD_CLASSES
from pipelines.runs.modes import COMPARE
from pipelines.runs.modes import FIND_RATE
from pipelines.runs.modes import PROBE
from pipelines.runs.modes import WITHOUT_STEPS
from pipelines.runs.modes import refuse_unused
from pipelines.runs.recipes import settings_of as recipe_settings
from pipelines.runs.settings import AUTO
from pipelines.runs.settings import changed
from pipelines.runs.settings import documented
from pipelines.runs.settings import row
from pipelines.training.fine_tuning.plan import Phase
from pipelines.training.fine_tuning.plan import in_words
from pipelines.training.fine_tuning.plan import parse_plan
from pipelines.training.schedules import ScheduleWish
from zoo.errors import RequestError

# Epochs of a run for which nobody says how many.
EPOCHS = 30
# Steps of an epoch that is not known yet: more than any has.
_MANY = 10**9


@documented
@dataclasses.dataclass(frozen=True)
class TrainConfig(RunConfig):
    """What `train` is asked to do.

    Raises:
        RequestError: Values are out of range or contradict each other.
    """

    # Of fine-tuning: here everything learns from the first step to the last.
    plan: ClassVar[None] = None
    stage_lr_decay: ClassVar[float] = 1.0
    freeze_batch_norm: ClassVar[bool] = False
    cache: ClassVar[bool] = False
    patience: ClassVar[int] = 0
    wise_ft: ClassVar[None] = None
    probe: ClassVar[bool] = False

    model: str | None = changed(RunConfig, "model", flag_default="resnet50")
    epochs: int | None = changed(RunConfig, "epochs", usual=str(EPOCHS))
    global_batch_size: int | None = changed(
        RunConfig,
        "global_batch_size",
        usual="128, or less where there are fewer",
    )
    learning_rate: float | str | None = changed(
        RunConfig, "learning_rate", usual="by the optimizer"
    )

    def __post_init__(self):
        super().__post_init__()
        if AUTO in (self.weights, self.learning_rate) or self.model is None:
            raise RequestError(
                "Only fine-tuning chooses model, weights and learning rate "
                "by itself. Give `model`, `weights` and a number."
            )
        whole = Phase("all", self.epochs or EPOCHS, 1.0)
        schedule_wish(self).check([whole], _MANY, 1)
        _check_threshold(self)


@documented
@dataclasses.dataclass(frozen=True)
class FinetuneConfig(RunConfig):
    """What `finetune` is asked to do.

    Raises:
        RequestError: Values are out of range or contradict each other.
    """

    model: str | None = changed(
        RunConfig, "model", usual="by pictures and device"
    )
    weights: str | None = changed(RunConfig, "weights", flag_default=AUTO)
    epochs: int | None = changed(
        RunConfig, "epochs", usual="30, and up to 100 for few pictures"
    )
    global_batch_size: int | None = changed(
        RunConfig,
        "global_batch_size",
        usual="32, or less where there are fewer",
    )
    learning_rate: float | str | None = changed(
        RunConfig,
        "learning_rate",
        help="The highest rate, for a batch of 256; it is scaled linearly to "
        "the batch in use. 'auto' finds it.",
        usual="by the optimizer, 0.4 for sgd",
    )
    warmup: str | None = changed(
        RunConfig,
        "warmup",
        help="How long the rate of each phase rises: 5ep, 500st, 100000ex or "
        "5% of the phase.",
        usual="10%, and 45% in one_cycle",
    )
    # None until the network is known, of whose kind it depends.
    optimizer: str | None = changed(  # type: ignore[assignment]
        RunConfig,
        "optimizer",
        default=None,
        usual="sgd, and adamw for Vision Transformers",
    )
    plan: str | tuple[Phase, ...] | None = row(
        None,
        "Phases in order, STAGE:EPOCHS@RATE: that stage and all above it "
        "learn; such as 'head:3@0.1, stage3:4@0.02, all:5@0.005'. Each has "
        "the whole schedule.",
        group=FREEZING,
        usual="made from `epochs` and `learning_rate`",
        common=True,
        unused_in=WITHOUT_STEPS,
    )
    stage_lr_decay: float | None = row(
        None,
        "Each stage learns at this many times the rate of the one above it.",
        group=FREEZING,
        usual="1, and 0.75 for Vision Transformers with adamw",
        above=0,
        high=1,
        unused_in=(PROBE,),
    )
    freeze_batch_norm: bool = row(
        False,
        "Keep BatchNorm frozen in stages that learn, too.",
        group=FREEZING,
        unused_in=WITHOUT_STEPS,
    )
    cache: bool = row(
        True,
        "Compute what frozen stages make of a picture once (feature cache).",
        group=FREEZING,
        unused_in=WITHOUT_STEPS,
    )
    patience: int = row(
        0,
        "Epochs without a better result after which to stop and go back to "
        "the best (early stopping); 0 for never.",
        group=FREEZING,
        low=0,
        high=10**6,
        unused_in=WITHOUT_STEPS,
    )
    wise_ft: float | None = row(
        None,
        "How far from the weights before the last phase to those at its end "
        "the weights lie that are kept (WiSE-FT); 1 for the end.",
        group=FREEZING,
        usual="0.5 where the plan is chosen and has three phases, else 1",
        above=0,
        high=1,
        unused_in=WITHOUT_STEPS,
    )
    probe: bool | None = row(
        None,
        "Only fit a linear classifier to the features.",
        group=START,
        usual="where cross-validation says that the head alone is enough, and "
        "nothing is given that is for steps",
        common=True,
        unused_in=(FIND_RATE, COMPARE, ADD_CLASSES),
        silent=(False,),
    )
    add_classes: str | None = row(
        None,
        "The folder of a run: its model learns the classes of `data` too.",
        group=START,
    )

    def __post_init__(self):
        super().__post_init__()
        if isinstance(self.plan, str):
            plan = parse_plan(self.plan) if self.plan else None
            object.__setattr__(self, "plan", plan)
        elif self.plan is not None:
            object.__setattr__(self, "plan", tuple(self.plan) or None)
        if self.plan and (self.epochs or self.learning_rate):
            raise RequestError(
                "`plan` says epochs and rates itself. Give either `plan`, or "
                "`epochs` and `learning_rate`."
            )
        if self.probe:
            refuse_unused(self, PROBE)
        if self.weights is None:
            self._refuse_without_weights()
        _check_threshold(self)
        wish = schedule_wish(self)
        if self.plan:
            wish.check(self.plan, _MANY, 1)

    def as_dict(self) -> dict:
        plan = in_words(self.plan) if isinstance(self.plan, tuple) else None
        return {**super().as_dict(), "plan": plan}

    def _refuse_without_weights(self) -> None:
        given = {
            "probe": self.probe,
            "freeze_batch_norm": self.freeze_batch_norm,
            # 1 is what it is without.
            "stage_lr_decay": self.stage_lr_decay not in (None, 1),
        }
        for name in given:
            if given[name]:
                raise RequestError(
                    f"`{name}` is for weights that have learned something. "
                    "Give `weights`, or leave it out."
                )


def schedule_wish(
    config: RunConfig, usual_warmup: str | None = None
) -> ScheduleWish:
    """Returns what a configuration asks of a schedule.

    Args:
        config: What is asked for.
        usual_warmup: Where it says nothing; None for the schedule's own.
    """
    return ScheduleWish(
        config.schedule,
        config.warmup or usual_warmup,
        tuple(config.milestones),
        config.decay,
        config.cycles,
    )


def _check_threshold(config: RunConfig) -> None:
    if config.target_threshold is not None and config.loss != "bce":
        raise RequestError(
            "`target_threshold` makes targets of several classes, which only "
            "`loss=bce` can take. Give it, or leave `target_threshold` out."
        )


def recipe_config(
    name: str, *, kind: type[RunConfig] = TrainConfig, **given
) -> RunConfig:
    """Returns a recipe's configuration.

    Args:
        name: The recipe's.
        kind: `TrainConfig` or `FinetuneConfig`.
        **given: Its settings, which override the recipe's; at least `data`
            and `output`.

    Raises:
        RequestError: There is none of that name, or a value is wrong.

    Example:

    ```python
    from pipelines.training.config import recipe_config
    config = recipe_config("cifar_resnet", data="photos", output="run",
                           epochs=10)
    assert (config.optimizer, config.epochs) == ("momentum", 10)
    ```
    """
    return kind(**recipe_settings(name, given), **given, recipe=name)
