"""The same run with several seeds: what it reaches, and by how much it varies.

A seed decides the order of pictures, what augmentation does and how new layers
begin; and which pictures are held out, where the data has no part of its own
to judge by.
"""

import statistics
from collections.abc import Callable

from pipelines.runs.config import RunConfig
from pipelines.runs.options import RunOptions
from pipelines.runs.run_folder import METRICS
from pipelines.tasks.task import Task
from pipelines.training.fine_tuning.several_runs import open_several
from pipelines.training.fine_tuning.several_runs import run_each
from pipelines.training.fine_tuning.several_runs import task_of_run
from zoo.errors import RequestError

MOST_SEEDS = 100


def run_seeds(
    config: RunConfig,
    seeds: int,
    run: Callable,
    *,
    options: RunOptions | None = None,
    say=print,
    progress=None,
) -> dict:
    """Carries a run out with one seed after another, from its own on.

    The runs lie in `seed-0` … of the output folder, what they reach together
    in its `metrics.json`.

    Args:
        config: What is asked for; its output is the folder of all runs.
        seeds: How many, at least 2.
        run: Carries one run out, as `finetune_run` or `train` does.
        options: How the runs are carried out; with `resume`, those that are
            done are not done again.
        say: Tells a person something in one line.
        progress: Called with the numbers of pictures done and in all.

    Returns:
        What `spread` does.

    Raises:
        RequestError: There are too few or too many seeds, or what `run`
            raises.
        DataError: The pictures cannot be trained on.
    """
    if not 2 <= seeds <= MOST_SEEDS:
        raise RequestError(f"`seeds` lies in 2…{MOST_SEEDS}. Received: {seeds}")
    options = options or RunOptions()
    watching = {"say": say, "progress": progress}
    # A seed that is too large is refused before there is a folder.
    config.resolved(seed=config.seed + seeds - 1)
    with open_several(config, options, f"seeds={seeds}", **watching) as folder:
        parts = {
            f"seed-{seed}": config.resolved(
                seed=seed, output=str(folder.path / f"seed-{seed}")
            )
            for seed in range(config.seed, config.seed + seeds)
        }
        results = run_each(parts, run, options=options, **watching)
        task = task_of_run(folder.path / f"seed-{config.seed}", config)
        metrics = spread(results, task)
        folder.write_json(METRICS, metrics)
    say(describe(metrics, task))
    return metrics


def spread(results: list[dict], task: type[Task]) -> dict:
    """Returns the mean of several runs, and how far they are apart.

    Args:
        results: The metrics of each run, two or more.
        task: What they have learned.

    Returns:
        `loss` and the task's metrics (`top1`, `top5`) as means over the runs,
        `seconds` in all, the same names with `standard_deviation` (of a
        sample: divided by one less than there are), `least` and `most` under
        `spread`, and the metrics of each run under `runs`.

    Example:

    ```python
    from pipelines.tasks.classification import Classification
    from pipelines.training.seeds import spread
    found = spread(
        [{"loss": 1.0, "top1": top1, "top5": 1.0, "seconds": 2.0}
         for top1 in (0.5, 0.75, 1.0)], Classification)
    assert found["top1"] == 0.75
    assert found["spread"]["top1"]["standard_deviation"] == 0.25
    ```
    """
    names = ("loss", *(metric.name for metric in task.metrics))
    values = {name: [each[name] for each in results] for name in names}
    return {
        **{name: statistics.fmean(each) for name, each in values.items()},
        "seconds": sum(each["seconds"] for each in results),
        "spread": {
            name: {
                "standard_deviation": statistics.stdev(each),
                "least": min(each),
                "most": max(each),
            }
            for name, each in values.items()
        },
        "runs": results,
    }


def describe(metrics: dict, task: type[Task]) -> str:
    """Says what the runs reach together and how far they are apart."""
    decides = task.decides
    found = metrics["spread"][decides.name]
    apart, least, most = (
        decides.text(found[name], 2)
        for name in ("standard_deviation", "least", "most")
    )
    mean = decides.told(metrics[decides.name], 2)
    return (
        f"{len(metrics['runs'])} seeds: {mean} on the mean, standard "
        f"deviation {apart}, {least} to {most}"
    )
