"""Trains a network from scratch.

    zoo train photos/ --model=resnet18 --output=runs/first
    zoo train photos/ --recipe=resnet_rsb_a3

Writes into --output: config.json, metrics.json, history.json, model.keras,
checkpoints/ and event files for TensorBoard. Exit codes: 0 done, 2 a wrong
request, 3 bad data, 4 a damaged file, 75 stopped and saved: the same command
goes on.
"""

from apps.bar import Bar
from apps.checks import check_run
from apps.closing import close
from apps.command import launch
from apps.command import tell
from apps.listening import saving_what_is_reached
from pipelines.runs.options import RunOptions
from pipelines.training.config import TrainConfig


def run(config: TrainConfig, options: RunOptions) -> None:
    from pipelines.training.from_scratch import train

    progress = Bar("pictures", "picture")
    with saving_what_is_reached():
        finished = train(config, options=options, say=tell, progress=progress)
    close(finished)


def cli() -> None:
    launch(run, TrainConfig, RunOptions, word="data", check=check_run)


if __name__ == "__main__":
    cli()
