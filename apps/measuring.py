"""What the command `benchmark` is asked to measure."""

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

BATCH = 128


@dataclasses.dataclass(frozen=True, kw_only=True)
class Measuring(Asked):
    """What is measured, and how."""

    subject: str = required(
        "What is measured.",
        group=GIVEN,
        choices=(
            "train", "pipeline", "step", "shots", "transfer", "starts",
            "ensembles", "search", "labels", "calibration", "explanations",
            "weights", "manifest", "export", "parity",
        ),
        is_flag=False,
    )  # fmt: skip
    data: str | None = data(None, usual="made pictures, or an error")
    model: str = changed(RunConfig, "model", default="resnet20", group=GIVEN)
    weights: str | None = row(
        None,
        "The file that the subject weights loads, or the weights of a network "
        "that explanations asks or export writes.",
        group=GIVEN,
        usual="one is made; of export cifar10",
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
        RunConfig, "image_size", group=HOW, usual="the model's own"
    )
    global_batch_size: int | None = batch(
        None, usual=f"{BATCH}, in train 8 at 224 px"
    )
    rounds: int | None = row(
        None,
        "Steps or turns that are timed of each.",
        group=HOW,
        usual="3 to 20, by the subject",
        low=1,
        common=True,
    )
    seconds: float = row(
        3.0, "How long a turn of pipeline is.", group=HOW, low=0.1, common=True
    )
    torch_python: str | None = row(
        None,
        "An interpreter that has torch, for pipeline.",
        group=HOW,
        usual="this one",
        common=True,
    )
    output: str | None = output(None, "A new JSON file for the results.")
