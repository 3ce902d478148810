"""Pictures to learn from that choose something at the end instead.

Of several classes a picture the thresholds, of one class the temperature that
its logits are divided by: a network is too sure of what it has learned from.
"""

import dataclasses

import numpy as np

from pipelines.data.examples import Splits
from pipelines.data.holding_out import grouped_split
from pipelines.data.stratifying import stratify
from pipelines.runs.config import RunConfig

# Of the pictures to learn from, those that thresholds are chosen by.
_PART = 0.1


def set_aside(config: RunConfig, splits: Splits) -> Splits:
    """Takes pictures out that choose at the end, and are not learned from.

    Args:
        config: Says how many, and the seed.
        splits: The pictures, of which those to learn from become fewer.
    """
    if not splits.train.several:
        return _set_aside_of_one_class(config, splits)
    part = _PART if config.threshold_part is None else config.threshold_part
    # A probe is fitted anew without each part of the pictures, which tells
    # as much and costs none.
    if not part or config.probe:
        return splits
    train, groups = splits.train, splits.groups
    taken = stratify(
        train.labels,
        (1 - part, part),
        groups=None if groups is None else groups[: len(train)],
        seed=config.seed,
    )
    return _without(splits, taken == 1)


def _set_aside_of_one_class(config: RunConfig, splits: Splits) -> Splits:
    if not config.calibration_part:
        return splits
    train, groups = splits.train, splits.groups
    if groups is not None:
        # By the first of each, as parts are split by.
        own = groups[: len(train)]
        _, first, place = np.unique(own, return_index=True, return_inverse=True)
        groups = first[place]
    taken = grouped_split(train, config.calibration_part, config.seed, groups)
    return _without(splits, taken)


def _without(splits: Splits, taken: np.ndarray) -> Splits:
    """Returns the pictures with some of those to learn from set aside."""
    if not taken.any():
        return splits
    aside = splits.train.subset(np.flatnonzero(taken))
    splits = splits.subset(np.flatnonzero(~taken))
    return dataclasses.replace(splits, aside=aside)
