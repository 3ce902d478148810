"""Fine-tunes a pretrained network on a folder of pictures.

    python -m apps.finetune --data=photos/

Everything but the head is frozen; the head learns first, then stage by stage
from the top, by a plan that is printed before it starts. What is not said is
chosen by the pictures and the device, and printed as the full command. Writes
into --output: config.json, metrics.json, history.json, model.keras,
report.html, checkpoints/ and event files for TensorBoard. Exit codes: 0 done,
2 a wrong request, 3 bad data, 4 a damaged file, 75 stopped and saved: the same
command goes on.
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
    "learning_rate",
    "image_size",
    "augmentation",
    "shots",
)


def define_flags() -> None:
    run_flags.define_run_flags(
        model=None,
        weights=run_flags.AUTO,
        batch=32,
        epochs="30, and up to 100 for few pictures, where not given",
        rate=" 'auto' finds it.",
    )
    run_flags.define_freezing_flags()
    for name in _SHOWN:
        flags.declare_key_flag(name)
    flags.DEFINE_string(
        "plan",
        None,
        "Phases in order, STAGE:EPOCHS@RATE: that stage and all above it "
        "learn; e.g. 'head:3@0.1, stage3:4@0.02, all:5@0.005'. Made from "
        "--epochs and --learning_rate where not given.",
    )
    _define_mode_flags()


def _define_mode_flags() -> None:
    flags.DEFINE_bool(
        "probe", False, "Only fit a linear classifier to the features."
    )
    flags.DEFINE_bool(
        "find_lr", False, "Only look for a learning rate, and draw it."
    )
    flags.DEFINE_integer(
        "folds", None, "Cross-validation: so many runs, each picture judged."
    )
    flags.DEFINE_bool(
        "compare_scratch", False, "Also train from scratch, and draw both."
    )
    flags.DEFINE_string(
        "add_classes",
        None,
        "The folder of a run: its model learns the classes of --data too.",
    )


def run() -> None:
    from pipelines.training.config import FinetuneConfig

    values = flags.FLAGS
    mode = _mode(values)
    config = FinetuneConfig(
        **run_flags.run_settings(),
        plan=values.plan,
        stage_lr_decay=values.stage_lr_decay,
        freeze_batch_norm=values.freeze_batch_norm,
        cache=values.cache,
        patience=values.patience,
        probe=values.probe,
        add_classes=values.add_classes,
    )
    mode(config, say=say, progress=Bar("pictures", "picture"))


def _mode(values):
    """Returns what is to be done, of which there is one at a time."""
    from zoo.errors import RequestError

    modes = {
        "find_lr": _find_rate,
        "folds": _cross_validate,
        "compare_scratch": _compare,
        "add_classes": _add_classes,
    }
    asked = [name for name in modes if values[name].value not in (None, False)]
    if len(asked) > 1:
        raise RequestError(
            f"--{asked[0]} and --{asked[1]} are two different things to do. "
            "Give one of them."
        )
    return modes[asked[0]] if asked else _finetune


def _options():
    from pipelines.runs.options import RunOptions

    return RunOptions(**run_flags.run_options())


def _finetune(config, **watching) -> None:
    from pipelines.training.fine_tuning.fine_tuning import finetune_run

    run_flags.close(finetune_run(config, options=_options(), **watching))


def _find_rate(config, **watching) -> None:
    from pipelines.training.fine_tuning.fine_tuning import find_rate_run

    find_rate_run(config, **watching)


def _cross_validate(config, **watching) -> None:
    from pipelines.training.fine_tuning.cross_validation import cross_validate

    cross_validate(config, flags.FLAGS.folds, options=_options(), **watching)


def _compare(config, **watching) -> None:
    from pipelines.training.fine_tuning.comparison import compare_with_scratch

    runs = compare_with_scratch(config, options=_options(), **watching)
    for name, finished in runs.items():
        say(f"{name}: top-1 {finished.metrics['top1']:.2%}")
    say(f"both runs and comparison.png: {config.output}")


def _add_classes(config, **watching) -> None:
    from pipelines.training.fine_tuning.adding_classes import add_classes

    run_flags.close(add_classes(config, **watching))


def cli() -> None:
    launch(run, define_flags)


if __name__ == "__main__":
    cli()
