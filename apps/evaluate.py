"""Judges a model by a data set's held-out part, or by all of its pictures.

    python -m apps.evaluate --model=runs/first --data=photos/ --output=judged

Given the snapshots/ of a run, it judges the mean of their probabilities and
says what each of them reaches by itself. Writes into --output: config.json,
metrics.json and predictions.csv. Exit codes: 0 done, 2 a wrong request, 3 bad
data, 4 a damaged file.
"""

from absl import flags

from apps.command import Bar
from apps.command import launch
from apps.command import say
from apps.model_flags import define_batch_flag
from apps.model_flags import define_model_flags
from apps.model_flags import define_tta_flag


def define_flags() -> None:
    define_model_flags()
    flags.DEFINE_string(
        "data",
        None,
        "A folder, 'herbarium' or 'tfds:NAME[:SPLIT]'; its val, validation "
        "or test part where there is one, otherwise every picture.",
        required=True,
    )
    flags.DEFINE_string("output", None, "A new folder.", required=True)
    define_batch_flag()
    define_tta_flag()


def run() -> None:
    from pipelines.evaluation.judging import judge
    from pipelines.evaluation.saved_models import open_model
    from pipelines.evaluation.saved_models import open_snapshots

    values = flags.FLAGS
    models = open_snapshots(values.model)
    metrics = judge(
        models or open_model(values.model, values.weights),
        values.data,
        values.output,
        batch_size=values.global_batch_size,
        tta=values.tta,
        checked=Bar("pictures", "picture"),
        progress=Bar("judging", "batch"),
    )
    for name, top1 in metrics.get("top1_by_model", {}).items():
        say(f"top-1 {top1:.2%} of {name} by itself")
    say(
        f"top-1 {metrics['top1']:.2%}, top-5 {metrics['top5']:.2%}, loss "
        f"{metrics['loss']:.4f} on {metrics['examples']:,} pictures, in "
        f"{metrics['seconds']:.0f} s; written to {values.output}"
    )


def cli() -> None:
    launch(run, define_flags)


if __name__ == "__main__":
    cli()
