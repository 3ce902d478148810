"""Data in, trained model out.

from pipelines import finetune

finished = finetune("photos/", model="resnet20", weights="cifar10")
finished.model, finished.history, finished.report
finished.predict("new.jpg")
"""

from collections.abc import Callable
from typing import TYPE_CHECKING
from typing import Any

if TYPE_CHECKING:
    from pipelines.training.finished import Finished


def finetune(
    data: str,
    *,
    output: str | None = None,
    say: Callable[[str], object] = print,
    # Of the types that `FinetuneConfig` has them in, which checks them.
    **settings: Any,
) -> "Finished":
    """Fine-tunes a model on a folder of pictures.

    Args:
        data: A folder with one sub-folder of pictures a class, or whatever
            else `data` may be (`pipelines.runs.config`).
        output: The run's folder, new; made up from data, model and time
            where None.
        say: Tells a person something in one line.
        settings: Those of `FinetuneConfig`: `model`, `weights`, `epochs`,
            `image_size` … (docs/settings.md). What is left out is chosen by
            the pictures and the device. `augmentation` may also be a layer
            of Keras or keras-cv, or a list of layers and names. Those of
            `RunOptions` as well: `log_to="wandb"`, `callback=[…]` with
            callbacks of Keras.

    Returns:
        A `pipelines.training.finished.Finished`: `model`, `history`, `metrics`,
        `report` (the path of the page to look at), `folder`; its `predict`
        says what is on other pictures.

    Raises:
        RequestError: Something asked for does not exist or does not fit.
        DataError: The pictures cannot be trained on.
        IntegrityError: The weights are damaged.
    """
    from pipelines.runs.options import RunOptions
    from pipelines.runs.places import new_folder
    from pipelines.runs.recipes import settings_of
    from pipelines.runs.settings import settings_of as options_of
    from pipelines.training.config import FinetuneConfig
    from pipelines.training.fine_tuning.fine_tuning import finetune_run

    own = options_of(RunOptions).keys() & settings.keys()
    options = RunOptions(**{name: settings.pop(name) for name in own})
    recipe = settings_of(settings.get("recipe"), settings)
    settings = {"model": None, "weights": "auto", **recipe, **settings}
    if not isinstance(settings.get("augmentation", ""), str):
        from pipelines.batches.keras_layers import words_of

        settings["augmentation"] = words_of(settings["augmentation"])
    output = output or new_folder(data, settings["model"])
    config = FinetuneConfig(data=data, output=output, **settings)
    return finetune_run(config, options=options, say=say)


__all__ = ["finetune"]
