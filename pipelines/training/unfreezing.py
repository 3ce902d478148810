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

# Each stage further down starts from features that are more general, and is
# changed less.
_RATE_FALLS_BY = 0.5
_HEAD_SHARE = 1 / 3
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
        return f"{self.stage}:{self.epochs}@{self.learning_rate:.3g}"


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
    from pipelines.training.unfreezing import parse_plan
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
    stage_names: list[str], epochs: int, learning_rate: float
) -> tuple[Phase, ...]:
    """Spreads epochs over the head and then one stage more at a time.

    Args:
        stage_names: Of the model, from the pixels to the logits.
        epochs: Of the whole plan; with fewer epochs than stages the last
            phase frees all that is left.
        learning_rate: Of the head; each stage below has half of that of
            the stage above.
    """
    order = stage_names[::-1]
    head = max(1, round(epochs * _HEAD_SHARE)) if epochs > 1 else epochs
    phases = [Phase(order[0], head, learning_rate)]
    rest = epochs - head
    below = order[1:]
    if rest and len(below) > rest:
        below = [*below[: rest - 1], below[-1]]
    for i, stage in enumerate(below if rest else []):
        # What does not divide evenly goes to the last phases, which train
        # the most.
        share = rest * (i + 1) // len(below) - rest * i // len(below)
        rate = learning_rate * _RATE_FALLS_BY ** (i + 1)
        phases.append(Phase(stage, share, rate))
    return tuple(phases)


def freeze_below(
    model: keras.Model, stage: str, *, freeze_batch_norm: bool = True
) -> None:
    """Lets a stage and those above it learn, and nothing else.

    A frozen BatchNorm is in inference mode: neither its weights nor its
    moving statistics change. Each layer is frozen by its own flag, because
    Keras 3 overrides a `training=False` given while a model was built.

    Args:
        model: A model of the zoo.
        stage: The lowest stage that learns.
        freeze_batch_norm: Whether BatchNorm stays frozen in stages that
            learn, all but those of a whole model that learns from scratch.
            The statistics of a small set are worse than those of the
            pretrained one.

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
