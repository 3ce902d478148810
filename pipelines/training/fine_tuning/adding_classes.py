"""Teaching a fine-tuned model more classes without losing the old ones.

Rebuffi et al., "iCaRL: Incremental Classifier and Representation Learning",
2016, section 3: new pictures are learned together with a few of the old
ones, which are replayed.
"""

import json
import pathlib

import keras
import numpy as np
import tensorflow as tf

import zoo
from pipelines.batches.evaluation_data import evaluation_data
from pipelines.data.balance import shots
from pipelines.data.examples import Splits
from pipelines.data.joining import join
from pipelines.data.joining import relabel
from pipelines.data.orientations import UPRIGHT
from pipelines.devices.batch_norm import trainable_copy
from pipelines.devices.strategy import check_one_host
from pipelines.evaluation.evaluator import Evaluator
from pipelines.runs.config import PRECISIONS
from pipelines.runs.model_loading import load_model
from pipelines.runs.modes import ADD_CLASSES
from pipelines.runs.modes import refuse_unused
from pipelines.runs.options import RunOptions
from pipelines.runs.run_folder import CONFIG
from pipelines.runs.run_folder import MODEL
from pipelines.tasks.table import task_of_model
from pipelines.training.config import FinetuneConfig
from pipelines.training.fine_tuning.fine_tuning import fine_tune
from pipelines.training.finished import Finished
from pipelines.training.opening import choose_splits
from pipelines.training.preparation import begin
from pipelines.training.preparation import open_run
from pipelines.training.preparation import resolve_opened
from pipelines.waiting.heartbeat import heartbeat
from zoo.errors import RequestError

# Old pictures of each class that are learned again.
REPLAYED = 20


@heartbeat()
def add_classes(
    config: FinetuneConfig,
    *,
    options: RunOptions | None = None,
    say=print,
    progress=None,
) -> Finished:
    """Fine-tunes a run's model on the pictures of more classes.

    The old run's pictures have to be where they were: 20 of each old class
    are replayed, and all that were held out judge what is left of it.

    Args:
        config: What is asked for; `add_classes` is the old run's folder,
            `data` the new pictures.
        options: How the run is carried out; the usual where None.
        say: Tells a person something in one line.
        progress: Called with the numbers of pictures done and in all.

    Returns:
        The run; its metrics also hold `old_top1`, `new_top1` and
        `old_top1_before`, that of the old model.

    Raises:
        RequestError: The folder holds no run, the new pictures show no new
            class, or something is asked for that the old run has decided.
        DataError: The old or the new pictures cannot be used.
    """
    refuse_unused(config, ADD_CLASSES)
    options = options or RunOptions()
    check_one_host(options.cluster, "add_classes")
    old_run = pathlib.Path(config.add_classes)
    old_model = load_model(old_run)
    if zoo.thresholds(old_model):
        raise RequestError(
            f"`add_classes={old_run}` is a run of `task=multilabel`, whose "
            "old pictures do not say whether they show the new classes. "
            "Fine-tune on a table that says it of all pictures, with "
            f"`weights={old_run / MODEL}`."
        )
    old_config = _config_of(old_run)
    old = choose_splits(old_config, progress)
    old = old.turned(config.orientation == UPRIGHT)
    new = choose_splits(config, progress, least_classes=1)
    names = _all_names(old.train.class_names, new.train.class_names)
    splits = _together(old, new, names, config.seed)
    config = config.resolved(
        model=old_config.model,
        weights=str(old_run / MODEL),
        image_size=old_model.input.shape[1],
    )
    opened = open_run(
        config, options=options, say=say, progress=progress, splits=splits
    )
    resolved, task = resolve_opened(config, opened)
    with opened.strategy.scope():
        policy = PRECISIONS[resolved.config.precision]
        wider = widen(old_model, names, policy)
    finished = fine_tune(
        begin(resolved, opened, task, wider),
        progress,
        lambda logits: _found(logits, old_model, splits, old),
    )
    found = finished.metrics
    say(
        f"old classes: top-1 {found['old_top1']:.2%} (before: "
        f"{found['old_top1_before']:.2%}); new ones: {found['new_top1']:.2%}"
    )
    return finished


def widen(model: keras.Model, class_names, policy: str = "float32"):
    """Returns a copy for training whose head has more classes.

    The logits of the old classes are as before. Those of the new ones start
    the same for every picture: at the least bias of an old class.

    Args:
        model: With class names, which are the first of the new ones.
        class_names: In label order.
        policy: The dtype policy of the copy.
    """

    def copy(layer):
        config = {**layer.get_config()}
        if layer.name == "head_logits":
            config |= {"units": len(class_names), "class_names": class_names}
            config["scaling"] = None
        elif layer.name != "preprocessing":
            config["dtype"] = policy
        return layer.__class__.from_config(config)

    wider = keras.models.clone_model(model, clone_function=copy)
    for layer in model.layers:
        if layer.name != "head_logits":
            wider.get_layer(layer.name).set_weights(layer.get_weights())
    kernel, bias = model.get_layer("head_logits").get_weights()
    if scaling := zoo.logit_scaling(model):
        # What was calibrated is where learning begins.
        scale, shift = np.array(scaling.scale), np.array(scaling.shift or (0,))
        kernel, bias = kernel * scale, bias * scale + shift
    more = len(class_names) - len(bias)
    wider.get_layer("head_logits").set_weights(
        [
            np.pad(kernel, [(0, 0), (0, more)]),
            np.pad(bias, (0, more), constant_values=bias.min()),
        ]
    )
    replicas = tf.distribute.get_strategy().num_replicas_in_sync
    return trainable_copy(wider, replicas)


def _config_of(run: pathlib.Path) -> FinetuneConfig:
    """Reads what the pictures of a run were and how they were split."""
    file = run / CONFIG
    if not file.is_file():
        raise RequestError(
            f"`add_classes={run}` holds no {CONFIG}. Expected the folder of "
            "a finished run."
        )
    return FinetuneConfig.from_dict(json.loads(file.read_text()))


def _all_names(old: tuple, new: tuple) -> tuple:
    more = tuple(name for name in new if name not in old)
    if not more:
        raise RequestError(
            "`add_classes`: the new pictures show no class that the model "
            f"does not know. Known: {', '.join(old)}."
        )
    return (*old, *more)


def _together(old: Splits, new: Splits, names, seed: int) -> Splits:
    count = min(REPLAYED, int(old.train.counts().min()))
    replayed = old.train.subset(shots(old.train, count, seed=seed))
    return Splits(
        join(relabel(replayed, names), relabel(new.train, names)),
        join(relabel(old.validation, names), relabel(new.validation, names)),
        f"{len(replayed):,} old pictures are replayed",
    )


def _found(logits, old_model, splits: Splits, old: Splits) -> dict:
    """Returns what became of the old classes, beside the new ones."""
    labels = splits.validation.labels
    right = logits.argmax(axis=1) == labels
    known = labels < len(old.validation.class_names)
    before = Evaluator(
        old_model, tf.distribute.get_strategy(), task_of_model(old_model)
    ).evaluate(
        evaluation_data(
            old.validation, zoo.preprocessing(old_model), batch_size=64
        )
    )
    return {
        "old_top1": float(right[known].mean()),
        "new_top1": float(right[~known].mean()),
        "old_top1_before": before["top1"],
    }
