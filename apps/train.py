"""Trains a network from scratch.

    python -m apps.train --data=photos/ --model=resnet18 --output=runs/first
    python -m apps.train --data=photos/ --recipe=resnet_rsb_a3

Writes into --output: config.json, metrics.json, history.json, model.keras,
checkpoints/ and event files for TensorBoard. Exit codes: 0 done, 2 a wrong
request, 3 bad data, 4 a damaged file, 75 stopped and saved: the same command
goes on.
"""

from absl import flags

from apps import run_flags
from apps.command import Bar
from apps.command import launch
from apps.command import say

# Listed by --help; --helpfull has the others.
_SHOWN = (
    "data",
    "model",
    "recipe",
    "weights",
    "output",
    "epochs",
    "global_batch_size",
    "learning_rate",
    "optimizer",
    "schedule",
    "image_size",
    "seed",
    "augmentation",
    "precision",
    "resume",
)


def define_flags() -> None:
    run_flags.define_run_flags(
        model="resnet50",
        weights="none",
        batch=128,
        epochs="30 where not given",
        rate=" By the optimizer where not given.",
    )
    run_flags.define_learning_flags()
    for name in _SHOWN:
        flags.declare_key_flag(name)


def run() -> None:
    from pipelines.runs.options import RunOptions
    from pipelines.runs.recipes import settings_of
    from pipelines.training.config import TrainConfig
    from pipelines.training.from_scratch import train

    given = run_flags.given_settings()
    recipe = settings_of(flags.FLAGS.recipe, given)
    config = TrainConfig(
        **run_flags.run_settings(recipe),
        **run_flags.learning_settings(recipe),
    )
    options = RunOptions(**run_flags.run_options())
    progress = Bar("pictures", "picture")
    run_flags.close(train(config, options=options, say=say, progress=progress))


def cli() -> None:
    launch(run, define_flags)


if __name__ == "__main__":
    cli()
