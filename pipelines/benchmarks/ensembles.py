"""What many models as one are worth: seeds of one run, put together each way.

Half of the held-out pictures chooses (the best single model, what a greedy
soup takes, BatchNorm's statistics), the other half judges.
"""

import dataclasses
import os
import statistics
import tempfile

from pipelines.evaluation.ensembles.combining import Mixture
from pipelines.evaluation.ensembles.combining import combine
from pipelines.evaluation.ensembles.ways import WAYS
from pipelines.features.start import AT_HAND
from pipelines.training.config import FinetuneConfig
from pipelines.training.fine_tuning.fine_tuning import finetune_run

SEEDS = 5


def benchmark_ensembles(
    data: str, *, seeds: int = SEEDS, settings: dict | None = None, say=print
) -> list[dict]:
    """Fine-tunes with several seeds, and makes one model of them each way.

    Args:
        data: The pictures, with a part of their own to judge by.
        seeds: How many runs.
        settings: Of the runs, beside data, seed and output.
        say: Told a row at once when it is known.

    Returns:
        A row for the mean and the best of the runs and for each way: `name`,
        `top1` on what judges (0…1), `networks` that a picture costs; and of
        ways `p`, how likely chance alone is as far from the best run.
    """
    config = FinetuneConfig(
        **{
            "data": data,
            "model": AT_HAND.model,
            "weights": AT_HAND.weights,
            "output": "",
            **(settings or {}),
        }
    )
    with tempfile.TemporaryDirectory() as folder:
        runs = tuple(os.path.join(folder, f"{seed}") for seed in range(seeds))
        for seed, run in enumerate(runs):
            finetune_run(
                dataclasses.replace(config, seed=seed, output=run),
                say=lambda line: None,
            )
        facts = {how: combine(Mixture(runs, how, data)).facts for how in WAYS}
    return _rows(facts, seeds, say)


def _rows(facts: dict, seeds: int, say) -> list[dict]:
    first = next(iter(facts.values()))
    alone = [member["top1"] for member in first["members"]]
    rows = [
        _row("mean of the runs", statistics.mean(alone), 1),
        _row("best run", first["best_member_top1"], 1),
    ]
    for how, found in facts.items():
        networks = 1 if "chosen" in found else seeds
        rows.append({**_row(how, found["top1"], networks), "p": found["p"]})
    for row in rows:
        chance = f", p = {row['p']:.2g}" if "p" in row else ""
        say(
            f"{row['name']:18} {row['top1']:.2%} for {row['networks']} "
            f"networks{chance}"
        )
    return rows


def _row(name: str, top1: float, networks: int) -> dict:
    return {"name": name, "top1": top1, "networks": networks}
