"""Trains a network from scratch.

    python -m apps.train --data=photos/ --model=resnet18 --output=runs/first

Writes into --output: config.json, metrics.json, history.json, model.keras,
checkpoints/ and event files for TensorBoard. Exit codes: 0 done, 2 a wrong
request, 3 bad data, 4 a damaged file.
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
    "weights",
    "output",
    "epochs",
    "global_batch_size",
    "learning_rate",
    "image_size",
    "seed",
    "augmentation",
    "weight_decay",
    "label_smoothing",
    "precision",
    "upscale",
)


def define_flags() -> None:
    run_flags.define_run_flags(
        model="resnet50",
        weights="none",
        batch=128,
        epochs="30 where not given",
        rate="",
    )
    run_flags.define_mixing_flags()
    for name in _SHOWN:
        flags.declare_key_flag(name)
    flags.DEFINE_integer(
        "cycles",
        1,
        "Cosine cycles of the learning rate; each is twice as long as the "
        "one before.",
    )


def run() -> None:
    from pipelines.training.from_scratch import TrainConfig
    from pipelines.training.from_scratch import train

    values = flags.FLAGS
    config = TrainConfig(
        **run_flags.run_settings(),
        cycles=values.cycles,
        mixup=values.mixup,
        cutmix=values.cutmix,
        mixing_off_for_last=values.mixing_off_for_last,
        repeats=values.repeats,
    )
    finished = train(config, say=say, progress=Bar("pictures", "picture"))
    say(run_flags.closing_lines(config.output, finished.metrics))


def cli() -> None:
    launch(run, define_flags)


if __name__ == "__main__":
    cli()
