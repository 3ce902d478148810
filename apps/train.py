"""Trains a network from scratch.

    zoo train photos/ --model=resnet18 --output=runs/first
    zoo train photos/ --recipe=resnet_rsb_a3

Writes into --output: config.json, metrics.json, history.json, model.keras,
report.html, card.md, predictions.csv, checkpoints/ and event files for
TensorBoard. Exit codes: 0 done, 2 a wrong request, 3 bad data, 4 a damaged
file, 75 stopped and saved: the same command goes on.
"""

from apps.bar import Bar
from apps.checks import check_run
from apps.closing import close
from apps.command import launch
from apps.command import tell
from apps.listening import saving_what_is_reached
from apps.shared_settings import Repeating
from pipelines.runs.options import RunOptions
from pipelines.training.config import TrainConfig


def check(config: TrainConfig, options: RunOptions, _: Repeating) -> None:
    check_run(config, options)


def run(config: TrainConfig, options: RunOptions, mode: Repeating) -> None:
    from pipelines.training.from_scratch import train
    from pipelines.training.seeds import run_seeds

    watching = {"say": tell, "progress": Bar("pictures", "picture")}
    with saving_what_is_reached():
        if mode.seeds:
            run_seeds(config, mode.seeds, train, options=options, **watching)
            return
        finished = train(config, options=options, **watching)
    close(finished)


def cli() -> None:
    launch(run, TrainConfig, RunOptions, Repeating, word="data", check=check)


if __name__ == "__main__":
    cli()
