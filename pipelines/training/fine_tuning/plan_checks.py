"""What a plan has no room or no use for, refused before the first step."""

import zoo
from pipelines.batches.training_data import whole_batches
from pipelines.runs.config import RunConfig
from pipelines.runs.config import parse_steps
from pipelines.training.components import check_schedule
from pipelines.training.fine_tuning.plan import epochs_of
from pipelines.training.run import Run
from zoo.errors import RequestError


def check_plan(run: Run) -> None:
    """Refuses what has no meaning with a run's plan, or does not fit it.

    Raises:
        RequestError: A setting would be ignored, what the rate does has no
            room, or the network fits one size only.
    """
    config, plan = run.config, run.plan
    steps = whole_batches(run.splits.train, config.global_batch_size)
    for name, alone in (("cycles", 1), ("snapshots", False)):
        if getattr(config, name) != alone and len(plan) > 1:
            raise RequestError(
                f"`{name}` is for a rate that falls over the whole run, and "
                f"this plan has {len(plan)} phases. Give a `plan` of one "
                f"phase, or leave `{name}` out."
            )
    _check_way(config, len(plan))
    check_schedule(config, plan, steps)
    _check_last(config, epochs_of(plan), epochs_of(plan) * steps)
    if not config.progressive_from:
        return
    lowest = zoo.stages(run.model)[0].name
    if config.cache and any(phase.stage != lowest for phase in plan):
        raise RequestError(
            "`progressive_from` shows pictures of growing sizes, of which no "
            "features can be kept. Give `cache=False` with it, or a `plan` "
            "of `all` alone."
        )
    try:
        for size in run.sizes:
            run.train_model(size.image_size)
    except RequestError as error:
        raise RequestError(
            f"`progressive_from={config.progressive_from}`: {error}. Leave "
            "it out."
        ) from error


def _check_way(config: RunConfig, phases: int) -> None:
    """Refuses two ways to say which weights are kept, and one without ends."""
    if config.wise_ft in (None, 1):
        return
    others = {
        "ema": config.ema,
        "patience": config.patience,
        "keep": config.keep != "last",
    }
    given = [name for name, value in others.items() if value]
    if given:
        raise RequestError(
            f"`wise_ft` and `{given[0]}` both say which weights are kept. Give "
            "one of the two."
        )
    if phases < 2:
        raise RequestError(
            "`wise_ft` is for a plan of two phases at least, and this one has "
            "one: before it no head has learned. Leave it out."
        )


def _check_last(config: RunConfig, epochs: int, steps: int) -> None:
    """Refuses what would begin behind the end of a run, or before its start."""
    if config.mixing_off_for_last >= epochs:
        raise RequestError(
            f"`mixing_off_for_last={config.mixing_off_for_last}` leaves no "
            f"epoch of {epochs} in which pictures are mixed. Give fewer, or "
            "leave `mixup` and `cutmix` out."
        )
    if config.profile_steps and parse_steps(config.profile_steps)[0] > steps:
        raise RequestError(
            f"`profile_steps={config.profile_steps}` begins behind the "
            f"{steps:,} steps of the run. Give some of these."
        )
