"""Calling Python from pipelines, and ending while one is called."""

import subprocess
import sys

import numpy as np
import pytest
import tensorflow as tf

from pipelines.data.tf_data import call_python

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


@pytest.mark.parametrize(
    "keep",
    [
        "kept = iter(data.prefetch(2))",
        "kept = (int(x) for x in data.prefetch(2))",
        "kept = iter(tf.distribute.get_strategy()"
        ".experimental_distribute_dataset(data))",
    ],
)
@pytest.mark.parametrize("end", ["", "sys.exit(3)"])
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
