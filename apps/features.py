"""Writes what a network makes of every picture of a data set into one file.

    zoo features photos/ --output=features.npz
    zoo features photos/ --model=RUN --output=features.npz

The file is read by numpy.load: features, names, labels, class_names, parts,
and recipe, which says how they were computed. --data may also be a folder of
pictures without class folders. The command search searches it. Exit codes:
0 done, 2 a wrong request, 3 bad data, 4 a damaged file.
"""

import dataclasses

from apps.bar import Bar
from apps.checks import check_data
from apps.checks import check_model
from apps.command import launch
from apps.command import say
from apps.command import tell
from apps.new_places import check_new_file
from apps.shared_settings import HOW
from apps.shared_settings import FeatureModel
from apps.shared_settings import batch
from apps.shared_settings import data
from apps.shared_settings import orientation
from apps.shared_settings import output
from pipelines.data.orientations import UPRIGHT
from pipelines.runs.lying import orientation_for
from pipelines.runs.settings import row


@dataclasses.dataclass(frozen=True, kw_only=True)
class Computing(FeatureModel):
    """What is computed of which pictures."""

    data: str = data()
    output: str = output("features.npz", "The file to write, new.")
    stage: str = row(
        "pooled",
        "The stage whose output is written: stem, stage1, …; head for the "
        "logits; pooled for the vector in front of the classifier.",
        group=HOW,
        common=True,
    )
    pool: bool = row(
        True,
        "Whether maps and tokens are averaged to one vector a picture.",
        group=HOW,
        common=True,
    )
    global_batch_size: int = batch(128)
    orientation: str | None = orientation()


def check(asked: Computing) -> None:
    check_new_file(asked.output)
    if asked.model is not None:
        check_model(asked.model, asked.weights)
    check_data(asked.data)


def run(asked: Computing) -> None:
    from pipelines.features.computing import FeatureOptions
    from pipelines.features.computing import Watchers
    from pipelines.features.computing import compute_features
    from pipelines.features.start import FeatureSource

    table = compute_features(
        FeatureSource(asked.model, asked.weights),
        asked.data,
        asked.output,
        options=FeatureOptions(
            asked.stage,
            asked.pool,
            asked.global_batch_size,
            orientation_for(asked.model, asked.orientation) == UPRIGHT,
        ),
        watchers=Watchers(
            drawn=Bar("pictures", "picture"),
            checked=Bar("checking", "picture"),
            computed=Bar("features", "picture"),
        ),
        say=tell,
    )
    shape = " x ".join(map(str, table.features.shape[1:]))
    say(
        f"{len(table):,} pictures, {shape} numbers each "
        f"({table.features.nbytes / 1e6:,.1f} MB); written to {asked.output}"
    )


def cli() -> None:
    launch(run, Computing, word="data", check=check)


if __name__ == "__main__":
    cli()
