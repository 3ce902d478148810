"""Makes one model of several: the mean of what they say, or of their weights.

    zoo ensemble runs/seed-0 runs/seed-1 --data=photos/ --output=runs/both

One half of the held-out pictures of --data chooses (which models a greedy
soup takes, and whether BatchNorm is measured anew), the other half judges;
with --judge other pictures do. A picture that is in both, or that a model has
learned from, is refused. The folder is that of a run: model.keras predicts, is
judged and goes on as any other; ensemble.json says what was tried. Exit codes:
0 done, 2 a wrong request, 3 bad data, 4 a damaged file.
"""

import dataclasses

from apps.bar import Bar
from apps.checks import check_data
from apps.command import launch
from apps.command import say
from apps.shared_settings import GIVEN
from apps.shared_settings import HOW
from apps.shared_settings import Asked
from apps.shared_settings import data
from apps.shared_settings import orientation
from apps.shared_settings import output
from pipelines.data.orientations import UPRIGHT
from pipelines.evaluation.ensembles.ways import PROBABILITIES
from pipelines.evaluation.ensembles.ways import WAYS
from pipelines.runs.config import RunConfig
from pipelines.runs.lying import orientation_for
from pipelines.runs.places import model_file
from pipelines.runs.places import new_folder
from pipelines.runs.places import refuse_if_taken
from pipelines.runs.settings import changed
from pipelines.runs.settings import required
from pipelines.runs.settings import row
from zoo.errors import RequestError


@dataclasses.dataclass(frozen=True, kw_only=True)
class Combining(Asked):
    """Which models become one, and how."""

    models: tuple[str, ...] = required(
        "Folders of runs or .keras files, between commas: of the same classes.",
        group=GIVEN,
        common=True,
    )
    data: str = data()
    judge: str | None = row(
        None,
        "The pictures that judge, none of which is in `data`.",
        group=GIVEN,
        usual="half of `data`, near copies on one side",
        common=True,
    )
    how: str = row(
        PROBABILITIES,
        "; ".join(f"{name}: {what}" for name, what in WAYS.items()) + ".",
        group=HOW,
        choices=tuple(WAYS),
        common=True,
    )
    seed: int = changed(RunConfig, "seed", group=HOW)
    orientation: str | None = orientation(
        "what the first of `models` learned with; else upright"
    )
    output: str | None = output(
        None,
        "A new folder for the model and the results.",
        usual="made up from data and time, in tensorboard_logs/",
    )


def check(asked: Combining) -> None:
    if len(set(asked.models)) < 2:
        raise RequestError(
            "`models` are put together. Give two or more, each once, such as "
            f"runs/a runs/b. Received: {', '.join(asked.models)}"
        )
    for model in asked.models:
        model_file(model)
    for pictures in (asked.data, asked.judge):
        if pictures is not None:
            check_data(pictures)
    if asked.output:
        refuse_if_taken(asked.output)


def run(asked: Combining) -> None:
    from pipelines.evaluation.ensembles.combining import Mixture
    from pipelines.evaluation.ensembles.combining import combine
    from pipelines.evaluation.ensembles.writing import describe
    from pipelines.evaluation.ensembles.writing import write_combined

    oriented = orientation_for(asked.models[0], asked.orientation)
    mixture = Mixture(
        asked.models,
        asked.how,
        asked.data,
        asked.judge,
        asked.seed,
        oriented == UPRIGHT,
    )
    output = asked.output or new_folder(asked.data, asked.how)
    combined = combine(mixture, checked=Bar("pictures", "picture"))
    write_combined(combined, mixture, output)
    say(combined.parts.note)
    for line in describe(combined.facts):
        say(line)
    say(f"model: {output}")


def cli() -> None:
    launch(run, Combining, word="models", check=check)


if __name__ == "__main__":
    cli()
