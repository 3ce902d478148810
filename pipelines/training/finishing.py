"""The end of a run: its model, what it reaches and a page to look at."""

import time
from collections.abc import Callable

import numpy as np
import tensorflow as tf

import zoo
from pipelines.batches.evaluation_data import evaluation_data
from pipelines.data.examples import Examples
from pipelines.devices.batch_norm import plain_copy
from pipelines.evaluation.evaluator import Evaluator
from pipelines.evaluation.report import write_report
from pipelines.runs.run_folder import HISTORY
from pipelines.runs.run_folder import METRICS
from pipelines.tasks.task import Judged
from pipelines.tasks.task import Task
from pipelines.training.failures import NotWritten
from pipelines.training.fine_tuning.plan import beginnings
from pipelines.training.finished import Finished
from pipelines.training.run import Run


def finish(
    run: Run,
    history: list[dict],
    more: Callable[[np.ndarray], dict] | None = None,
) -> Finished:
    """Writes what came of a run.

    Args:
        run: All of whose steps are taken.
        history: The logs of each epoch.
        more: Given the logits of the held-out part, returns more metrics.

    Raises:
        NotWritten: The disk is full or gone. The checkpoints are there.
    """
    try:
        return _finish(run, history, more)
    except OSError as error:
        raise NotWritten(
            "all steps are taken, but the results cannot be written to "
            f"{run.folder.path} ({error.strerror or error}). Make room; "
            "the last checkpoint is kept"
        ) from error


def _tuned(run: Run, model) -> Task:
    """Chooses what is left, by pictures that nothing was learned from."""
    task, aside = run.task, run.splits.aside
    if aside:
        task = task.tuned(_logits(run, model, aside), aside.labels)
    task.note_in(model)
    return task


def _logits(run: Run, model, examples: Examples):
    data = evaluation_data(
        examples,
        zoo.preprocessing(model),
        batch_size=run.evaluation_batch,
        hold=True,
    )
    strategy = tf.distribute.get_strategy()
    return Evaluator(model, strategy, run.task).logits(data)


def _finish(run: Run, history: list[dict], more) -> Finished:
    """The metrics come last: they are the sign of a finished run."""
    seconds = time.perf_counter() - run.started
    model = plain_copy(run.model)
    task = _tuned(run, model)
    run.folder.save_model(model)
    run.folder.write_json(HISTORY, history)
    held_out = run.splits.validation
    logits = _logits(run, model, held_out)
    metrics = {
        **task.measure(logits, held_out.labels),
        "seconds": seconds,
        "epochs": len(history),
        "training_examples": len(run.splits.train),
        **(more(logits) if more else {}),
    }
    write_report(
        run.folder.path,
        task,
        Judged(held_out, logits, metrics),
        model=model,
        history=history,
        phases=beginnings(run.plan),
    )
    run.folder.write_json(METRICS, metrics)
    return Finished(
        run.config, model, history, metrics, logits, run.folder, task
    )
