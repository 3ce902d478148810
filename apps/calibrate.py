"""Makes a finished model as sure as it is right: temperature scaling.

    zoo calibrate runs/first
    zoo calibrate runs/first --data=more/ --judged_by=others/

One part of the pictures chooses by what the logits are divided, another one
says what came of it; they are refused where they share a picture. Of a run that
is half of what it held out each, unless --data gives others. Writes into a new
folder --output, which every command takes as --model: model.keras, report.html
with both figures, all that evaluate writes, and both parts in split.csv. The
old model stays as it is. Exit codes: 0 done, 2 a wrong request, 3 bad data, 4 a
damaged file.
"""

import dataclasses
import os

from apps.bar import Bar
from apps.checks import check_data
from apps.checks import check_model
from apps.command import launch
from apps.command import say
from apps.shared_settings import GIVEN
from apps.shared_settings import HOW
from apps.shared_settings import FinishedModel
from apps.shared_settings import data
from apps.shared_settings import orientation
from apps.shared_settings import output
from pipelines.data.orientations import UPRIGHT
from pipelines.runs.lying import orientation_for
from pipelines.runs.places import CONFIG
from pipelines.runs.places import REPORT
from pipelines.runs.places import RUNS
from pipelines.runs.places import nearest_folder
from pipelines.runs.places import new_folder
from pipelines.runs.places import read_config
from pipelines.runs.places import refuse_if_taken
from pipelines.runs.settings import row
from zoo.errors import RequestError

_PARTS = ("train", "val", "test")


@dataclasses.dataclass(frozen=True, kw_only=True)
class Calibrating(FinishedModel):
    """Which model is calibrated, and by which pictures."""

    data: str | None = data(
        None, usual="the data of the run, of which what it held out"
    )
    part: str | None = row(
        None,
        "Which part of `data` chooses.",
        group=GIVEN,
        usual="as the command evaluate has it",
        choices=_PARTS,
        common=True,
    )
    judged_by: str | None = row(
        None,
        "Other pictures, which judge what came of it.",
        group=GIVEN,
        usual="a half of the pictures of `data`, which then do not choose",
        common=True,
    )
    judged_part: str | None = row(
        None,
        "Which part of `judged_by` judges.",
        group=GIVEN,
        usual="as for `part`",
        choices=_PARTS,
        common=True,
    )
    method: str = row(
        "temperature",
        "How logits are scaled: all by one temperature, which changes no "
        "answer, or each class by a factor and a shift (vector).",
        group=HOW,
        choices=("temperature", "vector"),
        common=True,
    )
    seed: int = row(
        0,
        "Decides which pictures are cut off.",
        group=HOW,
        low=0,
        high=2**31 - 1,
        common=True,
    )
    orientation: str | None = orientation()
    output: str | None = output(
        None,
        "A new folder for the calibrated model.",
        usual=f"made up from data, model and time, in {RUNS}/",
    )


def check(asked: Calibrating) -> None:
    check_model(asked.model, asked.weights)
    check_data(_data(asked))
    if asked.judged_by:
        check_data(asked.judged_by)
    elif asked.judged_part:
        raise RequestError(
            "`judged_part` is a part of `judged_by`. Give that, too: it may "
            "be the same folder as `data`."
        )
    if asked.output:
        refuse_if_taken(asked.output)


def _data(asked: Calibrating) -> str:
    if asked.data:
        return asked.data
    run = nearest_folder(asked.model, lambda each: (each / CONFIG).is_file())
    found = read_config(run).get("data") if run else None
    if not found:
        raise RequestError(
            f"`model={asked.model}` does not say what it was judged by. Give "
            "`data`: pictures that it has not learned from."
        )
    return found


def run(asked: Calibrating) -> None:
    from pipelines.evaluation.held_out import pictures_to_judge
    from pipelines.evaluation.saved_models import open_to_judge
    from pipelines.evaluation.trust.calibrating import calibrate_model
    from pipelines.evaluation.trust.calibrating import parts_of

    opened = open_to_judge(asked.model, asked.weights)
    upright = orientation_for(asked.model, asked.orientation) == UPRIGHT

    def pictures(where, part):
        return pictures_to_judge(asked.model, where, part=part, upright=upright)

    where = _data(asked)
    judged_by = None
    if asked.judged_by:
        judged_by = pictures(asked.judged_by, asked.judged_part)
    parts = parts_of(opened, pictures(where, asked.part), judged_by, asked.seed)
    folder = asked.output or _new_folder(asked, where)
    found = calibrate_model(
        opened,
        parts,
        folder,
        method=asked.method,
        progress=Bar("judging", "batch"),
    )
    _tell(found, parts)
    say(f"model: {folder}; report: {os.path.join(folder, REPORT)}")


def _new_folder(asked: Calibrating, where: str) -> str:
    model = os.path.basename(os.path.normpath(asked.model))
    return new_folder(where, f"{model}-calibrated")


def _tell(found: dict, parts) -> None:
    before = found["before_calibration"]
    say(f"{len(parts.choosing):,} pictures chose: {parts.note}")
    say(
        f"calibration error {before['calibration_error']:.2%} → "
        f"{found['calibration_error']:.2%}, loss {before['loss']:.4f} → "
        f"{found['loss']:.4f}, top-1 {before['top1']:.2%} → "
        f"{found['top1']:.2%} on {len(parts.judging):,} pictures that chose "
        "nothing"
    )


def cli() -> None:
    launch(run, Calibrating, word="model", check=check)


if __name__ == "__main__":
    cli()
