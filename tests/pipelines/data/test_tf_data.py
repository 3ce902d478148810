"""How tf.data runs pipelines."""

import os

from pipelines.data.tf_data import parallel_calls
from pipelines.data.tf_data import pipeline_options
from pipelines.data.tf_data import processors


def test_no_thread_outlives_a_pipeline_and_order_is_kept():
    options = pipeline_options()
    assert options.autotune.enabled is False
    assert options.deterministic is True


def test_processors_have_more_than_one_picture_each(monkeypatch):
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0, 1, 5})
    assert (processors(), parallel_calls()) == (3, 10)


def test_systems_that_do_not_tell_which_processors(monkeypatch):
    monkeypatch.delattr(os, "sched_getaffinity")
    monkeypatch.setattr(os, "cpu_count", lambda: 4)
    assert processors() == 4
