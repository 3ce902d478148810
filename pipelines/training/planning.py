"""How long, how deep and how fast a run learns where nobody says it."""

from pipelines.features.start import LITE
from pipelines.runs.config import RunConfig
from pipelines.runs.settings import AUTO
from pipelines.training.choices import Choice
from pipelines.training.config import EPOCHS
from pipelines.training.config import TrainConfig
from pipelines.training.fine_tuning.outlook import Outlook
from pipelines.training.fine_tuning.plan import Phase
from pipelines.training.fine_tuning.plan import Plan
from pipelines.training.fine_tuning.plan import default_plan
from pipelines.training.fine_tuning.plan import fitted
from pipelines.training.fine_tuning.plan import in_words
from pipelines.training.optimizers import OPTIMIZERS

# Epochs of fine-tuning: at most so many, for a small set as many as show
# about so many pictures in all.
MOST_EPOCHS = 100
_PICTURES_SHOWN = 24_000
# What the rate below the head is multiplied by where nothing normalises: with
# 0.2 for the whole network AlexNet falls to chance (docs/transfer.md).
_UNTAMED = 0.25
# Of the last phase's way, from a network whose upper stages have learned by
# heart to one that has learned whole: both err less in between.
HALF_WAY = 0.5


def usual_epochs(pictures: int) -> int:
    """Returns how many epochs a set is fine-tuned for where nobody says it."""
    return max(EPOCHS, min(MOST_EPOCHS, _PICTURES_SHOWN // pictures))


def resolve_plan(
    config: RunConfig,
    parameters: dict[str, int],
    pictures: int,
    outlook: Outlook | None = None,
    *,
    is_normalised: bool = True,
) -> tuple[Plan, dict[str, Choice]]:
    """Decides what learns when, at which rate.

    Args:
        config: With all other defaults filled in. Of a rate that is still to
            be found ("auto") the usual one takes the place.
        parameters: Of each stage of the model, from the pixels to the logits.
        pictures: To learn from.
        outlook: What the head alone reaches; None where nobody has looked.
        is_normalised: Whether the network normalises what its layers answer.

    Returns:
        The plan, in the stages of the model, and what was chosen of it.

    Raises:
        RequestError: The plan names a stage that there is not.
    """
    names = list(parameters)
    if config.plan:
        return fitted(config.plan, names), {}
    choices = {}
    epochs, rate = config.epochs, config.learning_rate
    optimizer = OPTIMIZERS[config.optimizer]
    if epochs is None:
        epochs = usual_epochs(pictures)
        why = f"{pictures:,} pictures to learn from"
        choices["epochs"] = Choice(epochs, why)
    if rate in (None, AUTO):
        rate = optimizer.fine_tuning_rate
        why = f"the usual of {config.optimizer} in fine-tuning"
        choices["learning_rate"] = Choice(rate, why)
    if config.weights is None or isinstance(config, TrainConfig):
        return (Phase(names[0], epochs, rate),), choices
    alone, why = _head_alone(config, outlook)
    if alone:
        plan = (Phase(names[-1], epochs, rate),)
    else:
        plan = default_plan(
            parameters,
            epochs,
            rate,
            optimizer.below_head * (1.0 if is_normalised else _UNTAMED),
            steps_per_epoch=pictures // config.global_batch_size,
        )
    if why:
        choices["plan"] = Choice(in_words(plan), why)
    if len(plan) > 2 and _keeps_the_end(config):
        choices["wise_ft"] = Choice(
            HALF_WAY, "between the upper stages' end and the whole network's"
        )
    return plan, choices


def _keeps_the_end(config: RunConfig) -> bool:
    """Whether nobody has said which weights are kept."""
    given = (config.wise_ft, config.ema, config.patience)
    return not any(given) and config.keep == "last"


def _head_alone(config: RunConfig, outlook: Outlook | None) -> tuple[bool, str]:
    """Whether only the head learns, and why."""
    if outlook is not None:
        return outlook.head_is_enough, outlook.why
    if config.model == LITE.model:
        return True, "ImageNet's features serve most pictures as they are"
    return False, ""
