"""Writes a model in eight bits, smaller and faster, if it is as good.

    zoo quantize photos/ --model=runs/first --format=litert --output=eight

Pictures that do not judge say which values flow between the layers; the
pictures that the run held out of its data then judge what was written against
the model, each by each: what top-1 is lost, with its interval, and how often
both say the same. What loses more than --most_lost or agrees on fewer than
--least_agreement is thrown away. The folder is that of the command export.
Exit codes: 0 done, 2 a wrong request, 3 bad data, 4 not good enough.
"""

import dataclasses
import os

from apps.checks import check_data
from apps.checks import check_model
from apps.command import launch
from apps.command import say
from apps.shared_settings import GIVEN
from apps.shared_settings import HOW
from apps.shared_settings import WRITTEN
from apps.shared_settings import FinishedModel
from apps.shared_settings import data
from apps.shared_settings import orientation
from apps.shared_settings import output
from pipelines.data.orientations import UPRIGHT
from pipelines.export.formats import ANSWERS
from pipelines.export.formats import FORMATS
from pipelines.export.formats import INT8
from pipelines.export.formats import LOGITS
from pipelines.export.formats import check_format
from pipelines.export.whole_folder import refuse_if_there
from pipelines.runs.config import RunConfig
from pipelines.runs.lying import orientation_for
from pipelines.runs.settings import changed
from pipelines.runs.settings import required
from pipelines.runs.settings import row

_FORMATS = tuple(
    name for name, each in FORMATS.items() if INT8 in each.precisions
)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Quantizing(FinishedModel):
    """What is written in eight bits, and what judges it."""

    data: str = data(help="The pictures that judge, with their classes.")
    format: str = required(
        "What is written.", group=WRITTEN, choices=_FORMATS, common=True
    )
    output: str = output(dataclasses.MISSING, "A new folder.")
    calibration: str | None = row(
        None,
        "A data set whose pictures calibrate; labels do not matter.",
        group=GIVEN,
        usual="the pictures of `data` that do not judge",
        common=True,
    )
    calibration_pictures: int = row(
        200,
        "How many pictures calibrate, at most.",
        group=HOW,
        low=1,
        high=1000,
        common=True,
    )
    seed: int = changed(
        RunConfig, "seed", group=HOW, help="Draws those that calibrate."
    )
    answer: str = row(
        LOGITS, "What comes out.", group=HOW, choices=ANSWERS, common=True
    )
    float_logits: bool = row(
        False,
        "Leaves the last layer in float, for those who need the values of "
        "logits: temperatures, and what is like nothing that was learned.",
        group=HOW,
        common=True,
    )
    part: str | None = row(
        None,
        "Which part of the pictures judges.",
        group=GIVEN,
        usual="what the run held out of its own data; of other data the part "
        "to judge by, else all of it",
        choices=("train", "val", "test"),
    )
    orientation: str | None = orientation()
    most_lost: float = row(
        0.5,
        "How many points of top-1 may be lost.",
        group=HOW,
        low=0,
        high=100,
        common=True,
    )
    least_agreement: float = row(
        97.0,
        "Of how many pictures in a hundred both have to say the same.",
        group=HOW,
        low=0,
        high=100,
        common=True,
    )
    fewest: int = row(
        500,
        "How many pictures have to judge: fewer cannot tell half a point.",
        group=HOW,
        low=1,
    )


def check(asked: Quantizing) -> None:
    refuse_if_there(asked.output)
    check_model(asked.model, asked.weights)
    check_format(asked.format, INT8)
    check_data(asked.data)
    if asked.calibration:
        check_data(asked.calibration)


def run(asked: Quantizing) -> None:
    from pipelines.evaluation.held_out import pictures_to_judge
    from pipelines.evaluation.saved_models import open_to_judge
    from pipelines.export.paired_judging import Demands
    from pipelines.export.quantizing import EightBits
    from pipelines.export.quantizing import quantize_model
    from pipelines.export.web_page import PAGE

    opened = open_to_judge(asked.model, asked.weights)
    lies = orientation_for(asked.model, asked.orientation)
    judging = pictures_to_judge(
        *(asked.model, asked.data), part=asked.part, upright=lies == UPRIGHT
    )
    if judging.note:
        say(judging.note)
    how = EightBits(
        asked.format,
        asked.answer,
        asked.float_logits,
        asked.calibration,
        asked.calibration_pictures,
        asked.seed,
    )
    demands = Demands(asked.most_lost, asked.least_agreement, asked.fewest)
    written = quantize_model(
        *(opened.first, asked.output, how, judging),
        demands=demands,
        source=opened.source,
    )
    found = written.check
    if written.format.page:
        say(f"{os.path.join(asked.output, PAGE)}: a browser opens it")
    say(
        f"{os.path.join(asked.output, written.file)}: top-1 "
        f"{found['top1']:.2f} % of {found['pictures']:,} pictures, the model "
        f"{found['top1_of_the_model']:.2f} %: {found['top1_lost']:.2f} points "
        f"lost ({found['top1_lost_at_least']:.2f} to "
        f"{found['top1_lost_at_most']:.2f}), the same answer for "
        f"{found['agreement']:.1f} %"
    )


def cli() -> None:
    launch(run, Quantizing, word="data", check=check)


if __name__ == "__main__":
    cli()
