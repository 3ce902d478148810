"""Fine-tunes a pretrained network on a folder of pictures.

    python -m apps.finetune --data=photos/ --model=resnet20 --weights=cifar10

Everything but the head is frozen; the head learns first, then stage by stage
from the top, by a plan that is printed before it starts. Writes into
--output: config.json, metrics.json, history.json, model.keras, checkpoints/
and event files for TensorBoard. Exit codes: 0 done, 2 a wrong request, 3 bad
data, 4 a damaged file.
"""

from absl import flags

from apps import run_flags
from apps.command import Bar
from apps.command import launch
from apps.command import say


def define_flags() -> None:
    run_flags.define_run_flags(
        weights=None, batch=32, epochs="30 over all phases where not given"
    )
    flags.adopt_module_key_flags(run_flags)
    flags.DEFINE_string(
        "plan",
        None,
        "Phases in order, STAGE:EPOCHS@RATE: that stage and all above it "
        "learn; e.g. 'head:3@0.1, stage3:4@0.02, all:5@0.005'. Made from "
        "--epochs and --learning_rate where not given.",
    )
    flags.mark_flag_as_required("weights")


def run() -> None:
    from pipelines.training.fine_tuning import FinetuneConfig
    from pipelines.training.fine_tuning import finetune

    config = FinetuneConfig(**run_flags.run_settings(), plan=flags.FLAGS.plan)
    metrics = finetune(config, say=say, progress=Bar("pictures", "picture"))
    say(run_flags.closing_lines(config.output, metrics))


def cli() -> None:
    launch(run, define_flags)


if __name__ == "__main__":
    cli()
