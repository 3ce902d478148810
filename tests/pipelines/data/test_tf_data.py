"""How tf.data runs pipelines: Python called from them, and how they end."""

import os
import subprocess
import sys

import numpy as np
import pytest
import tensorflow as tf

from pipelines.data.tf_data import call_python
from pipelines.data.tf_data import parallel_calls
from pipelines.data.tf_data import pipeline_options
from pipelines.data.tf_data import processors

ENDING = """
import sys, time
import tensorflow as tf
from pipelines.data.tf_data import call_python

def slow(x):
    time.sleep(0.3)
    return x

data = tf.data.Dataset.range(10**9).map(
    lambda x: call_python(slow, [x], tf.int64), num_parallel_calls=4
)
{keep}
print(int(next(kept)), flush=True)
{end}
"""


KEPT = (
    "kept = iter(data.prefetch(2))",
    "kept = (int(x) for x in data.prefetch(2))",
    "kept = iter(tf.distribute.get_strategy()"
    ".experimental_distribute_dataset(data))",
)
ENDS = ("", "sys.exit(3)")


# Each way once, all of them where there is time.
@pytest.mark.parametrize(
    ("keep", "end"),
    [
        (KEPT[0], ENDS[1]),
        (KEPT[1], ENDS[0]),
        (KEPT[2], ENDS[0]),
        pytest.param(KEPT[0], ENDS[0], marks=pytest.mark.slow),
        pytest.param(KEPT[1], ENDS[1], marks=pytest.mark.slow),
        pytest.param(KEPT[2], ENDS[1], marks=pytest.mark.slow),
    ],
)
def test_a_program_ends_though_its_pipeline_goes_on(keep, end):
    found = subprocess.run(
        [sys.executable, "-c", ENDING.format(keep=keep, end=end)],
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert found.returncode == (3 if end else 0), found.stderr
    assert found.stdout == "0\n"


def test_it_is_called_with_arrays(both_ways):
    def double(x):
        assert isinstance(x, np.ndarray)
        return 2 * x

    found = both_ways(
        lambda x: call_python(double, [x], tf.int32),
        np.arange(3, dtype="int32"),
    )
    assert found.tolist() == [0, 2, 4]


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
