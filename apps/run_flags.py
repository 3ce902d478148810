"""The flags that mean the same in every command that trains."""

import os

from absl import flags

RUNS = "tensorboard_logs"
AUTO = "auto"


def define_run_flags(
    *, model: str | None, weights: str, batch: int, epochs: str, rate: str
) -> None:
    """Defines the flags of `pipelines.training.config.RunConfig`.

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
        (AUTO, "float32", "bfloat16"),
        "bfloat16 is mixed; auto takes it where the device is quick at it.",
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


def define_mixing_flags() -> None:
    """Defines how training from scratch mixes and repeats pictures."""
    flags.DEFINE_float("mixup", 0.0, "MixUp's alpha; 0 for none.")
    flags.DEFINE_float("cutmix", 0.0, "CutMix's alpha; 0 for none.")
    flags.DEFINE_integer(
        "mixing_off_for_last",
        0,
        "Epochs at the end in which pictures are not mixed.",
    )
    flags.DEFINE_integer(
        "repeats", 1, "How often a picture comes in a batch, changed anew."
    )


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


def run_settings() -> dict:
    """Returns the flags as arguments of a `RunConfig`."""
    from pipelines.training.run_folder import new_folder

    values = flags.FLAGS
    weights = values.weights
    return {
        "data": values.data,
        "model": values.model,
        "output": values.output or new_folder(values.data, values.model),
        "weights": None if weights in (None, "", "none") else weights,
        "epochs": values.epochs,
        "global_batch_size": values.global_batch_size,
        "learning_rate": _rate(values.learning_rate),
        "image_size": values.image_size,
        "seed": values.seed,
        "augmentation": values.augmentation,
        "weight_decay": values.weight_decay,
        "label_smoothing": values.label_smoothing,
        "precision": values.precision,
        "upscale": values.upscale,
        "balance": values.balance,
        "shots": values.shots,
        "on_bad_image": values.on_bad_image,
    }


def _rate(text: str | None) -> float | str | None:
    from zoo.errors import RequestError

    if text in (None, AUTO):
        return text
    try:
        return float(text)
    except ValueError:
        raise RequestError(
            f"--learning_rate is a number. Received: {text!r}"
        ) from None


def closing_lines(output: str, metrics: dict) -> str:
    """Says what a run reached and where everything is."""
    top5 = f", top-5 {metrics['top5']:.2%}"
    logs = os.path.dirname(output) or "."
    return "\n".join(
        [
            "",
            f"top-1 {metrics['top1']:.2%}{top5} on {metrics['examples']:,} "
            f"held-out pictures, after {metrics['seconds']:.0f} s",
            f"run:         {output}",
            f"report:      {os.path.join(output, 'report.html')}",
            f"model:       {os.path.join(output, 'model.keras')}",
            f"predict:     python -m apps.predict --model={output} IMAGE",
            f"TensorBoard: tensorboard --logdir {logs}",
        ]
    )
