"""Packs a data set into shards, which large disks and networks read fast.

    zoo pack photos/ --output=packed --max_side=512

Writes into --output: the shards, an index, and manifest.json with the sha256
of every shard; train and finetune take the folder as data. Killed, the same
command goes on after the last finished shard. Exit codes: 0 done, 2 a wrong
request, 3 bad data.
"""

import dataclasses

from apps.bar import Bar
from apps.checks import check_data
from apps.command import launch
from apps.command import say
from apps.command import tell
from apps.shared_settings import GIVEN
from apps.shared_settings import WRITTEN
from apps.shared_settings import Asked
from apps.shared_settings import data
from apps.shared_settings import output
from pipelines.pages.commands import command
from pipelines.runs.config import RunConfig
from pipelines.runs.settings import changed
from pipelines.runs.settings import row


@dataclasses.dataclass(frozen=True, kw_only=True)
class Sharding(Asked):
    """What is packed, and how."""

    data: str = data()
    seed: int = changed(
        RunConfig,
        "seed",
        help="Decides what is held out where the data has no such part.",
    )
    image_column: str | None = changed(RunConfig, "image_column", group=GIVEN)
    label_column: str | None = changed(RunConfig, "label_column", group=GIVEN)
    group_column: str | None = changed(RunConfig, "group_column", group=GIVEN)
    output: str = output(
        dataclasses.MISSING,
        "A new folder, or one that this command has not finished.",
    )
    format: str = row(
        "tfrecord",
        "The kind of file that a shard is.",
        group=WRITTEN,
        choices=("tfrecord", "arrayrecord"),
        common=True,
    )
    max_side: int | None = row(
        None,
        "Pictures with a longer side than this, in pixels, are made smaller.",
        group=WRITTEN,
        usual="every picture stays as it is",
        low=1,
        common=True,
    )
    quality: int = row(
        90,
        "Of the JPEGs that `max_side` makes.",
        group=WRITTEN,
        low=1,
        high=100,
        common=True,
    )
    shard_mb: float = row(
        256.0,
        "Megabytes (1e6 bytes) a shard.",
        group=WRITTEN,
        low=0.001,
        common=True,
    )


def check(asked: Sharding) -> None:
    check_data(asked.data)


def run(asked: Sharding) -> None:
    from pipelines.data.packing.packing import Packing
    from pipelines.data.packing.packing import pack
    from pipelines.data.sources.csv_columns import NamedColumns
    from pipelines.data.sources.opening import open_splits

    splits = open_splits(
        asked.data,
        seed=asked.seed,
        progress=Bar("opening", "file"),
        named=NamedColumns(
            asked.image_column, asked.label_column, asked.group_column
        ),
    )
    if splits.note:
        tell(splits.note)
    packing = Packing(
        asked.format, asked.max_side, asked.quality, asked.shard_mb
    )
    manifest = pack(splits, asked.output, packing, Bar("packing", "picture"))
    for name, part in manifest["splits"].items():
        size = sum(shard["bytes"] for shard in part["shards"]) / 1e6
        say(
            f"{name}: {part['examples']:,} pictures in "
            f"{len(part['shards']):,} shards, {size:,.1f} MB"
        )
    say(f"train: {command('finetune', data=asked.output)}")


def cli() -> None:
    launch(run, Sharding, word="data", check=check)


if __name__ == "__main__":
    cli()
