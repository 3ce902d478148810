"""Writes what a network makes of every picture of a data set into one file.

    python -m apps.features --model=resnet20 --weights=cifar10 --data=photos/ \\
        --output=features.npz

The file is read by numpy.load: features, names, labels, class_names, parts,
and recipe, which says how they were computed. --data may also be a folder of
pictures without class folders. apps.search searches it. Exit codes: 0 done,
2 a wrong request, 3 bad data, 4 a damaged file.
"""

from absl import flags

from apps.command import Bar
from apps.command import launch
from apps.command import say
from apps.model_flags import define_batch_flag
from apps.model_flags import define_model_flags


def define_flags() -> None:
    define_model_flags()
    flags.DEFINE_string(
        "data",
        None,
        "A folder, a CSV manifest, 'herbarium' or 'tfds:NAME[:SPLIT]'; all "
        "of its pictures are taken.",
        required=True,
    )
    flags.DEFINE_string(
        "stage",
        "pooled",
        "The stage whose output is written: stem, stage1, …; head for the "
        "logits; pooled for the vector in front of the classifier.",
    )
    flags.DEFINE_bool(
        "pool",
        True,
        "Whether maps and tokens are averaged to one vector a picture.",
    )
    flags.DEFINE_string("output", "features.npz", "The file to write, new.")
    define_batch_flag()


def run() -> None:
    from pipelines.features.computing import FeatureOptions
    from pipelines.features.computing import Watchers
    from pipelines.features.computing import compute_features

    values = flags.FLAGS
    table = compute_features(
        values.model,
        values.weights,
        values.data,
        values.output,
        options=FeatureOptions(
            values.stage, values.pool, values.global_batch_size
        ),
        watchers=Watchers(
            drawn=Bar("pictures", "picture"),
            checked=Bar("checking", "picture"),
            computed=Bar("features", "picture"),
        ),
    )
    shape = " x ".join(map(str, table.features.shape[1:]))
    say(
        f"{len(table):,} pictures, {shape} numbers each "
        f"({table.features.nbytes / 1e6:,.1f} MB); written to {values.output}"
    )


def cli() -> None:
    launch(run, define_flags)


if __name__ == "__main__":
    cli()
