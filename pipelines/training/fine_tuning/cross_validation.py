"""k-fold cross-validation: as many runs as folds, one figure out of all."""

from pipelines.runs.modes import FOLDS
from pipelines.runs.modes import refuse_unused
from pipelines.runs.options import RunOptions
from pipelines.runs.run_folder import METRICS
from pipelines.tasks.task import Task
from pipelines.training.config import FinetuneConfig
from pipelines.training.fine_tuning.fine_tuning import finetune_run
from pipelines.training.fine_tuning.several_runs import open_several
from pipelines.training.fine_tuning.several_runs import run_each
from pipelines.training.fine_tuning.several_runs import task_of_run
from zoo.errors import RequestError

LARGEST = 100


def cross_validate(
    config: FinetuneConfig,
    folds: int,
    *,
    options: RunOptions | None = None,
    say=print,
    progress=None,
) -> dict:
    """Fine-tunes once for each fold; every picture is judged exactly once.

    Both parts of the data set are dealt out anew. The runs lie in `fold-1` …
    of the output folder, what they reach together in its `metrics.json`.

    Args:
        config: What is asked for; its output is the folder of all runs.
        folds: How many, at least 2.
        options: How the runs are carried out; with `resume`, folds that are
            done are not done again.
        say: Tells a person something in one line.
        progress: Called with the numbers of pictures done and in all.

    Returns:
        `examples`, `loss` and the task's metrics (`top1`, `top5`) over all
        pictures, `seconds`, and under `folds` the metrics of each run.

    Raises:
        RequestError: There are too few or too many folds, or what
            `finetune_run` raises.
        DataError: A class has fewer pictures than there are folds.
    """
    if not 2 <= folds <= LARGEST:
        raise RequestError(f"`folds` lies in 2…{LARGEST}. Received: {folds}")
    refuse_unused(config, FOLDS)
    options = options or RunOptions()
    watching = {"say": say, "progress": progress}
    with open_several(config, options, f"folds={folds}", **watching) as folder:
        parts = {
            f"fold-{fold + 1}": config.resolved(
                fold=(fold, folds), output=str(folder.path / f"fold-{fold + 1}")
            )
            for fold in range(folds)
        }
        results = run_each(parts, finetune_run, options=options, **watching)
        task = task_of_run(folder.path / "fold-1", config)
        metrics = pooled(results, task)
        folder.write_json(METRICS, metrics)
    say(describe(metrics, task))
    return metrics


def pooled(results: list[dict], task: type[Task]) -> dict:
    """Puts the metrics of folds together, weighted by their pictures."""
    examples = sum(each["examples"] for each in results)
    means = {
        name: sum(each[name] * each["examples"] for each in results) / examples
        for name in ("loss", *(metric.name for metric in task.metrics))
    }
    return {
        "examples": examples,
        **means,
        "seconds": sum(each["seconds"] for each in results),
        "folds": results,
    }


def describe(metrics: dict, task: type[Task]) -> str:
    """Says what the folds reach together and how far they are apart."""
    decides = task.decides
    found = [each[decides.name] for each in metrics["folds"]]
    least, most = (decides.text(f(found), 2) for f in (min, max))
    return (
        f"{len(found)} folds: {decides.told(metrics[decides.name], 2)} of "
        f"{metrics['examples']:,} pictures, {least} to {most} in one fold"
    )
