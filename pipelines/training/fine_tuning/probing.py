"""A linear probe: the head fitted to features of the pictures as they are."""

import zoo
from pipelines.data.naming import naming_bad_pictures
from pipelines.evaluation.extraction import Extractor
from pipelines.features.cache import Features
from pipelines.features.probe import fit_probe
from pipelines.training.finished import Finished
from pipelines.training.finishing import finish
from pipelines.training.run import Run
from zoo.errors import RequestError


def probe_run(run: Run, progress=None, more=None) -> Finished:
    """Fits the head, judges the model and ends the run.

    Args:
        run: What is fitted to what.
        progress: Called with the numbers of pictures done and in all.
        more: Returns more metrics (`pipelines.training.finishing.finish`).

    Raises:
        RequestError: As `head_features` says.
    """
    run.tell_choices()
    features = head_features(run, progress)
    probe = fit_probe(
        features.values,
        features.examples.labels,
        len(features.examples.class_names),
        seed=run.config.seed,
    )
    head = run.model.get_layer("head_logits")
    head.kernel.assign(probe.kernel)
    head.bias.assign(probe.bias)
    run.say(
        f"logistic regression on {features.values.shape[1]} features, inverse "
        f"penalty {probe.strength:g}: {probe.accuracy:.1%} in cross-validation"
    )
    return finish(run, [], more)


def head_features(run: Run, progress=None) -> Features:
    """Returns what the head sees of the pictures to learn from, as they are.

    Args:
        run: What is trained on what.
        progress: Called with the numbers of pictures done and in all.

    Raises:
        RequestError: The model has weights between its features and its
            logits that no linear classifier takes the place of.
    """
    with run.strategy.scope():
        below, above = zoo.split(run.model, "head")
    if len([layer for layer in above.layers if layer.weights]) > 1:
        raise RequestError(
            f"`probe` fits one linear layer, but the head of "
            f"{run.config.model} has several. Give `plan=head:20@0.4`."
        )
    extractor = Extractor(below, run.strategy, run.folder.path)
    examples = run.splits.train
    data = run.evaluation_data(examples)
    with naming_bad_pictures(examples):
        values = extractor.run(data.dataset, len(examples), progress)
    return Features(examples, values)
