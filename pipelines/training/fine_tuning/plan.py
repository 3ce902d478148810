"""Plans: which stages learn, for how long and how fast, phase by phase.

Progressive unfreezing: Howard and Ruder, "Universal Language Model
Fine-tuning", 2018, section 3.3: train the head first, then let one stage more
learn at a time, from the top. Training from scratch is the plan of one phase,
`all`. Pure Python: a plan is text in a command and in `config.json`, and
records everywhere else.
"""

import dataclasses
import re

from zoo.errors import RequestError
from zoo.variants import nearest

# In place of a stage: the lowest one, whatever a model calls it.
ALL = "all"
# Parts of the epochs; the whole network gets what is left.
_HEAD_SHARE = 4 / 30
_UPPER_SHARE = 18 / 30
# What moves the whole network shakes it first, and takes so many steps to make
# up for it; with fewer the rate is less in proportion. Below the second number
# it lost at any rate that was tried, so the upper stages have these epochs.
_SETTLED = 180
_TOO_SHORT = 45
_PHASE = re.compile(
    r"(?P<stage>[a-z]+\d*)\s*:\s*(?P<epochs>\d+)\s*@\s*"
    r"(?P<rate>(\d+\.?\d*|\.\d+)(e[+-]?\d+)?)"
)


@dataclasses.dataclass(frozen=True)
class Phase:
    """A part of a run in which the same stages learn.

    Args:
        stage: The lowest stage that learns, or `all`; those above it learn
            as well.
        epochs: How long.
        learning_rate: The highest rate, for a batch of 256.

    Raises:
        RequestError: It has no epoch or no rate.
    """

    stage: str
    epochs: int
    learning_rate: float

    def __post_init__(self):
        if self.epochs < 1 or not self.learning_rate > 0:
            raise RequestError(
                f"`plan`: '{self}' needs at least 1 epoch and a rate above 0."
            )

    def __str__(self):
        rate = self.learning_rate
        short = f"{rate:g}"
        # A run that goes on reads its plan: no digit may be lost.
        exact = short if float(short) == rate else repr(float(rate))
        return f"{self.stage}:{self.epochs}@{exact}"


Plan = tuple[Phase, ...]


def parse_plan(text: str, stage_names: list[str] | None = None) -> Plan:
    """Reads a plan such as `head:3@0.1, stage3:4@0.02, all:5@0.005`.

    Args:
        text: Phases in order: lowest stage, epochs, learning rate.
        stage_names: See `fitted`; None where the model is not known yet.

    Raises:
        RequestError: It cannot be read or names a stage that there is not.

    Example:

    ```python
    from pipelines.training.fine_tuning.plan import parse_plan
    plan = parse_plan("head:3@0.1, all:5@1e-3", ["stem", "stage1", "head"])
    assert [phase.stage for phase in plan] == ["head", "stem"]
    ```
    """
    phases = []
    for part in text.split(","):
        match = _PHASE.fullmatch(part.strip())
        if not match:
            raise RequestError(
                f"`plan`: {part.strip()!r} is no phase. Expected "
                "STAGE:EPOCHS@RATE, such as head:3@0.1."
            )
        rate = float(match["rate"])
        phases.append(Phase(match["stage"], int(match["epochs"]), rate))
    plan = tuple(phases)
    return plan if stage_names is None else fitted(plan, stage_names)


def in_words(plan: Plan) -> str:
    """Writes a plan as `parse_plan` reads it."""
    return ",".join(map(str, plan))


def epochs_of(plan: Plan) -> int:
    """Returns how many epochs a plan has in all."""
    return sum(phase.epochs for phase in plan)


def beginnings(plan: Plan) -> list[tuple[int, str]]:
    """Returns after how many epochs each later phase begins, and its stage.

    Example:

    ```python
    from pipelines.training.fine_tuning.plan import beginnings, parse_plan
    plan = parse_plan("head:3@0.1, stage3:4@0.02, all:5@1e-3")
    assert beginnings(plan) == [(3, "stage3"), (7, "all")]
    ```
    """
    return [
        (epochs_of(plan[:number]), phase.stage)
        for number, phase in enumerate(plan)
        if number
    ]


def fitted(plan: Plan, stage_names: list[str]) -> Plan:
    """Returns a plan in the stages of a model.

    Args:
        plan: May say `all`.
        stage_names: Of the model, from the pixels to the logits.

    Raises:
        RequestError: It names a stage that there is not.
    """
    return tuple(
        dataclasses.replace(phase, stage=_stage(phase.stage, stage_names))
        for phase in plan
    )


def _stage(name: str, stage_names: list[str]) -> str:
    if name == ALL:
        return stage_names[0]
    if name not in stage_names:
        raise RequestError(
            f"`plan`: the model has no stage {name!r}. Nearest: "
            f"{', '.join(nearest(name, stage_names))}. "
            f"All: {', '.join(stage_names)}."
        )
    return name


def default_plan(
    parameters: dict[str, int],
    epochs: int,
    learning_rate: float,
    below_head: float = 1.0,
    *,
    steps_per_epoch: int,
) -> Plan:
    """Spreads epochs over the head, the upper stages and the whole network.

    The upper stages are the fewest that hold half of the weights below the
    head: what is most to be learned, from the least that has to be computed.

    Args:
        parameters: Of each stage, from the pixels to the logits.
        epochs: Of the whole plan.
        learning_rate: Of the head, the highest.
        below_head: What it is multiplied by where stages with weights of
            their own learn as well; the whole network, which starts from
            more general features, has half of that, and less where its
            phase has fewer than 180 steps. With fewer than 45 it has none.
        steps_per_epoch: Of the run.

    Example:

    ```python
    from pipelines.training.fine_tuning.plan import default_plan
    weights = {"stem": 5, "stage1": 10, "stage2": 20, "head": 3}
    plan = default_plan(weights, 30, 0.4, steps_per_epoch=25)
    assert [(p.stage, p.epochs, p.learning_rate) for p in plan] == [
        ("head", 4, 0.4), ("stage2", 18, 0.4), ("stem", 8, 0.2)]
    *_, last = default_plan(weights, 30, 0.4, steps_per_epoch=9)
    assert last.learning_rate == 0.08
    ```
    """
    names = list(parameters)
    if len(names) == 1:
        return (Phase(names[0], epochs, learning_rate),)
    head = max(1, round(_HEAD_SHARE * epochs))
    upper = min(round(_UPPER_SHARE * epochs), epochs - head)
    stage = _upper_half(parameters)
    if stage == names[0]:
        upper = 0
    whole = epochs - head - upper
    if upper and whole * steps_per_epoch < _TOO_SHORT:
        upper, whole = upper + whole, 0
    # Of 0.4 and 0.1 the product has a last digit that nobody means.
    lower_rate = float(f"{learning_rate * below_head:.12g}")
    settled = min(1, whole * steps_per_epoch / _SETTLED)
    phases = (
        (names[-1], head, learning_rate),
        (stage, upper, lower_rate),
        (names[0], whole, float(f"{lower_rate / 2 * settled:.3g}")),
    )
    return tuple(Phase(*phase) for phase in phases if phase[1])


def _upper_half(parameters: dict[str, int]) -> str:
    """Returns the lowest of the upper stages that hold half of the weights."""
    *below, _ = parameters
    wanted = sum(parameters[name] for name in below) / 2
    held = 0
    for name in reversed(below):
        held += parameters[name]
        if held >= wanted:
            return name
    return below[0]
