"""The flags that mean the same in every command that trains."""

import os
import time

from absl import flags

RUNS = "tensorboard_logs"


def define_run_flags(*, weights: str | None, batch: int, epochs: str) -> None:
    """Defines the flags of `pipelines.training.config.RunConfig`.

    Args:
        weights: The default of `--weights`.
        batch: The default of `--global_batch_size`.
        epochs: What `--epochs` does where it is not given.
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
        "model", "resnet50", "A model's name; `python -m apps.models` lists."
    )
    flags.DEFINE_string(
        "weights",
        weights,
        "What to start from: 'none', a name such as 'cifar10' that "
        "`python -m apps.models --name=MODEL` lists, or a .safetensors file.",
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
        "global_batch_size", batch, "Pictures a step, over all devices."
    )
    flags.DEFINE_float(
        "learning_rate",
        None,
        "The highest rate, for a batch of 256; scaled linearly to the batch.",
    )
    flags.DEFINE_integer(
        "image_size",
        None,
        "Height and width of the model's input, in pixels; chosen by model "
        "and data where not given.",
    )
    flags.DEFINE_integer("seed", 0, "Same seed, same run.")
    flags.DEFINE_string(
        "augmentation",
        "auto",
        "'none', 'shift', 'gentle', 'crop', 'standard' or 'auto' (shift for "
        "small pictures; for photos standard, and gentle in finetune).",
    )
    flags.DEFINE_float(
        "weight_decay", 1e-4, "L2 on kernels; norms and biases are spared."
    )
    flags.DEFINE_float("label_smoothing", 0.0, "Part of the target spread.")
    flags.DEFINE_enum(
        "precision",
        "float32",
        ("float32", "bfloat16"),
        "bfloat16 is mixed: faster where the processor has it.",
    )
    flags.DEFINE_bool(
        "upscale", False, "Enlarge pictures smaller than --image_size."
    )


def run_settings() -> dict:
    """Returns the flags as arguments of a `RunConfig`."""
    values = flags.FLAGS
    weights = values.weights
    return {
        "data": values.data,
        "model": values.model,
        "output": values.output or _new_folder(values.data, values.model),
        "weights": None if weights in (None, "", "none") else weights,
        "epochs": values.epochs,
        "global_batch_size": values.global_batch_size,
        "learning_rate": values.learning_rate,
        "image_size": values.image_size,
        "seed": values.seed,
        "augmentation": values.augmentation,
        "weight_decay": values.weight_decay,
        "label_smoothing": values.label_smoothing,
        "precision": values.precision,
        "upscale": values.upscale,
    }


def _new_folder(data: str, model: str) -> str:
    name = os.path.basename(os.path.normpath(data)).replace(":", "-")
    moment = time.strftime("%Y%m%d-%H%M%S")
    return os.path.join(RUNS, f"{name}-{model}-{moment}")


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
            f"model:       {os.path.join(output, 'model.keras')}",
            f"predict:     python -m apps.predict --model={output} IMAGE",
            f"TensorBoard: tensorboard --logdir {logs}",
        ]
    )
