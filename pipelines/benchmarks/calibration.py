"""What calibration is worth on pictures that chose nothing."""

import statistics

import numpy as np

import zoo
from pipelines.data.sources.opening import open_held_out
from pipelines.evaluation.judging import match_classes
from pipelines.evaluation.saved_models import open_model
from pipelines.evaluation.trust.calibration_section import figures
from pipelines.evaluation.trust.halves import halves
from pipelines.evaluation.trust.halves import sha256_of_all
from pipelines.evaluation.trust.running import logits_of
from pipelines.tasks.scaling_fit import METHODS
from pipelines.tasks.scaling_fit import scaled

SEEDS = 5


def benchmark_calibration(
    data: str,
    *,
    model: str = "resnet20",
    weights: str = "cifar10",
    seeds: int = SEEDS,
    say=print,
    progress=None,
) -> dict:
    """Cuts held-out pictures in two: one half chooses, the other one judges.

    Args:
        data: Pictures, of which those of a part to judge by are taken, that
            the weights have not learned from.
        model: One of `zoo.list_models()`.
        weights: Its weights, which know the classes of the pictures.
        seeds: How many cuts.
        say: Told a row when it is done.
        progress: Called with the numbers of batches done and in all.

    Returns:
        A row for each method and `none`: the means of `top1`, `loss` and
        `calibration_error` over the cuts, the least and the most of the
        last, and the mean `temperature`, where it is one.
    """
    opened = open_model(model, weights)
    names = zoo.class_names(opened)
    examples = match_classes(open_held_out(data), names)
    logits, labels = logits_of(opened, examples, progress), examples.labels
    keys = sha256_of_all(examples)
    cuts = [halves(labels, keys, len(names), seed) for seed in range(seeds)]
    rows = [_row("none", logits, labels, cuts, None)]
    rows += [
        _row(name, logits, labels, cuts, fit) for name, fit in METHODS.items()
    ]
    for row in rows:
        say(
            f"{row['method']:12} calibration error "
            f"{row['calibration_error']:.4f} ({row['lowest']:.4f} to "
            f"{row['highest']:.4f}), loss {row['loss']:.4f}, top-1 "
            f"{row['top1']:.2%}"
        )
    return {"pictures": len(examples), "cuts": seeds, "results": rows}


def _row(name: str, logits: np.ndarray, labels, cuts, fit) -> dict:
    found, temperatures = [], []
    for chooses in cuts:
        scaling = fit(logits[chooses], labels[chooses]) if fit else None
        if scaling and scaling.temperature:
            temperatures.append(scaling.temperature)
        judged = scaled(logits[~chooses], scaling)
        found.append(figures(judged, labels[~chooses]))
    means = {
        key: statistics.mean(each[key] for each in found)
        for key in ("top1", "loss", "calibration_error")
    }
    errors = [each["calibration_error"] for each in found]
    return {
        "method": name,
        **means,
        "lowest": min(errors),
        "highest": max(errors),
        "temperature": statistics.mean(temperatures) if temperatures else None,
    }
