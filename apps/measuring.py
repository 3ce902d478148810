"""What the command benchmark is asked: which setting is for which subject."""

import dataclasses

from apps.shared_settings import GIVEN
from apps.shared_settings import HOW
from apps.shared_settings import Asked
from apps.shared_settings import batch
from apps.shared_settings import data
from apps.shared_settings import output
from pipelines.runs.config import RunConfig
from pipelines.runs.settings import changed
from pipelines.runs.settings import required
from pipelines.runs.settings import row
from pipelines.serving.settings import ServingConfig

BATCH = 128
# Whose batches are of a size that may be given.
_OF_A_SIZE = ("pipeline", "step", "train")
_OF_A_NETWORK = ("explanations", "export")
ON_PICTURES = (
    *("calibration", "ensembles", "explanations", "labels", "pipeline"),
    *("search", "shots", "starts", "transfer"),
)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Measuring(Asked):
    """What is measured, and how."""

    subject: str = required(
        "What is measured.",
        group=GIVEN,
        choices=(
            "train", "pipeline", "step", "shots", "transfer", "starts",
            "ensembles", "search", "labels", "calibration", "explanations",
            "weights", "manifest", "export", "parity", "serving",
        ),
        is_flag=False,
    )  # fmt: skip
    data: str | None = data(
        None,
        usual="made pictures, where photos make no difference",
        only_with=("subject", (*ON_PICTURES, "export", "serving")),
    )
    model: str = changed(
        RunConfig,
        "model",
        default="resnet20",
        group=GIVEN,
        only_with=("subject", ("step", "weights", "serving", *_OF_A_NETWORK)),
    )
    weights: str | None = row(
        None,
        "The file that the subject weights loads, or the weights of a network "
        "that explanations asks, export writes or serving serves.",
        group=GIVEN,
        usual="one is made; of export and of serving's resnet20 cifar10",
        only_with=("subject", ("weights", "serving", *_OF_A_NETWORK)),
        common=True,
    )
    subjects: tuple[str, ...] = row(
        (),
        "Only these parts of pipeline, transfer or shots, methods of "
        "explanations, or formats of export and parity.",
        group=GIVEN,
        usual="all",
        common=True,
    )
    calibration: str | None = row(
        None,
        "What calibrates the eight bits of export: a data set.",
        group=GIVEN,
        only_with=("subject", ("export",)),
    )
    models: tuple[str, ...] = row(
        (),
        "Only these networks of train or parity.",
        group=GIVEN,
        usual="all",
        common=True,
    )
    precisions: tuple[str, ...] = row(
        (),
        "Only these precisions of train.",
        group=GIVEN,
        usual="float32 and bfloat16",
        common=True,
    )
    image_size: int | None = changed(
        RunConfig,
        "image_size",
        group=HOW,
        usual="the model's own",
        only_with=("subject", _OF_A_SIZE),
    )
    global_batch_size: int | None = batch(
        None,
        usual=f"{BATCH}, in train 8 at 224 px",
        only_with=("subject", _OF_A_SIZE),
    )
    rounds: int | None = row(
        None,
        "Steps or turns that are timed of each.",
        group=HOW,
        usual="3 to 20, by the subject",
        low=1,
        only_with=("subject", (*_OF_A_SIZE, "weights", *_OF_A_NETWORK)),
        common=True,
    )
    seconds: float = row(
        3.0,
        "How long a turn of pipeline is, or serving is asked at full speed.",
        group=HOW,
        low=0.1,
        only_with=("subject", ("pipeline", "serving")),
        common=True,
    )
    engine: str = changed(
        ServingConfig,
        "engine",
        group=HOW,
        only_with=("subject", ("serving",)),
    )
    minutes: float = row(
        0.0,
        "How long serving is then asked at 80 % of that speed, while its "
        "memory is looked at.",
        group=HOW,
        low=0,
        only_with=("subject", ("serving",)),
        common=True,
    )
    torch_python: str | None = row(
        None,
        "An interpreter that has torch, for pipeline.",
        group=HOW,
        usual="this one",
        only_with=("subject", ("pipeline",)),
        common=True,
    )
    output: str | None = output(None, "A new JSON file for the results.")
