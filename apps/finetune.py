"""Fine-tunes a pretrained network on a folder of pictures.

    zoo finetune photos/

Everything but the head is frozen; the head learns first, then stage by stage
from the top, by a plan that is printed before it starts. What is not said is
chosen by the pictures and the device, and printed as the full command. Writes
into --output: config.json, metrics.json, history.json, model.keras,
report.html, card.md, predictions.csv, checkpoints/ and event files for
TensorBoard. Exit codes: 0 done, 2 a wrong request, 3 bad data, 4 a damaged
file, 75 stopped and saved: the same command goes on.
"""

import dataclasses

from apps.bar import Bar
from apps.checks import check_run
from apps.closing import close
from apps.command import launch
from apps.command import say
from apps.command import tell
from apps.listening import saving_what_is_reached
from apps.shared_settings import INSTEAD
from apps.shared_settings import Repeating
from pipelines.runs.modes import ADD_CLASSES
from pipelines.runs.modes import COMPARE
from pipelines.runs.modes import FIND_RATE
from pipelines.runs.modes import FOLDS
from pipelines.runs.modes import PROBE
from pipelines.runs.modes import refuse_unused
from pipelines.runs.options import RunOptions
from pipelines.runs.settings import row
from pipelines.training.config import FinetuneConfig
from zoo.errors import RequestError


@dataclasses.dataclass(frozen=True, kw_only=True)
class Mode(Repeating):
    """What is done with the configuration: one of these, or one run."""

    find_lr: bool = row(
        False,
        "Only look for a learning rate, and draw the loss over the rates.",
        group=INSTEAD,
    )
    folds: int | None = row(
        None,
        "Cross-validation: so many runs, so that each picture is judged once.",
        group=INSTEAD,
        low=2,
        high=1000,
    )
    compare_scratch: bool = row(
        False,
        "Also train the same network from scratch, and draw both.",
        group=INSTEAD,
    )


def check(config: FinetuneConfig, options: RunOptions, mode: Mode) -> None:
    values = dataclasses.asdict(mode) | {"add_classes": config.add_classes}
    del values["config"]
    asked = [name for name, value in values.items() if value]
    if len(asked) > 1:
        raise RequestError(
            f"`{asked[0]}` and `{asked[1]}` are two different things to do. "
            "Give one of them."
        )
    for name in (ADD_CLASSES, COMPARE, FIND_RATE, FOLDS):
        if values[name]:
            refuse_unused(config, name)
            refuse_unused(options, name)
    if config.probe:
        refuse_unused(options, PROBE)
    check_run(config, options)


def run(config: FinetuneConfig, options: RunOptions, mode: Mode) -> None:
    watching = {"say": tell, "progress": Bar("pictures", "picture")}
    if mode.find_lr:
        _find_rate(config, options, watching)
    elif mode.folds:
        _cross_validate(config, options, mode.folds, watching)
    elif mode.seeds:
        _run_seeds(config, options, mode.seeds, watching)
    elif mode.compare_scratch:
        _compare(config, options, watching)
    elif config.add_classes:
        _add_classes(config, options, watching)
    else:
        _finetune(config, options, watching)


def _finetune(config, options, watching) -> None:
    from pipelines.training.fine_tuning.fine_tuning import finetune_run

    with saving_what_is_reached():
        finished = finetune_run(config, options=options, **watching)
    close(finished)


def _find_rate(config, options, watching) -> None:
    from pipelines.training.fine_tuning.fine_tuning import find_rate_run

    find_rate_run(config, options=options, **watching)


def _cross_validate(config, options, folds: int, watching) -> None:
    from pipelines.training.fine_tuning.cross_validation import cross_validate

    with saving_what_is_reached():
        cross_validate(config, folds, options=options, **watching)


def _run_seeds(config, options, seeds: int, watching) -> None:
    from pipelines.training.fine_tuning.fine_tuning import finetune_run
    from pipelines.training.seeds import run_seeds

    with saving_what_is_reached():
        run_seeds(config, seeds, finetune_run, options=options, **watching)


def _compare(config, options, watching) -> None:
    from pipelines.training.fine_tuning.comparison import compare_with_scratch

    with saving_what_is_reached():
        runs = compare_with_scratch(config, options=options, **watching)
    for name, finished in runs.items():
        decides = finished.task.decides
        value = finished.metrics[decides.name]
        say(f"{name}: {decides.told(value, 2)}")
    say(f"both runs and comparison.png: {config.output}")


def _add_classes(config, options, watching) -> None:
    from pipelines.training.fine_tuning.adding_classes import add_classes

    with saving_what_is_reached():
        finished = add_classes(config, options=options, **watching)
    close(finished)


def cli() -> None:
    launch(run, FinetuneConfig, RunOptions, Mode, word="data", check=check)


if __name__ == "__main__":
    cli()
