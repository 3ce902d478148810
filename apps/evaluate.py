"""Judges a model by a data set's held-out part, or by all of its pictures.

    zoo evaluate photos/ --model=runs/first

A run is judged by what it held out of its own data, and by other pictures only
if it has learned from none of them, unless --allow_seen is given.

    zoo evaluate photos/ --model=runs/first --groups=cameras.csv --ood=others/

With --groups each group of pictures is judged by itself, and --ood asks whether
the model notices pictures of something else than it has learned.

Given the snapshots/ of a run, it judges the mean of their probabilities and
says what each of them reaches by itself. Writes into --output: report.html, a
page to look at, and all that is on it as data: metrics.json and metrics.csv,
predictions.csv, a table of the classes, the confusion and the calibration, and
report.json, which holds them together. Exit codes: 0 done, 2 a wrong request,
3 bad data, 4 a damaged file.
"""

import dataclasses
import os
import pathlib

from apps.bar import Bar
from apps.checks import check_data
from apps.checks import check_model
from apps.checks import check_there
from apps.command import launch
from apps.command import say
from apps.shared_settings import GIVEN
from apps.shared_settings import HOW
from apps.shared_settings import FinishedModel
from apps.shared_settings import batch
from apps.shared_settings import data
from apps.shared_settings import orientation
from apps.shared_settings import output
from apps.shared_settings import tta
from pipelines.data.orientations import IGNORE
from pipelines.data.orientations import UPRIGHT
from pipelines.runs.config import RunConfig
from pipelines.runs.lying import orientation_for
from pipelines.runs.places import EVALUATIONS
from pipelines.runs.places import REPORT
from pipelines.runs.places import new_folder
from pipelines.runs.places import refuse_if_taken
from pipelines.runs.settings import changed
from pipelines.runs.settings import row
from zoo.errors import RequestError
from zoo.weights.locating import is_path


@dataclasses.dataclass(frozen=True, kw_only=True)
class Judging(FinishedModel):
    """What is judged by what."""

    data: str = data()
    part: str | None = row(
        None,
        "Which part of the pictures judges.",
        group=GIVEN,
        usual="what the run held out of its own data; of other data the part "
        "to judge by, else all of it",
        choices=("train", "val", "test"),
        common=True,
    )
    allow_seen: bool = row(
        False,
        "Judges also by pictures that the model has learned from.",
        group=GIVEN,
    )
    groups: str | None = row(
        None,
        "A CSV table with a column `picture` and others that say which group "
        "it is in, such as lighting, camera or site: each is judged by itself.",
        group=GIVEN,
        common=True,
    )
    ood: str | None = row(
        None,
        "A folder of pictures of something else than it has learned: does it "
        "notice (out of distribution)?",
        group=GIVEN,
        common=True,
    )
    image_column: str | None = changed(RunConfig, "image_column", group=GIVEN)
    label_column: str | None = changed(RunConfig, "label_column", group=GIVEN)
    label_separator: str | None = changed(
        RunConfig, "label_separator", group=GIVEN
    )
    output: str | None = output(
        None,
        "A new folder for the results.",
        usual=f"made up from data, model and time, in {EVALUATIONS}/",
    )
    global_batch_size: int | None = batch(
        None, usual="as many as at the end of a run, at most 256"
    )
    tta: str = tta()
    maps: bool = row(
        False,
        "Lays a map over the mistakes and doubts of the report: where the "
        "answer is seen. The network is compiled once more for it, which takes "
        "longer than judging few pictures.",
        group=HOW,
        common=True,
    )
    test_size: bool = row(
        False,
        "Judges published weights at the larger size that their publisher "
        "tests them at: of some of timm's, as the command models says.",
        group=HOW,
    )
    orientation: str | None = orientation(
        "what the run learned with; ignore for published weights, whose "
        "figures were measured so; else upright"
    )


def check(asked: Judging) -> None:
    if asked.test_size and asked.weights is None:
        raise RequestError(
            f"`test_size` is of published weights, and {asked.model} says its "
            "own size. Give `weights` and a network's name as `model`, or "
            "leave `test_size` out."
        )
    if not any(pathlib.Path(asked.model).glob("cycle-*.keras")):
        check_model(asked.model, asked.weights)
    check_data(asked.data)
    check_there(groups=asked.groups, ood=asked.ood)
    if asked.output:
        refuse_if_taken(asked.output)


def run(asked: Judging) -> None:
    import zoo
    from pipelines.data.sources.csv_columns import NamedColumns
    from pipelines.evaluation.held_out import pictures_to_judge
    from pipelines.evaluation.judging import describe
    from pipelines.evaluation.judging import judge
    from pipelines.evaluation.saved_models import open_to_judge
    from pipelines.evaluation.trust.beside import looking_also

    opened = open_to_judge(
        asked.model, asked.weights, test_size=asked.test_size
    )
    opened = dataclasses.replace(opened, explained=asked.maps)
    first, output = opened.first, asked.output or _new_folder(asked)
    chosen = pictures_to_judge(
        asked.model,
        asked.data,
        part=asked.part,
        allow_seen=asked.allow_seen,
        named=NamedColumns(
            asked.image_column,
            asked.label_column,
            separator=asked.label_separator,
            several=bool(zoo.thresholds(first)),
        ),
        upright=_orientation(asked) == UPRIGHT,
    )
    if chosen.note:
        say(chosen.note)
    chosen = looking_also(
        opened, chosen, groups=asked.groups, ood=asked.ood, tta=asked.tta
    )
    metrics = judge(
        opened,
        chosen,
        output,
        batch_size=asked.global_batch_size,
        tta=asked.tta,
        checked=Bar("pictures", "picture"),
        progress=Bar("judging", "batch"),
    )
    *each, together = describe(metrics, first)
    for line in each:
        say(line)
    say(f"{together}; report: {os.path.join(output, REPORT)}")


def _new_folder(asked: Judging) -> str:
    model = os.path.basename(os.path.normpath(asked.model))
    return new_folder(asked.data, model, EVALUATIONS)


def _orientation(asked: Judging) -> str:
    """Judges published weights as those did who published a figure."""
    published = asked.weights and not is_path(asked.weights)
    if asked.orientation is None and published:
        say(
            "published weights: pictures are taken as they are stored, as in "
            "the published figures; give --orientation=upright to turn those "
            "whose EXIF says that they lie on their side"
        )
        return IGNORE
    return orientation_for(asked.model, asked.orientation)


def cli() -> None:
    launch(run, Judging, word="data", check=check)


if __name__ == "__main__":
    cli()
