"""A data set in numbers."""

import numpy as np

from pipelines.audit.listing import ListedPicture
from pipelines.audit.listing import Listing
from pipelines.audit.one_file import Seen
from pipelines.audit.statistics import histogram
from pipelines.audit.statistics import statistics
from pipelines.data.inspection.classification import Look


def test_a_set_in_numbers():
    looks = [
        Look("JPEG", "RGB", 40, 20, 6, 100, notes=("rotated", "small")),
        Look("JPEG", "L", 60, 30, 1, 200, notes=("small",)),
        Look("PNG", "RGB", 20, 40, 1, 300),
        Look(problem="empty", detail="the file is empty"),
    ]
    labels = ("ant", "ant", "ant", "bee")
    listing = Listing(
        [
            ListedPicture(str(i), "train", label)
            for i, label in enumerate(labels)
        ],
        ["ant", "bee"],
    )
    found = statistics(listing, [Seen(look) for look in looks])
    assert found["pictures"] == 4
    assert found["bytes"] == 600
    assert found["levels"] == {"note": 2, "ok": 1, "refuse": 1}
    assert found["classes"] == {"ant": {"train": 3}, "bee": {"train": 1}}
    assert found["imbalance"] == 3
    assert found["formats"] == {"JPEG": 2, "PNG": 1}
    assert found["modes"] == {"RGB": 2, "L": 1}
    assert found["rotated"] == {"6": 1}
    assert found["notes"] == {"small": 2, "rotated": 1}
    assert found["problems"] == {"empty": 1}
    assert found["width"][0::3] == [20, 40, 60]
    assert found["shorter_side"][0::3] == [20, 20, 30]
    assert found["aspect_ratio"][0::3] == [0.5, 2, 2]


def test_an_empty_set_has_no_numbers():
    found = statistics(Listing(), [])
    assert (found["pictures"], found["width"], found["imbalance"]) == (0, [], 1)


def test_histograms_lose_no_value():
    values = np.random.default_rng(0).lognormal(5, 2, 1000)
    bars = histogram(values)
    assert len(bars) == 24
    assert sum(count for _, count in bars) == 1000
    ratios = np.diff(np.log([middle for middle, _ in bars]))
    np.testing.assert_allclose(ratios, ratios[0])
    assert histogram([7, 7, 7]) == [(7.0, 3)]
    assert histogram([]) == []
