"""A linear probe: the head fitted to features of the pictures as they are."""

import keras
import numpy as np

import zoo
from pipelines.data.examples import Examples
from pipelines.data.naming import naming_bad_pictures
from pipelines.evaluation.extraction import Extractor
from pipelines.features.cache import Features
from pipelines.features.multilabel_probe import fit_multilabel_probe
from pipelines.features.probe import Probe
from pipelines.features.probe import fit_probe
from pipelines.training.finished import Finished
from pipelines.training.finishing import finish
from pipelines.training.run import Run
from zoo.errors import RequestError


def probe_run(
    run: Run, progress=None, more=None, probe: Probe | None = None
) -> Finished:
    """Fits the head, judges the model and ends the run.

    Args:
        run: What is fitted to what.
        progress: Called with the numbers of pictures done and in all.
        more: Returns more metrics (`pipelines.training.finishing.finish`).
        probe: The head, where it has been fitted already.

    Raises:
        RequestError: The model has weights between its features and its
            logits that no linear classifier takes the place of.
    """
    if run.splits.train.several:
        probe, reached = _fit_several(run, progress)
    else:
        probe = probe or _fit(run, progress)
        reached = _told(probe)
    head = run.model.get_layer("head_logits")
    head.kernel.assign(probe.kernel)
    head.bias.assign(probe.bias)
    run.say(
        f"logistic regression on {len(probe.kernel)} features, inverse "
        f"penalty {probe.strength:g}: {reached}"
    )
    return finish(run, [], more)


def _told(probe: Probe) -> str:
    if np.isnan(probe.accuracy):
        return "no picture could be held out"
    return f"{probe.accuracy:.1%} in cross-validation"


def _fit(run: Run, progress) -> Probe:
    """Fits to one class a picture."""
    features = _head_features(run, progress)
    labels = features.examples.labels
    return fit_head(run, labels, features.values, slice(None), progress)


def fit_head(run: Run, labels, features, places, progress=None) -> Probe:
    """Fits a head to features of pictures to learn from.

    Args:
        run: Whose pictures they are.
        labels: int `(pictures,)`.
        features: float `(pictures, features)`.
        places: Theirs among the pictures to learn from.
        progress: Called with the numbers of fits done and in all.

    Raises:
        Interrupted: Somebody has asked the run to stop.
    """
    return fit_probe(
        features,
        labels,
        len(run.splits.train.class_names),
        seed=run.config.seed,
        groups=_groups(run, places),
        progress=_going_on(run, progress),
    )


def _groups(run: Run, places) -> np.ndarray | None:
    """Returns what belongs together, of pictures to learn from."""
    groups = run.splits.groups
    # Those to judge by come behind.
    return None if groups is None else groups[: len(run.splits.train)][places]


def _going_on(run: Run, progress):
    """Returns what is told of numbers done, and ends where it is to stop."""

    def report(done, total):
        run.go_on()
        if progress:
            progress(done, total)

    return report


def _fit_several(run: Run, progress):
    """Fits to several classes a picture, thresholds to what is left out."""
    features = _head_features(run, progress)
    labels = features.examples.labels
    probe = fit_multilabel_probe(
        features.values,
        labels,
        seed=run.config.seed,
        groups=_groups(run, slice(None)),
        progress=_going_on(run, progress),
    )
    if run.config.threshold_part != 0:
        run.task = run.task.tuned(probe.outputs, labels)
    reached = run.task.decides.told(probe.precision)
    return probe, f"{reached} in cross-validation"


def _head_features(run: Run, progress) -> Features:
    if not is_linear(run.model):
        raise RequestError(
            f"`probe` fits one linear layer, but the head of "
            f"{run.config.model} has several. Give `plan=head:20@0.4`."
        )
    return features_of(run, run.splits.train, progress)


def is_linear(model: keras.Model) -> bool:
    """Whether a model's head is one linear layer, which a probe can be."""
    head = zoo.stages(model)[-1]
    return len([layer for layer in head.layers if layer.weights]) == 1


def features_of(run: Run, examples: Examples, progress=None) -> Features:
    """Returns what the head sees of pictures, as they are.

    Args:
        run: Whose model it is.
        examples: The pictures.
        progress: Called with the numbers of pictures done and in all.

    Raises:
        Interrupted: Somebody has asked the run to stop.
    """

    with run.strategy.scope():
        below, _ = zoo.split(run.model, "head")
    extractor = Extractor(below, run.strategy, run.folder.path)
    data = run.evaluation_data(examples)
    with naming_bad_pictures(examples):
        values = extractor.run(
            data.dataset, len(examples), _going_on(run, progress)
        )
    return Features(examples, values)
