"""What every run is asked to do: its settings, one row each."""

import dataclasses
import math
import re

from pipelines.batches.augmentation import AUGMENTATIONS
from pipelines.batches.augmentation import find_augmentation
from pipelines.batches.layer_words import EXAMPLE
from pipelines.data.orientations import ORIENTATION_HELP
from pipelines.data.orientations import ORIENTATIONS
from pipelines.data.orientations import UPRIGHT
from pipelines.data.sources.described import DATA_HELP
from pipelines.runs.modes import ADD_CLASSES
from pipelines.runs.modes import FIND_RATE
from pipelines.runs.modes import FOLDS
from pipelines.runs.modes import PROBE
from pipelines.runs.modes import WITHOUT_STEPS
from pipelines.runs.recipes import RECIPES
from pipelines.runs.settings import AUTO
from pipelines.runs.settings import check
from pipelines.runs.settings import documented
from pipelines.runs.settings import required
from pipelines.runs.settings import row
from pipelines.runs.settings import settings_of
from zoo.errors import RequestError

PRECISIONS = {
    "float32": "float32",
    "bfloat16": "mixed_bfloat16",
    "float16": "mixed_float16",
}
_STEPS = re.compile(r"(\d+):(\d+)")

# The headings of `--help`, in its order.
START = "What it learns, and from what"
LENGTH = "How long and how fast"
PICTURES = "What becomes of the pictures"
LEARNING = "How it learns"
LOSS = "What it is told to get right"
FREEZING = "What is frozen, and when"
MACHINE = "Precision and memory"
WATCHING = "What is written down"
GOING_ON = "Starting and going on"
GROUPS = (
    START,
    LENGTH,
    FREEZING,
    PICTURES,
    LEARNING,
    LOSS,
    MACHINE,
    WATCHING,
    GOING_ON,
)


@documented
@dataclasses.dataclass(frozen=True)
class RunConfig:
    """What training from scratch and fine-tuning have in common.

    Raises:
        RequestError: A value is out of its range.
    """

    data: str = required(DATA_HELP, group=START, common=True)
    model: str | None = required(
        "The name of a network of the zoo.",
        group=START,
        common=True,
        unused_in=(ADD_CLASSES,),
    )
    output: str | None = required(
        "The run's folder, a new one.",
        group=START,
        usual="tensorboard_logs/DATA-MODEL-TIME",
        common=True,
    )
    _: dataclasses.KW_ONLY
    weights: str | None = row(
        None,
        "What to start from: 'none', a name such as 'cifar10' or 'imagenet', "
        "hf://ORG/MODEL, a weight file, or a folder that the command "
        "export wrote as hub.",
        group=START,
        common=True,
        unused_in=(ADD_CLASSES,),
        silent=(AUTO,),
    )
    recipe: str | None = row(
        None,
        "Settings of a paper, which others override.",
        group=START,
        choices=tuple(RECIPES),
        common=True,
        unused_in=WITHOUT_STEPS,
    )
    image_column: str | None = row(
        None,
        "The column of a table that says where a picture is.",
        group=START,
        usual="path, file_name, filename, image, id …",
    )
    label_column: str | None = row(
        None,
        "The column of a table that says a picture's class.",
        group=START,
        usual="label, class, category …, or the only other one",
    )
    group_column: str | None = row(
        None,
        "The column of a table that says what belongs together, a patient, a "
        "camera or a scene: no group is on both sides of a split made here.",
        group=START,
        usual="each picture by itself",
    )
    label_separator: str | None = row(
        None,
        "What stands between the labels of a picture that has several in one "
        "cell of a table, such as '|'.",
        group=START,
        usual="one label a cell, or a JSON list of them",
    )
    task: str | None = row(
        None,
        "What is learned of a picture: which one of the classes it shows, or "
        "which of them (multilabel), any number or none.",
        group=START,
        usual="multilabel where a table has several classes in a row",
        choices=("classification", "multilabel"),
    )
    shots: int | None = row(
        None,
        "Pictures a class to learn from.",
        group=START,
        usual="all",
        low=1,
        high=10**6,
        unused_in=(ADD_CLASSES,),
    )
    fold: tuple[int, int] | None = row(
        None,
        "Which part of how many is held out: 0,5 for the first of five.",
        group=START,
        usual="the data's own parts",
        unused_in=(ADD_CLASSES, FOLDS),
    )
    label_noise: float = row(
        0.0,
        "Part of the training labels made wrong, to see what it does.",
        group=START,
        low=0,
        high=1,
    )
    seed: int = row(
        0,
        "Decides initial weights, order, augmentation and dropout: same "
        "seed, same run.",
        group=START,
        low=0,
        high=2**31 - 1,
        common=True,
    )
    epochs: int | None = row(
        None,
        "Passes over the training pictures.",
        group=LENGTH,
        low=1,
        high=10**6,
        common=True,
        unused_in=WITHOUT_STEPS,
    )
    global_batch_size: int | None = row(
        None,
        "Pictures a step, over all devices together.",
        group=LENGTH,
        low=1,
        high=10**6,
        common=True,
    )
    learning_rate: float | str | None = row(
        None,
        "The highest rate, for a batch of 256; it is scaled linearly to the "
        "batch in use.",
        group=LENGTH,
        above=0,
        common=True,
        unused_in=WITHOUT_STEPS,
    )
    schedule: str = row(
        "cosine",
        "How the rate falls after its warm-up.",
        group=LENGTH,
        choices=(
            "cosine",
            "one_cycle",
            "step",
            "polynomial",
            "exponential",
            "constant",
        ),
        common=True,
        unused_in=WITHOUT_STEPS,
    )
    warmup: str | None = row(
        None,
        "How long the rate rises: 5ep, 500st, 100000ex or 5% of the run.",
        group=LENGTH,
        usual="5%, and 45% in one_cycle",
        unused_in=WITHOUT_STEPS,
    )
    milestones: tuple[str, ...] = row(
        (),
        "Where the rate of 'step' falls, such as 30ep,60ep,80ep or 50%,75%; "
        "how often that of 'exponential' does, such as 2.4ep.",
        group=LENGTH,
        unused_in=WITHOUT_STEPS,
    )
    decay: float | None = row(
        None,
        "What the rate is multiplied by there; the power of 'polynomial'.",
        group=LENGTH,
        usual="0.1 for step, 0.97 for exponential, 1 for polynomial",
        unused_in=WITHOUT_STEPS,
    )
    cycles: int = row(
        1,
        "Cosine cycles, each twice as long as the one before; together they "
        "fill the run.",
        group=LENGTH,
        low=1,
        high=12,
        unused_in=WITHOUT_STEPS,
    )
    snapshots: bool = row(
        False,
        "Keep the model of every cosine cycle's end, to judge together.",
        group=LENGTH,
        only_with=("schedule", ("cosine",)),
        unused_in=WITHOUT_STEPS,
    )
    image_size: int | None = row(
        None,
        "Height and width of the model's input, in pixels.",
        group=PICTURES,
        usual="by model and pictures",
        low=8,
        high=4096,
        common=True,
        unused_in=(ADD_CLASSES,),
    )
    train_size: int | None = row(
        None,
        "Height and width of the pictures it learns from, at most "
        "`image_size`, which is judged and saved.",
        group=PICTURES,
        usual="the same",
        low=8,
        high=4096,
        unused_in=(PROBE,),
    )
    progressive_from: int | None = row(
        None,
        "Height and width of the first pictures it learns from; they grow to "
        "`train_size` over the run (progressive learning).",
        group=PICTURES,
        usual="one size all along",
        low=8,
        high=4096,
        unused_in=WITHOUT_STEPS,
    )
    orientation: str = row(
        UPRIGHT,
        ORIENTATION_HELP,
        group=PICTURES,
        choices=ORIENTATIONS,
    )
    augmentation: str = row(
        AUTO,
        "What is changed in a picture each time that it is shown; auto is "
        "shift for small pictures, for photos standard, and gentle in "
        "fine-tuning. Layers of Keras and keras-cv follow behind a plus, or "
        f"stand alone: {EXAMPLE}.",
        group=PICTURES,
        choices=(AUTO, *AUGMENTATIONS),
        read=find_augmentation,
        common=True,
        unused_in=(PROBE,),
        silent=(AUTO, "none"),
    )
    mixup: float = row(
        0.0,
        "MixUp's alpha; 0 for none.",
        group=PICTURES,
        low=0,
        high=100,
        unused_in=(PROBE,),
    )
    cutmix: float = row(
        0.0,
        "CutMix's alpha; 0 for none.",
        group=PICTURES,
        low=0,
        high=100,
        unused_in=(PROBE,),
    )
    mixing_off_for_last: int = row(
        0,
        "Epochs at the end in which pictures are not mixed.",
        group=PICTURES,
        low=0,
        high=10**6,
        unused_in=WITHOUT_STEPS,
        needs=("mixup", "cutmix"),
    )
    repeats: int = row(
        1,
        "How often a picture comes in a batch, changed anew.",
        group=PICTURES,
        low=1,
        high=10**6,
        unused_in=(PROBE,),
    )
    upscale: bool = row(
        False,
        "Enlarge pictures smaller than `image_size`.",
        group=PICTURES,
    )
    balance: float | None = row(
        None,
        "How far rare classes are shown more often: 0 as is, 0.5 by the "
        "square root of their sizes, 1 all alike.",
        group=PICTURES,
        usual="by the sizes of the classes",
        low=0,
        high=1,
        unused_in=(PROBE,),
        silent=(0,),
    )
    on_bad_image: str = row(
        "fail",
        "What a picture that cannot be decoded does to the run.",
        group=PICTURES,
        choices=("fail", "skip"),
    )
    optimizer: str = row(
        "sgd",
        "sgd has Nesterov's momentum, momentum the plain one of 2012; "
        "rmsprop is EfficientNet's.",
        group=LEARNING,
        choices=("sgd", "momentum", "adamw", "rmsprop", "lamb", "lars"),
        common=True,
        unused_in=(PROBE,),
    )
    momentum: float = row(
        0.9,
        "Of the optimizer; of Adam and LAMB the first beta.",
        group=LEARNING,
        low=0,
        high=0.9999,
        unused_in=(PROBE,),
    )
    weight_decay: float = row(
        1e-4,
        "L2 on kernels, as papers give it; norms and biases are spared.",
        group=LEARNING,
        low=0,
        high=1,
        unused_in=(PROBE,),
    )
    clip_norm: float | None = row(
        None,
        "The most that the norm of all gradients together may be, over all "
        "devices.",
        group=LEARNING,
        usual="no limit",
        above=0,
        unused_in=(PROBE,),
    )
    ema: float | None = row(
        None,
        "Decay of the running mean of the weights (EMA), such as 0.9999.",
        group=LEARNING,
        usual="no mean",
        above=0,
        below=1,
        unused_in=WITHOUT_STEPS,
    )
    loss: str = row(
        "softmax",
        "Cross-entropy of all classes together, or (bce) of each by itself, "
        "which multilabel always has.",
        group=LOSS,
        choices=("softmax", "bce"),
        unused_in=(PROBE,),
    )
    label_smoothing: float = row(
        0.0,
        "Part of the target that is spread over all classes.",
        group=LOSS,
        low=0,
        high=0.999,
        unused_in=(PROBE,),
    )
    target_threshold: float | None = row(
        None,
        "With the loss bce: targets above it become 1, all others 0.",
        group=LOSS,
        low=0,
        below=1,
        unused_in=(PROBE,),
    )
    class_weights: float = row(
        0.0,
        "How far rare classes weigh more in the loss: 0 all pictures alike, "
        "1 all classes alike.",
        group=LOSS,
        low=0,
        high=1,
        unused_in=(PROBE,),
    )
    logit_adjustment: float = row(
        0.0,
        "Tau of logit adjustment, 1 for the balanced error; 0 for none.",
        group=LOSS,
        low=0,
        high=10,
        unused_in=(PROBE,),
    )
    threshold_part: float | None = row(
        None,
        "Of multilabel, the part of the training pictures that is not learned "
        "from: at the end it says from which probability on each class is "
        "said. 0 to say all of them from 0.5 on.",
        group=LOSS,
        usual="0.1",
        low=0,
        high=0.5,
    )
    calibration_part: float = row(
        0.0,
        "Of one class a picture, the part of the training pictures that is not "
        "learned from: at the end it says by which temperature the logits are "
        "divided, so that the model is as sure as it is right.",
        group=LOSS,
        low=0,
        high=0.5,
    )
    precision: str = row(
        AUTO,
        "The 16 bits are mixed: weights stay float32. auto takes bfloat16 "
        "where the device is quick at it.",
        group=MACHINE,
        choices=(AUTO, *PRECISIONS),
        common=True,
    )
    accumulate: int = row(
        1,
        "Parts that a step's batch is cut into, one after another on the "
        "device, where memory is short.",
        group=MACHINE,
        low=1,
        high=4096,
        unused_in=(PROBE,),
    )
    keep: str = row(
        "last",
        "Whose weights the finished model has: those at the end, or those of "
        "the best epoch, which the held-out pictures have chosen then.",
        group=WATCHING,
        choices=("last", "best"),
        unused_in=WITHOUT_STEPS,
    )
    checkpoint_steps: int | None = row(
        None,
        "Steps between checkpoints.",
        group=WATCHING,
        usual="by the clock",
        low=1,
        high=10**9,
        unused_in=WITHOUT_STEPS,
    )
    profile_steps: str | None = row(
        None,
        "Steps that the profiler records, FIRST:LAST, counted from 1, such "
        "as 100:110.",
        group=WATCHING,
        usual="none",
        unused_in=WITHOUT_STEPS,
    )
    scalar_steps: int = row(
        50,
        "Steps between two points of a curve in TensorBoard.",
        group=WATCHING,
        low=1,
        high=10**6,
        unused_in=WITHOUT_STEPS,
    )
    maps: bool = row(
        False,
        "Lays a map over the mistakes and doubts of the report: where the "
        "answer is seen. The network is compiled once more for it, which takes "
        "longer than judging few pictures.",
        group=WATCHING,
        unused_in=(FIND_RATE,),
    )

    def __post_init__(self):
        if self.weights in ("", "none"):
            object.__setattr__(self, "weights", None)
        if self.fold is not None:
            object.__setattr__(self, "fold", parse_fold(self.fold))
        check(self)
        self._check_sizes()
        if self.profile_steps is not None:
            parse_steps(self.profile_steps)

    def _check_sizes(self) -> None:
        judged = self.image_size or math.inf
        learned = self.train_size or judged
        if learned > judged:
            raise RequestError(
                f"`train_size={learned}` is more than the {judged} px that "
                "are judged. Give at most that, or a larger `image_size`."
            )
        if (self.progressive_from or 0) > learned:
            raise RequestError(
                f"`progressive_from={self.progressive_from}` is more than the "
                f"{learned} px that it grows to. Give less, or leave it out."
            )

    def resolved(self, **changes):
        """Returns the same configuration with defaults filled in."""
        return dataclasses.replace(self, **changes)

    def as_dict(self) -> dict:
        """Returns all settings, as `config.json` has them."""
        return dataclasses.asdict(self)

    @classmethod
    def from_dict(cls, values: dict):
        """Reads what `as_dict` gave, from JSON or from an older version.

        What is not known any more is left out, and what was not known then
        is what nobody had given.

        Raises:
            RequestError: A value is out of its range.
        """
        known = settings_of(cls)
        return cls(
            **{
                name: tuple(value) if isinstance(value, list) else value
                for name, value in values.items()
                if name in known
            }
        )


def parse_steps(text: str) -> tuple[int, int]:
    """Reads `first:last`, both of them counted from 1.

    Raises:
        RequestError: It is written in another way, or the last comes before
            the first.

    Example:

    ```python
    from pipelines.runs.config import parse_steps
    assert parse_steps("100:110") == (100, 110)
    ```
    """
    match = _STEPS.fullmatch(text.strip())
    first, last = map(int, match.groups()) if match else (0, 0)
    if not 1 <= first <= last:
        raise RequestError(
            "`profile_steps` is the first and the last step to record, "
            f"counted from 1, such as 100:110. Received: {text!r}"
        )
    return first, last


def parse_fold(fold) -> tuple[int, int]:
    """Reads which part of how many is held out.

    Args:
        fold: Two whole numbers, or words of them.

    Raises:
        RequestError: They are none, or there is no such part.

    Example:

    ```python
    from pipelines.runs.config import parse_fold
    assert parse_fold(("0", "5")) == (0, 5)
    ```
    """
    try:
        number, parts = map(int, fold)
    except (TypeError, ValueError):
        number, parts = -1, 0
    if not 0 <= number < parts or parts < 2:
        shown = fold if isinstance(fold, str) else ",".join(map(str, fold))
        raise RequestError(
            "`fold` is the number of a part, from 0 on, and how many there "
            f"are, at least 2, such as 0,5. Received: {shown}"
        )
    return number, parts
