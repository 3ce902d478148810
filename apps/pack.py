"""Packs a data set into shards, which large disks and networks read fast.

    python -m apps.pack --data=photos/ --output=packed --max_side=512

Writes into --output: the shards, an index, and manifest.json with the sha256
of every shard; --data=packed then trains on it. Killed, the same command goes
on after the last finished shard. Exit codes: 0 done, 2 a wrong request, 3 bad
data.
"""

from absl import flags

from apps.command import Bar
from apps.command import launch
from apps.command import say


def define_flags() -> None:
    flags.DEFINE_string(
        "data",
        None,
        "A folder, a CSV manifest, 'herbarium' or 'tfds:NAME[:SPLIT]'.",
        required=True,
    )
    flags.DEFINE_string(
        "output",
        None,
        "A new folder, or one that this command has not finished.",
        required=True,
    )
    flags.DEFINE_enum(
        "format", "tfrecord", ("tfrecord", "arrayrecord"), "Of the shards."
    )
    flags.DEFINE_integer(
        "max_side",
        None,
        "Pictures with a longer side, in pixels, are made smaller; not given, "
        "every picture stays as it is.",
        lower_bound=1,
    )
    flags.DEFINE_integer(
        "quality",
        90,
        "Of the JPEGs that --max_side makes.",
        lower_bound=1,
        upper_bound=100,
    )
    flags.DEFINE_float(
        "shard_mb", 256, "Megabytes (1e6 bytes) a shard.", lower_bound=0.001
    )
    flags.DEFINE_integer(
        "seed", 0, "Decides what is held out where the data has no such part."
    )


def run() -> None:
    from pipelines.data.packing.packing import Packing
    from pipelines.data.packing.packing import pack
    from pipelines.data.sources.opening import open_splits
    from pipelines.pages.commands import command

    values = flags.FLAGS
    splits = open_splits(
        values.data, seed=values.seed, progress=Bar("opening", "file")
    )
    if splits.note:
        say(splits.note)
    packing = Packing(
        values.format, values.max_side, values.quality, values.shard_mb
    )
    manifest = pack(splits, values.output, packing, Bar("packing", "picture"))
    for name, part in manifest["splits"].items():
        size = sum(shard["bytes"] for shard in part["shards"]) / 1e6
        say(
            f"{name}: {part['examples']:,} pictures in "
            f"{len(part['shards']):,} shards, {size:,.1f} MB"
        )
    say(f"train: {command('finetune', data=values.output)}")


def cli() -> None:
    launch(run, define_flags)


if __name__ == "__main__":
    cli()
