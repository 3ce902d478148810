"""Judging a finished model by a set of pictures, with files to look into."""

import dataclasses
import itertools
import logging
import time
from collections.abc import Callable

import keras
import tensorflow as tf

import zoo
from pipelines.batches.evaluation_data import EvaluationData
from pipelines.batches.evaluation_data import evaluation_batch
from pipelines.batches.evaluation_data import evaluation_data
from pipelines.data.checks import check_pictures
from pipelines.data.examples import Examples
from pipelines.data.joining import as_several
from pipelines.data.joining import relabel
from pipelines.data.sources.opening import open_held_out
from pipelines.evaluation.answering import check_tells_one
from pipelines.evaluation.evaluator import Evaluator
from pipelines.evaluation.explanations.report_maps import ReportMaps
from pipelines.evaluation.explanations.stages import find_stage
from pipelines.evaluation.finite import check_finite
from pipelines.evaluation.held_out import ToJudge
from pipelines.evaluation.judged_files import write_judged
from pipelines.evaluation.saved_models import JudgedModels
from pipelines.evaluation.trust.beside import with_sections
from pipelines.evaluation.tta import NO_VIEWS
from pipelines.evaluation.tta import check_tta
from pipelines.evaluation.views import views_data
from pipelines.runs.run_folder import RunFolder
from pipelines.tasks.metric import LOSS
from pipelines.tasks.table import note_of
from pipelines.tasks.table import task_of_model
from pipelines.tasks.task import Judged
from pipelines.tasks.task import Task
from pipelines.waiting.heartbeat import heartbeat
from zoo.errors import DataError
from zoo.weights.classes import imagenet_by_number

_log = logging.getLogger("zoo")


@heartbeat()
def judge(
    models: keras.Model | dict[str, keras.Model] | JudgedModels,
    data: str | ToJudge,
    output: str,
    *,
    batch_size: int | None = None,
    tta: str = NO_VIEWS,
    checked: Callable[[int, int], object] | None = None,
    progress: Callable[[int, int], object] | None = None,
) -> dict:
    """Runs a model, or several together, over a data set's held-out part.

    Writes into `output` what `pipelines.evaluation.judged_files` says: a page
    to look at, and everything that stands on it as JSON and as CSV.

    Args:
        models: A model of the zoo, what `open_to_judge` returns, or several
            by name, as `open_snapshots` returns them: the mean of what they
            say is judged.
        data: As `open_held_out` takes it, or what `pictures_to_judge` chose.
        output: A new folder.
        batch_size: Pictures at a time; where None as many as at the end of a
            run, whose figures are then the same to the last digit.
        tta: Which views of each picture are averaged at test time, see
            `pipelines.evaluation.tta`.
        checked: Called with the numbers of pictures checked and in all.
        progress: Called with the numbers of batches done and in all.

    Returns:
        The metrics; of several classifiers with `top1_by_model`, each by
        itself.

    Raises:
        RequestError: The data, the folder or the views cannot be used.
        DataError: Pictures cannot be decoded, or classes do not match.
        IntegrityError: A model's answers are no finite numbers.
    """
    opened = JudgedModels.of(models)
    first = opened.first
    task = task_of_model(first)
    check_tta(tta)
    if opened.explained:
        check_tells_one(first, maps=True)
        find_stage(first)
    RunFolder.refuse_if_taken(output)
    started = time.perf_counter()
    if not isinstance(data, ToJudge):
        data = ToJudge(data, open_held_out(data))
    examples = match_to_model(data.examples, first)
    check_pictures(examples, progress=checked)
    data_read = _data(examples, zoo.preprocessing(first), batch_size, tta)
    found = _logits(opened.models, task, data_read, progress)
    for name, answers in found.items():
        check_finite(name, answers)
    logits = task.mean(list(found.values()))
    metrics = task.measure(logits, examples.labels)
    metrics["seconds"] = time.perf_counter() - started
    metrics |= task.details(logits, examples)
    if opened.several:
        metrics[f"{task.decides.name}_by_model"] = {
            name: task.measure(each, examples.labels)[task.decides.name]
            for name, each in found.items()
        }
    drawn = ReportMaps(first, examples) if opened.explained else None
    judged = Judged(examples, logits, metrics, drawn=drawn)
    judged = with_sections(opened, judged, data)
    with RunFolder(output) as folder:
        folder.write_config(_config(opened, task, data, tta))
        write_judged(folder, task, judged, opened=opened)
    return judged.metrics


def _config(opened: JudgedModels, task: Task, data: ToJudge, tta: str) -> dict:
    """What was judged, and how, as `config.json` notes it."""
    record = dataclasses.asdict(zoo.preprocessing(opened.first))
    judged = opened.source
    return {
        "model": opened.first.name,
        **note_of(task),
        **({"snapshots": list(opened.models)} if opened.several else {}),
        **({"tta": tta} if tta != NO_VIEWS else {}),
        "preprocessing": record,
        "data": data.data,
        **({"seen": data.seen} if data.seen else {}),
        **({"judged": dataclasses.asdict(judged)} if judged else {}),
    }


def _data(examples, record, batch_size, tta: str) -> EvaluationData:
    batch_size = batch_size or evaluation_batch(len(examples))
    if tta == NO_VIEWS:
        return evaluation_data(examples, record, batch_size=batch_size)
    return views_data(examples, record, tta, batch_size=batch_size)


def _logits(models: dict, task: Task, data: EvaluationData, progress):
    """Returns each model's logits of all examples, by its name."""
    done, all_steps = itertools.count(1), len(models) * data.steps

    def step(*_):
        if progress:
            progress(next(done), all_steps)

    strategy = tf.distribute.get_strategy()
    return {
        name: Evaluator(model, strategy, task).logits(data, step)
        for name, model in models.items()
    }


def match_to_model(examples: Examples, model) -> Examples:
    """Returns a set's labels as a model has its classes.

    Args:
        examples: With any classes of the model's, in any order.
        model: A model of the zoo.

    Raises:
        DataError: The set has a class that the model does not know, or
            several a picture where the model tells one.
    """
    return match_classes(_match_labels(examples, model), zoo.class_names(model))


def _match_labels(examples: Examples, model) -> Examples:
    """Returns labels of one class or of several, as the model has them."""
    if zoo.thresholds(model):
        return as_several(examples)
    if examples.several:
        raise DataError(
            "In the data a picture may show several classes, and the model "
            "tells one. Give pictures of one class each, or a model of "
            "`task=multilabel`."
        )
    return examples


def match_classes(examples: Examples, names) -> Examples:
    """Renumbers a set's labels as the model numbers its classes.

    Classes that WordNet's numbers name (`n01440764`), as ImageNet's folders
    do, are those of the model that ImageNet calls so; the logger `zoo` says it.

    Args:
        examples: In any order of classes, which may be some of the model's.
        names: What the model calls its classes; None where it does not say.

    Raises:
        DataError: The set has a class that the model does not know.
    """
    if names is None:
        return examples
    known, own = set(names), examples.class_names
    if not known.issuperset(own):
        by_number = imagenet_by_number()
        found = [by_number[name] for name in own if name in by_number]
        if len(found) == len(own) and known.issuperset(found):
            examples = dataclasses.replace(examples, class_names=tuple(found))
            _log.info(
                "The %d classes are named by WordNet's numbers: %s is %r, and "
                "so on",
                *(len(own), own[0], found[0]),
            )
    unknown = sorted(set(examples.class_names) - known)
    if unknown:
        raise DataError(
            f"The data has classes that the model does not know: "
            f"{', '.join(unknown[:5])}. It knows: {', '.join(names[:10])}"
            f"{' …' if len(names) > 10 else ''}."
        )
    return relabel(examples, tuple(names))


def describe(metrics: dict, model) -> list[str]:
    """Says what was found, in lines: of each model of several, and of all.

    Args:
        metrics: As `judge` returns them.
        model: The model, or one of several.
    """
    task = task_of_model(model)
    decides = task.decides
    lines = [
        f"{decides.told(value, 2)} of {name} by itself"
        for name, value in metrics.get(f"{decides.name}_by_model", {}).items()
    ]
    numbers = [m.told(metrics[m.name], 2) for m in (*task.shown, LOSS)]
    return [
        *lines,
        f"{', '.join(numbers)} on {metrics['examples']:,} pictures, in "
        f"{metrics['seconds']:.0f} s",
    ]
