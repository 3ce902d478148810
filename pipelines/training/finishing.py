"""The end of a run: its model, what it reaches and a page to look at."""

import time
from collections.abc import Callable

import keras
import numpy as np
import tensorflow as tf

import zoo
from pipelines.batches.evaluation_data import evaluation_data
from pipelines.data.examples import Examples
from pipelines.devices.batch_norm import plain_copy
from pipelines.evaluation.answering import check_tells_one
from pipelines.evaluation.card import write_card
from pipelines.evaluation.evaluator import Evaluator
from pipelines.evaluation.explanations.report_maps import ReportMaps
from pipelines.evaluation.judged_files import write_csv
from pipelines.evaluation.report import write_report
from pipelines.runs.checkpoints import steps_of
from pipelines.runs.run_folder import CHECKPOINTS
from pipelines.runs.run_folder import HISTORY
from pipelines.runs.run_folder import METRICS
from pipelines.runs.run_folder import PREDICTIONS
from pipelines.tasks.task import Judged
from pipelines.tasks.task import Task
from pipelines.training.callbacks.event_files import EventFile
from pipelines.training.callbacks.tensorboard import grid
from pipelines.training.failures import Diverged
from pipelines.training.failures import NotWritten
from pipelines.training.fine_tuning.plan import beginnings
from pipelines.training.finished import Finished
from pipelines.training.run import Run
from zoo.errors import RequestError
from zoo.weights.files import variable_names
from zoo.weights.finite import not_finite

# Times the loss of guessing; weights that learn anything stay below.
_ABSURD = 10


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
        Diverged: The weights are no finite numbers.
        NotWritten: The disk is full or gone. A checkpoint is there.
        OSError: Likewise, and there is none.
    """
    try:
        return _finish(run, history, more)
    except OSError as error:
        reason = error.strerror or str(error)
        kept = steps_of(run.folder.path / CHECKPOINTS)
        if not kept:
            raise OSError(
                error.errno,
                f"{reason}. All steps are taken, and neither the results nor "
                "any checkpoint could be written: make room and start anew",
                str(run.folder.path),
            ) from error
        raise NotWritten(
            "all steps are taken, but the results cannot be written to "
            f"{run.folder.path} ({reason}). Make room; the checkpoint of step "
            f"{kept[-1]:,} is kept"
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
    run.take_over()
    seconds = time.perf_counter() - run.started
    model = plain_copy(run.model)
    _check_weights(model)
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
    _say_if_absurd(run, task, logits, metrics["loss"])
    drawn = _maps(run, model)
    path = run.folder.path
    judged = Judged(held_out, logits, metrics, drawn=drawn)
    write_report(
        path,
        task,
        judged,
        model=model,
        history=history,
        phases=beginnings(run.plan),
    )
    if drawn and drawn.overlays:
        _show_in_tensorboard(path, drawn.overlays)
    write_card(path, task, judged, model=model)
    predictions = task.table(logits, held_out)
    write_csv(path / PREDICTIONS, predictions)
    run.folder.write_json(METRICS, metrics)
    return Finished(
        run.config, model, history, metrics, logits, run.folder, task
    )


def _maps(run: Run, model) -> ReportMaps | None:
    """What draws maps for the report, where they are asked for and can be."""
    if not run.config.maps:
        return None
    try:
        check_tells_one(model, maps=True)
        return ReportMaps(model, run.splits.validation)
    except RequestError as error:
        # All steps are taken: a report without maps is better than none.
        run.say(f"The report has no maps: {error}")
        return None


def _show_in_tensorboard(path, overlays: list[np.ndarray]) -> None:
    file = EventFile(path / "validation")
    file.picture("mistakes_and_doubts", grid(np.stack(overlays)))
    file.close()


def _check_weights(model) -> None:
    bad = not_finite(variable_names(model))
    if bad:
        raise Diverged(
            f"The run has diverged: at its end {bad[0]} holds NaN or infinity. "
            "Lower `learning_rate` or give `clip_norm=1`; checkpoints hold "
            "finite weights only."
        )


def _say_if_absurd(run: Run, task: Task, logits, loss: float) -> None:
    """A loss far above that of guessing is no result, whatever it says.

    Guessing is an output of 0 for whatever is asked of every picture.
    """
    zeros = keras.tree.map_structure(np.zeros_like, logits)
    guessing = task.measure(zeros, run.splits.validation.labels)["loss"]
    # Not "loss > …", which NaN would pass.
    if guessing > 0 and not loss <= _ABSURD * guessing:
        run.say(
            f"The loss on held-out pictures is {loss:.3g}, where guessing has "
            f"{guessing:.3g}: the run has diverged. Lower `learning_rate` or "
            "give `clip_norm=1`."
        )
