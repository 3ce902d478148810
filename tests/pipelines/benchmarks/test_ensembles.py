"""What many models as one are worth, on a set where it can be known."""

import pytest

from pipelines.benchmarks.ensembles import benchmark_ensembles


def test_each_way_has_its_row(picture_folder):
    said = []
    rows = benchmark_ensembles(
        str(picture_folder),
        seeds=2,
        settings={"plan": "head:1@0.1", "image_size": 16},
        say=said.append,
    )
    names = [row["name"] for row in rows]
    assert names == [
        *("mean of the runs", "best run"),
        *("probabilities", "soup", "greedy"),
    ]
    assert [row["networks"] for row in rows] == [1, 1, 2, 1, 1]
    # Of three pictures that judge.
    for row in rows[1:]:
        assert row["top1"] in [pytest.approx(right / 3) for right in range(4)]
    assert all(0 < row["p"] <= 1 for row in rows[2:])
    assert len(said) == 5
