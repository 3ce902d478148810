"""Progressive unfreezing: a plan in words, its phases, and freezing itself.

Howard and Ruder, "Universal Language Model Fine-tuning", 2018, section 3.3:
train the head first, then let one stage more learn at a time, from the top.
"""

import dataclasses
import re

import keras

import zoo
from zoo.errors import RequestError
from zoo.variants import nearest

# Parts of the epochs; the whole network gets what is left.
_HEAD_SHARE = 4 / 30
_UPPER_SHARE = 18 / 30
_PHASE = re.compile(
    r"(?P<stage>[a-z]+\d*)\s*:\s*(?P<epochs>\d+)\s*@\s*"
    r"(?P<rate>(\d+\.?\d*|\.\d+)(e[+-]?\d+)?)"
)


@dataclasses.dataclass(frozen=True)
class Phase:
    """A part of a run in which the same stages learn.

    Args:
        stage: The lowest stage that learns; those above it learn as well.
        epochs: How long.
        learning_rate: The highest rate, for a batch of 256.
    """

    stage: str
    epochs: int
    learning_rate: float

    def __str__(self):
        return f"{self.stage}:{self.epochs}@{self.learning_rate:g}"


def parse_plan(text: str, stage_names: list[str]) -> tuple[Phase, ...]:
    """Reads a plan such as `head:3@0.1, stage3:4@0.02, all:5@0.005`.

    Args:
        text: Phases in order: lowest stage, epochs, learning rate. `all` is
            the lowest stage of the model.
        stage_names: Of the model, from the pixels to the logits.

    Raises:
        RequestError: It cannot be read or names a stage that there is not.

    Example:

    ```python
    from pipelines.training.fine_tuning.unfreezing import parse_plan
    plan = parse_plan("head:3@0.1, all:5@1e-3", ["stem", "stage1", "head"])
    assert [phase.stage for phase in plan] == ["head", "stem"]
    ```
    """
    phases = []
    for part in text.split(","):
        match = _PHASE.fullmatch(part.strip())
        if not match:
            raise RequestError(
                f"--plan: {part.strip()!r} is no phase. Expected "
                "STAGE:EPOCHS@RATE, such as head:3@0.1."
            )
        stage = match["stage"]
        if stage == "all":
            stage = stage_names[0]
        if stage not in stage_names:
            raise RequestError(
                f"--plan: the model has no stage {stage!r}. Nearest: "
                f"{', '.join(nearest(stage, stage_names))}. "
                f"All: {', '.join(stage_names)}."
            )
        phase = Phase(stage, int(match["epochs"]), float(match["rate"]))
        if phase.epochs < 1 or phase.learning_rate <= 0:
            raise RequestError(
                f"--plan: {part.strip()!r} needs at least 1 epoch and a rate "
                "above 0."
            )
        phases.append(phase)
    return tuple(phases)


def default_plan(
    parameters: dict[str, int], epochs: int, learning_rate: float
) -> tuple[Phase, ...]:
    """Spreads epochs over the head, the upper stages and the whole network.

    The upper stages are the fewest that hold half of the weights below the
    head: what is most to be learned, from the least that has to be computed.

    Args:
        parameters: Of each stage, from the pixels to the logits.
        epochs: Of the whole plan.
        learning_rate: The highest; the whole network, which starts from more
            general features, has half of it.

    Example:

    ```python
    from pipelines.training.fine_tuning.unfreezing import default_plan
    weights = {"stem": 5, "stage1": 10, "stage2": 20, "head": 3}
    plan = default_plan(weights, 30, 0.4)
    assert [(p.stage, p.epochs, p.learning_rate) for p in plan] == [
        ("head", 4, 0.4), ("stage2", 18, 0.4), ("stem", 8, 0.2)]
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
    phases = (
        Phase(names[-1], head, learning_rate),
        Phase(stage, upper, learning_rate),
        Phase(names[0], epochs - head - upper, learning_rate / 2),
    )
    return tuple(phase for phase in phases if phase.epochs)


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


def freeze_below(
    model: keras.Model, stage: str, *, freeze_batch_norm: bool = False
) -> None:
    """Lets a stage and those above it learn, and nothing else.

    A frozen BatchNorm is in inference mode: neither its weights nor its
    moving statistics change. Each layer is frozen by its own flag, because
    Keras 3 overrides a `training=False` given while a model was built.

    Args:
        model: A model of the zoo.
        stage: The lowest stage that learns.
        freeze_batch_norm: Whether BatchNorm stays frozen in stages that
            learn, too. It lets very small batches learn, at rates about ten
            times lower.

    Raises:
        RequestError: The model has no such stage.
    """
    found = zoo.stages(model)
    names = [candidate.name for candidate in found]
    if stage not in names:
        raise RequestError(
            f"{model.name!r} has no stage {stage!r}. All: {', '.join(names)}."
        )
    for position, candidate in enumerate(found):
        learns = position >= names.index(stage)
        for layer in candidate.layers:
            norm = isinstance(layer, keras.layers.BatchNormalization)
            layer.trainable = learns and not (norm and freeze_batch_norm)
