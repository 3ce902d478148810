"""What few pictures are worth: ways of fine-tuning at some shots a class."""

import os
import statistics
import tempfile

from pipelines.training.config import FinetuneConfig
from pipelines.training.fine_tuning.fine_tuning import finetune_run

SHOTS = (1, 5, 20, 100)
SEEDS = 5
# What differs between the ways, besides what is chosen for all runs. Nothing
# is left to the look at the head alone, whose limit comes from these figures.
WAYS = {
    "probe": {"probe": True},
    "head": {"plan": "head:30@0.4"},
    "progressive": {"plan": "head:4@0.4, stage3:18@0.4, all:8@0.2"},
}


def benchmark_shots(
    data: str,
    *,
    model: str = "resnet20",
    weights: str = "cifar10",
    ways=tuple(WAYS),
    shots=SHOTS,
    seeds: int = SEEDS,
    say=print,
) -> list[dict]:
    """Fine-tunes in several ways, with few pictures a class, over some seeds.

    A seed decides which pictures are taken, their order and what is drawn
    while training.

    Args:
        data: The pictures.
        model: One of `zoo.list_models()`.
        weights: Where it starts.
        ways: Names out of `WAYS`.
        shots: Pictures a class to learn from.
        seeds: Runs of each kind.
        say: Told a row at once when it is done.

    Returns:
        A row for each way and number of shots: `way`, `shots`, `mean`,
        `lowest`, `highest` (top-1 on the held-out pictures, 0…1).
    """
    rows = []
    for way in ways:
        for count in shots:
            found = [
                _top1(data, model, weights, count, seed, WAYS[way])
                for seed in range(seeds)
            ]
            row = {
                "way": way,
                "shots": count,
                "mean": statistics.mean(found),
                "lowest": min(found),
                "highest": max(found),
            }
            say(
                f"{way:12} {count:4} shots: {row['mean']:.1%} "
                f"({row['lowest']:.1%} to {row['highest']:.1%})"
            )
            rows.append(row)
    return rows


def _top1(data, model, weights, count, seed, settings) -> float:
    with tempfile.TemporaryDirectory() as folder:
        config = FinetuneConfig(
            data=data,
            model=model,
            weights=weights,
            output=os.path.join(folder, "run"),
            shots=count,
            seed=seed,
            **settings,
        )
        finished = finetune_run(config, say=lambda line: None)
    return finished.metrics["top1"]
