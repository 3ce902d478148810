"""The benchmark of long manifests, on short ones."""

from pipelines.benchmarks.manifest import benchmark_manifest
from pipelines.benchmarks.manifest import write_rows
from pipelines.data.sources.csv_source import open_csv


def test_rows_are_different_names_of_one_picture(tmp_path):
    splits = open_csv(write_rows(tmp_path, 400))
    assert len(splits.train) == 300 and len(splits.validation) == 100
    assert len(splits.train.class_names) == 100
    assert len(set(splits.train.names)) == 300
    assert len({*splits.train.encoded([0, 7, 299])}) == 1


def test_every_figure_is_there():
    rows = benchmark_manifest((400, 2000), steps=2)
    assert [row["examples"] for row in rows] == [400, 2000]
    for row in rows:
        assert set(row) == {
            "examples",
            "open_seconds",
            "first_batch_seconds",
            "jump_seconds",
            "step_seconds",
            "peak_gib",
        }
        assert all(value > 0 for value in row.values())
