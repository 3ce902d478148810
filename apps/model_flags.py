"""The flags that mean the same in every command that uses a finished model."""

from absl import flags

# They belong to the command that asks for them, and are in its --help.
flags.disclaim_key_flags()


def define_model_flags() -> None:
    """Defines which model is meant: `--model` and `--weights`."""
    flags.DEFINE_string(
        "model",
        None,
        "A run's folder, a .keras file, or the name of a model (with "
        "--weights).",
        required=True,
    )
    flags.DEFINE_string(
        "weights", None, "With the name of a model: which weights."
    )


def define_batch_flag() -> None:
    """Defines how many pictures a model is given: `--global_batch_size`."""
    flags.DEFINE_integer(
        "global_batch_size", 128, "Pictures at a time.", lower_bound=1
    )


def define_tta_flag() -> None:
    """Defines test-time augmentation: `--tta`."""
    from pipelines.evaluation.tta import TTA

    views = "; ".join(f"{name}: {what}" for name, what in TTA.items())
    flags.DEFINE_enum(
        "tta",
        "none",
        list(TTA),
        "Test-time augmentation, the views of a picture whose probabilities "
        f"are averaged. {views}.",
    )
