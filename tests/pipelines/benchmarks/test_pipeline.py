"""The benchmark of input pipelines: what is measured, and how."""

import io
import json

import numpy as np
import pytest
import tensorflow as tf

from pipelines.batches.augmentation import AUGMENTATIONS
from pipelines.batches.cropping import crop_window
from pipelines.batches.order import sample_order
from pipelines.benchmarks import pipeline
from pipelines.benchmarks import pipeline_ours
from pipelines.benchmarks.pipeline_ours import PipelineCase
from pipelines.benchmarks.pipeline_worker import serve
from pipelines.data.sources.opening import open_splits
from zoo.errors import RequestError

NAMES = ("limit", "full_decode", "plain", "plain_streamed", "randaugment")


@pytest.fixture(scope="module")
def setting(picture_folder):
    return PipelineCase(str(picture_folder), image_size=16, batch_size=4)


def test_a_worker_answers_every_command():
    called, answers = [], io.StringIO()
    commands = io.StringIO("0.02\n0.04\n")
    serve(lambda: called.append(1), 8, commands, answers)
    first, *lines = answers.getvalue().splitlines()
    results = [json.loads(line) for line in lines]
    assert first == "ready" and len(results) == 2
    for asked, result in zip((0.02, 0.04), results, strict=True):
        assert asked <= result["seconds"] < asked + 1
        assert 0 < result["images"] <= result["all_images"]
    assert sum(r["all_images"] for r in results) == 8 * (len(called) - 1)


@pytest.mark.parametrize("name", NAMES)
def test_subjects_yield_batches(setting, name):
    batch = next(iter(pipeline_ours.SUBJECTS[name](setting)))
    pictures = batch[0] if isinstance(batch, tuple) else batch
    assert len(pictures) == 4


def test_the_limit_decodes_the_windows_of_plain(setting, monkeypatch):
    monkeypatch.setattr(pipeline_ours, "_WINDOWS", 20)
    examples = open_splits(setting.data).train
    indices, windows = pipeline_ours._windows(examples, 4)
    order = sample_order(examples.labels, batch_size=4)
    for i in range(20):
        assert int(order(tf.constant(i, tf.int64))[1]) == indices[i]
        image = tf.io.decode_image(examples.tensor(indices[i]))
        key = tf.constant([0, i], tf.int64)
        window = crop_window(image.shape, key, AUGMENTATIONS["crop"])
        np.testing.assert_array_equal(windows[i], window)
    decoded = pipeline_ours.limit(setting)
    np.testing.assert_array_equal(next(iter(decoded)), windows[:4, 2])


def test_subjects_take_turns(setting):
    turns = []
    rows, skipped = pipeline.benchmark_pipeline(
        setting,
        names=("plain", "torch"),
        rounds=2,
        seconds=0.2,
        torch_python="/bin/false",
        progress=lambda done, total: turns.append((done, total)),
    )
    assert [row["name"] for row in rows] == ["limit", "plain"]
    assert list(skipped) == ["torch"]
    assert turns == [(1, 4), (2, 4), (3, 4), (4, 4)]
    assert rows[0]["ratio_to_limit"] == 1
    for row in rows:
        assert row["images_per_second"] > 0 and row["cpu_milliseconds"] > 0
        assert row["memory_mib"] > 100


def test_subjects_that_are_not_known(setting):
    with pytest.raises(RequestError, match=r"`subjects=jpeg` is not known\."):
        pipeline.benchmark_pipeline(setting, names=("jpeg",))


def test_data_that_is_not_there(tmp_path):
    nowhere = PipelineCase(str(tmp_path / "no"), image_size=16, batch_size=4)
    with pytest.raises(RequestError, match=r"^`data`: there is no folder"):
        pipeline.benchmark_pipeline(nowhere, names=("plain",))
