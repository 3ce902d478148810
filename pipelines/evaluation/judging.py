"""Judging a finished model by a set of pictures, with files to look into."""

import csv
import io
import os
import time

import tensorflow as tf

import zoo
from pipelines.data.checks import check_pictures
from pipelines.data.datasets import evaluation_data
from pipelines.data.examples import Examples
from pipelines.data.joining import relabel
from pipelines.data.sources import open_held_out
from pipelines.evaluation.evaluator import Evaluator
from pipelines.evaluation.metrics import classification_metrics
from pipelines.evaluation.metrics import softmax
from pipelines.training.run_folder import METRICS
from pipelines.training.run_folder import PREDICTIONS
from pipelines.training.run_folder import RunFolder
from pipelines.training.run_folder import load_model
from zoo.errors import DataError
from zoo.errors import RequestError
from zoo.registry import list_models
from zoo.weights.files import write_atomically


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


def judge(
    model,
    data: str,
    output: str,
    *,
    batch_size: int = 128,
    checked=None,
    progress=None,
) -> dict:
    """Runs a model over the held-out part of a data set.

    Writes `config.json`, `metrics.json` (with each class's share of right
    answers) and `predictions.csv` (a row a picture) into `output`.

    Args:
        model: A classifier of the zoo.
        data: As `open_held_out` takes it.
        output: A new folder.
        batch_size: Pictures at a time.
        checked: Called with the numbers of pictures checked and in all.
        progress: Called with the numbers of batches done and in all.

    Returns:
        The metrics.

    Raises:
        RequestError: The data or the folder cannot be used.
        DataError: Pictures cannot be decoded, or classes do not match.
    """
    RunFolder.refuse_if_taken(output)
    started = time.perf_counter()
    examples = match_classes(open_held_out(data), zoo.class_names(model))
    check_pictures(examples, progress=checked)
    evaluator = Evaluator(model, tf.distribute.get_strategy())
    batches = evaluation_data(
        examples, zoo.preprocessing(model), batch_size=batch_size
    )
    logits = evaluator.logits(batches, progress)
    metrics = classification_metrics(logits, examples.labels)
    metrics["seconds"] = time.perf_counter() - started
    metrics["top1_by_class"] = _by_class(logits, examples)
    folder = RunFolder(output)
    folder.write_config({"model": model.name, "data": data})
    folder.write_json(METRICS, metrics)
    write_atomically(
        os.path.join(output, PREDICTIONS), _table(logits, examples)
    )
    return metrics


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
