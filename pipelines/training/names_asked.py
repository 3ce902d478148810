"""Names that a run is asked for, before its pictures are opened."""

import zoo
from pipelines.batches.augmentation import Augmentation
from pipelines.batches.augmentation import find_augmentation
from pipelines.runs.config import RunConfig
from pipelines.runs.options import RunOptions
from pipelines.runs.settings import AUTO
from pipelines.training.callbacks_asked import find_callback
from pipelines.training.loggers import check_loggers
from zoo.weights import check_weights


def check_names(config: RunConfig, say) -> None:
    """Refuses what is misspelt before any time is spent.

    Args:
        config: What was asked for.
        say: Tells a person something in one line.

    Raises:
        RequestError: A model, weights or layers that there are not.
    """
    if config.model is not None:
        zoo.model_info(config.model)
        if config.weights != AUTO:
            check_weights(config.model, config.weights)
    if config.augmentation != AUTO:
        _check_augmentation(find_augmentation(config.augmentation), say)


def check_watchers(options: RunOptions) -> None:
    """Refuses loggers and callbacks that there are not.

    Args:
        options: How a run is carried out.

    Raises:
        RequestError: Says how to have it, or what is expected.
    """
    check_loggers(options.log_to)
    for word in options.callback:
        find_callback(word)


def _check_augmentation(augmentation: Augmentation, say) -> None:
    """Tries the layers of others, which may not be what they are called."""
    if not augmentation.layers:
        return
    from pipelines.batches.layer_checks import check_layers
    from pipelines.batches.layer_checks import draws_by_itself

    check_layers(augmentation.layers)
    for layer in augmentation.layers:
        if draws_by_itself((layer,)):
            say(
                f"{layer} draws by itself, not by the step: the run cannot be "
                "repeated, and goes on without being the same to the bit"
            )
