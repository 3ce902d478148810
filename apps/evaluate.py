"""Judges a model by a data set's held-out part, or by all of its pictures.

    python -m apps.evaluate --model=runs/first --data=photos/ --output=judged

Writes into --output: config.json, metrics.json and predictions.csv. Exit
codes: 0 done, 2 a wrong request, 3 bad data, 4 a damaged file.
"""

from absl import flags

from apps.command import Bar
from apps.command import launch
from apps.command import say


def define_flags() -> None:
    flags.DEFINE_string(
        "model",
        None,
        "A run's folder, a .keras file, or the name of a model (with "
        "--weights).",
        required=True,
    )
    flags.DEFINE_string(
        "weights", None, "With the name of a model: which weights."
    )
    flags.DEFINE_string(
        "data",
        None,
        "A folder, 'herbarium' or 'tfds:NAME[:SPLIT]'; its val, validation "
        "or test part where there is one, otherwise every picture.",
        required=True,
    )
    flags.DEFINE_string("output", None, "A new folder.", required=True)
    flags.DEFINE_integer(
        "global_batch_size", 128, "Pictures at a time.", lower_bound=1
    )


def run() -> None:
    from pipelines.evaluation.judging import judge
    from pipelines.evaluation.judging import open_model

    values = flags.FLAGS
    model = open_model(values.model, values.weights)
    metrics = judge(
        model,
        values.data,
        values.output,
        batch_size=values.global_batch_size,
        checked=Bar("pictures", "picture"),
        progress=Bar("judging", "batch"),
    )
    say(
        f"top-1 {metrics['top1']:.2%}, top-5 {metrics['top5']:.2%}, loss "
        f"{metrics['loss']:.4f} on {metrics['examples']:,} pictures, in "
        f"{metrics['seconds']:.0f} s; written to {values.output}"
    )


def cli() -> None:
    launch(run, define_flags)


if __name__ == "__main__":
    cli()
