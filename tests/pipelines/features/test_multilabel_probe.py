"""The linear probe of several classes a picture, and what is held out in it."""

import numpy as np
import pytest

from pipelines.features.multilabel_probe import fit_multilabel_probe
from zoo.errors import DataError


def test_groups_are_not_on_both_sides_of_a_fold():
    """Ten pictures of each of 40 things: by heart, and new ones."""
    random = np.random.default_rng(0)
    groups = np.repeat(np.arange(40), 10)
    labels = random.integers(0, 2, (40, 2))[groups]
    things = random.normal(size=(40, 60))
    features = things[groups] + 0.01 * random.normal(size=(400, 60))
    told = []
    by_heart = fit_multilabel_probe(features, labels)
    apart = fit_multilabel_probe(
        features, labels, groups=groups, progress=lambda *n: told.append(n)
    )
    assert by_heart.precision > 0.95 and apart.precision < 0.8
    assert told == [(number, 8) for number in range(1, 9)]
    with pytest.raises(DataError, match="belong together"):
        fit_multilabel_probe(features, labels, groups=np.zeros(400, int))
