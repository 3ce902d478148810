"""The benchmarks run, and count what they say they count."""

import pytest

from pipelines.benchmarks import shots
from pipelines.benchmarks.transfer import Case
from pipelines.benchmarks.transfer import benchmark_transfer


def test_transfer_in_both_ways(picture_folder, monkeypatch):
    monkeypatch.setattr("pipelines.benchmarks.transfer.BATCH", 4)
    task = Case("small", "alexnet_cifar", None, 16, "head:1@0.1,all:1@0.1")
    said = []
    results = benchmark_transfer(
        str(picture_folder), tasks=(task,), say=said.append
    )
    assert results["small_speedup"] == pytest.approx(
        results["small_keras_seconds"] / results["small_seconds"]
    )
    for name in ("small_accuracy", "small_keras_accuracy"):
        assert results[name] * 6 == pytest.approx(round(results[name] * 6))
    assert said[0].startswith("small  alexnet_cifar at 16 px:")


def test_a_row_for_each_way_and_number_of_shots(monkeypatch):
    def top1(data, model, weights, count, seed, settings):
        assert (data, model, weights) == ("photos", "resnet20", "cifar10")
        return count / 10 + seed / 100 + bool(settings.get("probe")) / 2

    monkeypatch.setattr(shots, "_top1", top1)
    said = []
    rows = shots.benchmark_shots(
        "photos", shots=(1, 3), seeds=3, say=said.append
    )
    assert [(row["way"], row["shots"]) for row in rows] == [
        (way, count)
        for way in ("probe", "head", "progressive")
        for count in (1, 3)
    ]
    assert rows[0]["mean"] == pytest.approx(0.61)
    assert rows[3]["lowest"] == 0.3 and rows[3]["highest"] == 0.32
    assert said[0] == "probe           1 shots: 61.0% (60.0% to 62.0%)"


def test_one_run_with_few_pictures(picture_folder):
    top1 = shots._top1(
        str(picture_folder), "resnet20", "cifar10", 2, 1, {"probe": True}
    )
    assert 0 <= top1 <= 1 and top1 * 6 == pytest.approx(round(top1 * 6))
