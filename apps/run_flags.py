"""The flags that mean the same in every command that trains."""

import os

from absl import flags

from apps.command import say

RUNS = "tensorboard_logs"
AUTO = "auto"


def define_run_flags(
    *, model: str | None, weights: str, batch: int, epochs: str, rate: str
) -> None:
    """Defines the flags of `pipelines.runs.config.RunConfig`.

    Args:
        model: The default of `--model`.
        weights: The default of `--weights`.
        batch: What `--global_batch_size` is where it is not given.
        epochs: What `--epochs` does where it is not given.
        rate: What `--learning_rate` takes besides a number.
    """
    flags.DEFINE_string(
        "data",
        None,
        "A folder with one sub-folder of pictures a class (or train/ and "
        "val/ with those in them), 'herbarium' (the built-in set) or "
        "'tfds:NAME[:SPLIT]'.",
        required=True,
    )
    flags.DEFINE_string(
        "model",
        model,
        "A model's name; `python -m apps.models` lists them."
        + ("" if model else " Chosen by pictures and device where not given."),
    )
    flags.DEFINE_string(
        "weights",
        weights,
        "What to start from: 'none', a name such as 'cifar10' or 'imagenet' "
        "that `python -m apps.models --name=MODEL` lists, hf://ORG/MODEL, or "
        "a weight file.",
    )
    flags.DEFINE_string(
        "output",
        None,
        f"The run's folder, new; {RUNS}/DATA-MODEL-TIME where not given.",
    )
    flags.DEFINE_integer(
        "epochs", None, f"Passes over the training pictures; {epochs}."
    )
    flags.DEFINE_integer(
        "global_batch_size",
        None,
        f"Pictures a step, over all devices; {batch}, or less where there "
        "are fewer.",
    )
    flags.DEFINE_string(
        "learning_rate",
        None,
        "The highest rate, for a batch of 256; scaled linearly to the batch."
        + rate,
    )
    flags.DEFINE_alias("lr", "learning_rate")
    flags.DEFINE_integer(
        "image_size",
        None,
        "Height and width of the model's input, in pixels; chosen by model "
        "and data where not given.",
    )
    flags.DEFINE_integer(
        "train_size",
        None,
        "Height and width of pictures to learn from, smaller than "
        "--image_size, which is judged and saved; the same where not given.",
    )
    _define_training_flags()


def _define_training_flags() -> None:
    flags.DEFINE_integer("seed", 0, "Same seed, same run.")
    flags.DEFINE_string(
        "augmentation",
        "auto",
        "'none', 'shift', 'gentle', 'standard', 'crop', 'alexnet', "
        "'randaugment', 'trivialaugment', 'augmix', 'erasing', 'gridmask' or "
        "'auto' (shift for small pictures; for photos standard, and gentle "
        "in finetune).",
    )
    flags.DEFINE_float(
        "weight_decay", 1e-4, "L2 on kernels; norms and biases are spared."
    )
    flags.DEFINE_float("label_smoothing", 0.0, "Part of the target spread.")
    flags.DEFINE_enum(
        "precision",
        AUTO,
        (AUTO, "float32", "bfloat16", "float16"),
        "The 16 bits are mixed: weights stay float32. auto takes bfloat16 "
        "where the device is quick at it.",
    )
    flags.DEFINE_bool(
        "upscale", False, "Enlarge pictures smaller than --image_size."
    )
    flags.DEFINE_float(
        "balance",
        None,
        "How far rare classes are shown more often: 0 as is, 0.5 by the "
        "square root of their sizes, 1 all alike; by the data where not "
        "given.",
    )
    flags.DEFINE_enum(
        "on_bad_image",
        "fail",
        ("fail", "skip"),
        "What a picture that cannot be decoded does to the run.",
    )
    flags.DEFINE_integer(
        "shots", None, "Pictures a class to learn from; all where not given."
    )
    for define, name, default, text in _STEP_FLAGS:
        define(name, default, text)
    _define_options()


def _define_options() -> None:
    flags.DEFINE_bool(
        "resume",
        True,
        "Go on where --output holds an unfinished run of the same settings.",
    )
    flags.DEFINE_bool(
        "allow_inexact",
        False,
        "Go on, too, with other settings, pictures or devices than the run "
        "was begun with.",
    )
    flags.DEFINE_enum(
        "cluster",
        AUTO,
        ("none", AUTO, "tf_config", "slurm"),
        "Who says which hosts train together; auto looks at the environment.",
    )


# How a step is taken and what is seen of it.
_STEP_FLAGS = (
    (
        flags.DEFINE_integer,
        "accumulate",
        1,
        "Parts that a step's batch is cut into, where memory is short.",
    ),
    (
        flags.DEFINE_float,
        "clip_norm",
        None,
        "The most that the norm of all gradients together may be.",
    ),
    (
        flags.DEFINE_float,
        "ema",
        None,
        "Decay of the running mean of the weights, such as 0.9999.",
    ),
    (
        flags.DEFINE_integer,
        "checkpoint_steps",
        None,
        "Steps between checkpoints; by the clock where not given.",
    ),
    (
        flags.DEFINE_string,
        "profile_steps",
        None,
        "Steps that the profiler records, FIRST:LAST, such as 100:110.",
    ),
    (
        flags.DEFINE_integer,
        "scalar_steps",
        50,
        "Steps between two points of a curve in TensorBoard.",
    ),
)
# How training from scratch learns and what it learns from.
_LEARNING_FLAGS = (
    (
        flags.DEFINE_float,
        "momentum",
        0.9,
        "Of the optimizer; of Adam and LAMB the first beta.",
    ),
    (
        flags.DEFINE_string,
        "warmup",
        None,
        "How long the rate rises: 5ep, 500st, 100000ex or 5% of the run; 5% "
        "where not given, 45% in one_cycle.",
    ),
    (
        flags.DEFINE_list,
        "milestones",
        None,
        "Where the rate of 'step' falls, such as 30ep,60ep,80ep or 50%,75%; "
        "how often that of 'exponential' does, such as 2.4ep.",
    ),
    (
        flags.DEFINE_float,
        "decay",
        None,
        "What the rate is multiplied by there: 0.1 for 'step', 0.97 for "
        "'exponential' where not given. For 'polynomial' its power, 1.",
    ),
    (
        flags.DEFINE_integer,
        "cycles",
        1,
        "Cosine cycles; each is twice as long as the one before.",
    ),
    (
        flags.DEFINE_bool,
        "snapshots",
        False,
        "Keep the model of every cosine cycle's end, to judge together.",
    ),
    (
        flags.DEFINE_float,
        "target_threshold",
        None,
        "With --loss=bce: targets above it become 1, all others 0.",
    ),
    (
        flags.DEFINE_float,
        "class_weights",
        0.0,
        "How far rare classes weigh more in the loss: 0 all pictures alike, "
        "1 all classes alike.",
    ),
    (
        flags.DEFINE_float,
        "logit_adjustment",
        0.0,
        "Tau of logit adjustment, 1 for the balanced error; 0 for none.",
    ),
    (
        flags.DEFINE_float,
        "label_noise",
        0.0,
        "Part of the training labels made wrong, to see what it does.",
    ),
    (flags.DEFINE_float, "mixup", 0.0, "MixUp's alpha; 0 for none."),
    (flags.DEFINE_float, "cutmix", 0.0, "CutMix's alpha; 0 for none."),
    (
        flags.DEFINE_integer,
        "mixing_off_for_last",
        0,
        "Epochs at the end in which pictures are not mixed.",
    ),
    (
        flags.DEFINE_integer,
        "repeats",
        1,
        "How often a picture comes in a batch, changed anew.",
    ),
)
# Those of them that have a few values only.
LEARNING_CHOICES = (
    (
        "optimizer",
        ("sgd", "momentum", "adamw", "rmsprop", "lamb", "lars"),
        "sgd has Nesterov's momentum, 'momentum' the plain one of 2012; "
        "rmsprop is EfficientNet's.",
    ),
    (
        "schedule",
        (
            "cosine",
            "one_cycle",
            "step",
            "polynomial",
            "exponential",
            "constant",
        ),
        "How the rate falls after its warm-up.",
    ),
    (
        "loss",
        ("softmax", "bce"),
        "Cross-entropy of all classes together, or of each by itself.",
    ),
)


def define_learning_flags() -> None:
    """Defines how training from scratch learns."""
    flags.DEFINE_string(
        "recipe",
        None,
        "Settings of a paper, which other flags override: alexnet2012, "
        "resnet2015, resnet_rsb_a3, efficientnet2019, cifar_resnet or "
        "cifar_fast.",
    )
    for name, choices, text in LEARNING_CHOICES:
        flags.DEFINE_enum(name, choices[0], choices, text)
    for define, name, default, text in _LEARNING_FLAGS:
        define(name, default, text)


def define_freezing_flags() -> None:
    """Defines the flags of fine-tuning that seldom need to be given."""
    flags.DEFINE_float(
        "stage_lr_decay",
        1.0,
        "Each stage learns at this many times the rate of the one above it.",
    )
    flags.DEFINE_bool(
        "freeze_batch_norm",
        False,
        "Keep BatchNorm frozen in stages that learn, too.",
    )
    flags.DEFINE_bool(
        "cache", True, "Compute what frozen stages make of a picture once."
    )
    flags.DEFINE_integer(
        "patience",
        0,
        "Epochs without a better result after which to stop and go back to "
        "the best; 0 for never.",
    )


# The flags that are fields of a `RunConfig`.
_RUN_FIELDS = (
    "data",
    "model",
    "output",
    "weights",
    "epochs",
    "global_batch_size",
    "learning_rate",
    "image_size",
    "train_size",
    "seed",
    "augmentation",
    "weight_decay",
    "label_smoothing",
    "precision",
    "upscale",
    "balance",
    "shots",
    "on_bad_image",
    *(name for _, name, _, _ in _STEP_FLAGS),
)
# Those that only a `TrainConfig` has.
_LEARNING_FIELDS = (
    "recipe",
    *(name for name, _, _ in LEARNING_CHOICES),
    *(name for _, name, _, _ in _LEARNING_FLAGS),
)


def given_settings() -> dict:
    """Returns the flags that are given, by the names of their fields."""
    names = (*_RUN_FIELDS, *_LEARNING_FIELDS)
    values = {name: flags.FLAGS[name] for name in names}
    return {name: flag.value for name, flag in values.items() if flag.present}


def run_settings(recipe=None) -> dict:
    """Returns the flags as arguments of a `RunConfig`.

    Args:
        recipe: What stands for flags that are not given.
    """
    from pipelines.runs.run_folder import new_folder

    settings = _settings(_RUN_FIELDS, recipe)
    data, model, weights = map(settings.get, ("data", "model", "weights"))
    if not settings["output"]:
        # Known from here on, also to what says how to go on.
        flags.FLAGS.output = settings["output"] = new_folder(data, model)
    return settings | {
        "weights": None if weights in (None, "", "none") else weights,
        "learning_rate": _rate(settings["learning_rate"]),
    }


def learning_settings(recipe=None) -> dict:
    """Returns the flags that only a `TrainConfig` has as its arguments.

    Args:
        recipe: What stands for flags that are not given.
    """
    settings = _settings(_LEARNING_FIELDS, recipe)
    return settings | {"milestones": tuple(settings["milestones"] or ())}


def run_options() -> dict:
    """Returns the flags that say how a run is started, not what it does."""
    return {name: flags.FLAGS[name].value for name in _OPTIONS}


_OPTIONS = ("resume", "allow_inexact", "cluster")


def _settings(names, recipe) -> dict:
    values = {name: flags.FLAGS[name].value for name in names}
    return values | {
        name: value for name, value in (recipe or {}).items() if name in values
    }


def _rate(text: str | float | None) -> float | str | None:
    from zoo.errors import RequestError

    if text in (None, AUTO):
        return text
    try:
        return float(text)
    except ValueError:
        raise RequestError(
            f"--learning_rate is a number. Received: {text!r}"
        ) from None


def close(finished) -> None:
    """Says what a run reached and where everything is."""
    from pipelines.training.callbacks.progress import closing_summary

    output, metrics = finished.config.output, finished.metrics
    top5 = ""
    if finished.logits.shape[1] > _BEST:
        top5 = f", top-5 {metrics['top5']:.2%}"
    logs = os.path.dirname(output) or "."
    lines = [
        "",
        f"top-1 {metrics['top1']:.2%}{top5} on {metrics['examples']:,} "
        f"held-out pictures, after {metrics['seconds']:.0f} s",
        closing_summary(finished.history),
        f"run:         {output}",
        f"report:      {os.path.join(output, 'report.html')}",
        f"model:       {os.path.join(output, 'model.keras')}",
        f"predict:     python -m apps.predict --model={output} IMAGE",
        f"TensorBoard: tensorboard --logdir {logs}",
    ]
    say("\n".join(lines))


# Of so few classes all are among the best five.
_BEST = 5
