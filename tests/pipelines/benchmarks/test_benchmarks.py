"""The benchmarks run, and count what they say they count."""

import json
from types import SimpleNamespace

import numpy as np
import pytest

from pipelines.benchmarks import features
from pipelines.benchmarks import pipeline
from pipelines.benchmarks import shots
from pipelines.benchmarks import starts
from pipelines.benchmarks.keras_networks import NETWORKS
from pipelines.benchmarks.names import MODELS
from pipelines.benchmarks.names import PARTS
from pipelines.benchmarks.transfer import TASKS
from pipelines.benchmarks.transfer import Case
from pipelines.benchmarks.transfer import benchmark_transfer
from pipelines.evaluation.explanations.methods.table import METHODS
from pipelines.export.formats import PROGRAMS
from pipelines.features.start import FeatureSource
from pipelines.tasks.classification import Classification


def test_parts_are_called_as_the_measurements_call_them():
    programs = tuple(
        f"{name}_{precision}"
        for name, row in PROGRAMS.items()
        for precision in row.precisions
    )
    assert {
        "export": programs,
        "parity": programs,
        "explanations": tuple(METHODS),
        "pipeline": tuple(pipeline.SUBJECTS),
        "shots": tuple(shots.WAYS),
        "transfer": tuple(task.name for task in TASKS),
    } == PARTS
    assert tuple(NETWORKS) == MODELS


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


@pytest.fixture
def made_features(monkeypatch):
    """Features of three classes that are far apart."""
    random = np.random.default_rng(0)
    labels = np.repeat(np.arange(3), 40)
    made = 6 * np.eye(8)[labels] + random.normal(size=(120, 8))
    source = FeatureSource("made")
    monkeypatch.setattr(
        features,
        "_features",
        lambda data, whole, progress: (source, made, labels, 3),
    )


def test_every_picture_is_searched_among_the_others(made_features):
    said = []
    found = features.benchmark_search("photos", say=said.append)
    assert found == {"precision": 1.0, "pictures": 120, "model": "made"}
    assert said == ["made, 120 pictures: precision at 10 1.0000"]


def test_labels_made_wrong_are_counted(made_features):
    said = []
    found = features.benchmark_labels("photos", seeds=2, say=said.append)
    assert found["doubts"] == 0 and len(found["planted"]) == 2
    for row in found["planted"]:
        assert row["precision"] == row["recall"] == 1.0
        assert row["shown"] == row["real"] == 6
        assert row["expected"] == pytest.approx(6, abs=1)
    assert said[1:3] == [
        "seed 0: precision 1.000, recall 1.000",
        "seed 1: precision 1.000, recall 1.000",
    ]
    assert said[3] == "5% made wrong: precision 1.000 (1.000 to 1.000)"


def test_features_of_a_folder(picture_folder):
    source, found, labels, classes = features._features(
        str(picture_folder), True, None
    )
    assert source.told == "resnet20 (cifar10) at 32 px"
    assert found.shape == (18, 64) and labels.shape == (18,) and classes == 3


def test_every_start_is_run_and_drawn(tmp_path, monkeypatch):
    configs = []

    def run(config):
        """A run that is over at once, better the more it started from."""
        number = len(configs)
        configs.append(config)
        config = config.resolved(model=config.model or "efficientnet_lite0")
        if config.weights == "auto":
            config = config.resolved(weights="imagenet")
        folder = tmp_path / str(number)
        folder.mkdir()
        metrics = {
            "top1": 0.9 - number / 10,
            "seconds": 10 * (number + 1),
            "epochs": 0,
            "training_examples": 20,
        }
        (folder / "metrics.json").write_text(json.dumps(metrics))
        return SimpleNamespace(
            config=config,
            metrics=metrics,
            folder=SimpleNamespace(path=folder),
            history=[{}] * 7,
            model=SimpleNamespace(
                input=SimpleNamespace(shape=(None, 64, 64, 3))
            ),
            task=Classification,
        )

    monkeypatch.setattr(starts, "_run", run)
    said = []
    picture = tmp_path / "starts.png"
    rows = starts.benchmark_starts("p", picture, say=said.append)
    assert [(row["start"], row["top1"]) for row in rows] == [
        ("efficientnet_lite0 from imagenet", 0.9),
        ("resnet20 from cifar10", 0.8),
        ("resnet20 from scratch", 0.7),
    ]
    assert [config.weights for config in configs] == ["auto", "cifar10", None]
    assert configs[2].epochs == 7 and configs[2].image_size == 64
    assert said[0].endswith("90.0% after 10 s, 0 epochs")
    assert picture.stat().st_size > 10_000
