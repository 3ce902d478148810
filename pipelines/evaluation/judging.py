"""Judging a finished model by a set of pictures, with files to look into."""

import csv
import io
import itertools
import os
import pathlib
import re
import time

import tensorflow as tf

import zoo
from pipelines.batches.evaluation_data import evaluation_data
from pipelines.data.checks import check_pictures
from pipelines.data.examples import Examples
from pipelines.data.joining import relabel
from pipelines.data.sources.opening import open_held_out
from pipelines.evaluation.evaluator import Evaluator
from pipelines.evaluation.metrics import classification_metrics
from pipelines.evaluation.metrics import in_top
from pipelines.evaluation.metrics import mean_of_probabilities
from pipelines.evaluation.metrics import softmax
from pipelines.runs.run_folder import METRICS
from pipelines.runs.run_folder import MODEL
from pipelines.runs.run_folder import PREDICTIONS
from pipelines.runs.run_folder import RunFolder
from pipelines.runs.run_folder import load_model
from zoo.errors import DataError
from zoo.errors import RequestError
from zoo.registry import list_models
from zoo.weights.files import write_atomically

_CYCLE = re.compile(r"cycle-\d+\.keras")


def open_model(model: str, weights: str | None = None):
    """Opens a finished model by run folder, file or name.

    Args:
        model: A run folder, a `.keras` file, or one of `zoo.list_models()`.
        weights: With a name: which weights.

    Raises:
        RequestError: There is no such model, or a name without weights.
    """
    if model not in list_models():
        return load_model(model)
    if weights is None:
        known = zoo.model_info(model).weights
        raise RequestError(
            f"--model={model} is an untrained network without --weights. "
            + (f"It has: {', '.join(known)}." if known else "It has none.")
        )
    return zoo.create_model(model, weights=weights)


def open_snapshots(folder: str) -> dict:
    """Opens the models that `--snapshots` has left in a folder.

    Args:
        folder: `RUN/snapshots`, with files `cycle-1.keras` and so on.

    Returns:
        The models by the names of their files, in the order of the cycles;
        none where the folder holds none or a finished run.

    Raises:
        RequestError: They were not trained alike.
        IntegrityError: A file is damaged.
    """
    place = pathlib.Path(folder)
    if (place / MODEL).exists():
        return {}
    files = {
        int(path.stem.removeprefix("cycle-")): path
        for path in place.glob("cycle-*.keras")
        if _CYCLE.fullmatch(path.name)
    }
    models = {path.name: load_model(path) for _, path in sorted(files.items())}
    first = next(iter(models), None)
    for name, model in models.items():
        if _meaning(model) != _meaning(models[first]):
            raise RequestError(
                f"--model={folder}: {name} has other classes or takes other "
                f"pictures than {first}. Expected the snapshots of one run."
            )
    return models


def _meaning(model) -> tuple:
    """What goes in and comes out."""
    names, record = zoo.class_names(model), zoo.preprocessing(model)
    return names, record, model.output_shape


def judge(
    models,
    data: str,
    output: str,
    *,
    batch_size: int = 128,
    checked=None,
    progress=None,
) -> dict:
    """Runs a model, or several together, over a data set's held-out part.

    Writes `config.json`, `metrics.json` (with each class's share of right
    answers) and `predictions.csv` (a row a picture) into `output`.

    Args:
        models: A classifier of the zoo, or several by name, as
            `open_snapshots` returns them: the mean of their probabilities
            is judged.
        data: As `open_held_out` takes it.
        output: A new folder.
        batch_size: Pictures at a time.
        checked: Called with the numbers of pictures checked and in all.
        progress: Called with the numbers of batches done and in all.

    Returns:
        The metrics; of several models with `top1_by_model`, each by itself.

    Raises:
        RequestError: The data or the folder cannot be used.
        DataError: Pictures cannot be decoded, or classes do not match.
    """
    several = isinstance(models, dict)
    models = models if several else {models.name: models}
    first = next(iter(models.values()))
    RunFolder.refuse_if_taken(output)
    started = time.perf_counter()
    examples = match_classes(open_held_out(data), zoo.class_names(first))
    check_pictures(examples, progress=checked)
    found = _logits(models, examples, batch_size, progress)
    logits = mean_of_probabilities(list(found.values()))
    metrics = classification_metrics(logits, examples.labels)
    metrics["seconds"] = time.perf_counter() - started
    metrics["top1_by_class"] = _by_class(logits, examples)
    if several:
        metrics["top1_by_model"] = {
            name: float(in_top(each, examples.labels, 1).mean())
            for name, each in found.items()
        }
    together = {"snapshots": list(models)} if several else {}
    with RunFolder(output) as folder:
        folder.write_config({"model": first.name, **together, "data": data})
        folder.write_json(METRICS, metrics)
        write_atomically(
            os.path.join(output, PREDICTIONS), _table(logits, examples)
        )
    return metrics


def _logits(models: dict, examples: Examples, batch_size: int, progress):
    """Returns each model's logits of all examples, by its name."""
    first = next(iter(models.values()))
    data = evaluation_data(
        examples, zoo.preprocessing(first), batch_size=batch_size
    )
    done, all_steps = itertools.count(1), len(models) * data.steps

    def step(*_):
        if progress:
            progress(next(done), all_steps)

    strategy = tf.distribute.get_strategy()
    return {
        name: Evaluator(model, strategy).logits(data, step)
        for name, model in models.items()
    }


def match_classes(examples: Examples, names) -> Examples:
    """Renumbers a set's labels as the model numbers its classes.

    Raises:
        DataError: The set has a class that the model does not know.
    """
    if names is None:
        return examples
    unknown = sorted(set(examples.class_names) - set(names))
    if unknown:
        raise DataError(
            f"The data has classes that the model does not know: "
            f"{', '.join(unknown[:5])}. It knows: {', '.join(names[:10])}"
            f"{' …' if len(names) > 10 else ''}."
        )
    return relabel(examples, tuple(names))


def _by_class(logits, examples: Examples) -> dict:
    right = logits.argmax(axis=1) == examples.labels
    return {
        name: float(right[examples.labels == label].mean())
        for label, name in enumerate(examples.class_names)
        if (examples.labels == label).any()
    }


def _table(logits, examples: Examples) -> bytes:
    probabilities = softmax(logits)
    best = probabilities.argmax(axis=1)
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(["picture", "label", "predicted", "probability"])
    for i, name in enumerate(examples.names):
        writer.writerow(
            [
                name,
                examples.class_names[examples.labels[i]],
                examples.class_names[best[i]],
                f"{probabilities[i, best[i]]:.6f}",
            ]
        )
    # Names of files need not be text; they are written as they are.
    return text.getvalue().encode(errors="surrogateescape")
