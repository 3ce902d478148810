"""What ends a run is told so that it can be mended."""

import types

import pytest
import tensorflow as tf

from pipelines.runs.interruption import Interrupted
from pipelines.training.failures import WorkerLost
from pipelines.training.failures import explained

LOST = (
    "Collective ops is aborted by: Connection reset by peer\n"
    "Additional GRPC error information from remote target "
    "/job:worker/replica:0/task:1 while calling "
    "/tensorflow.WorkerService/RecvBuf:\n:{created: 1} [[{{node a}}]]"
)
UNHEALTHY = (
    "something\n/job:worker/replica:0/task:2 is unhealthy: no heartbeat. "
    "[[{{node CollectiveReduce}}]]"
)


def told(message, **options):
    error = tf.errors.UnavailableError(None, None, message)
    return explained(error, None, 1234, **{"alone": False} | options)


@pytest.mark.parametrize(
    ("message", "reason"),
    [
        (LOST, "worker 2: Collective ops is aborted by: Connection reset by"),
        (UNHEALTHY, "worker 3: /job:worker/replica:0/task:2 is unhealthy: no"),
        ("", "(no reason given)"),
    ],
)
def test_who_is_gone_and_why(message, reason):
    lost = told(message)
    assert isinstance(lost, WorkerLost) and lost.exit_code == 75
    said = str(lost)
    assert "another worker is gone at step 1,234" in said and reason in said
    assert "RecvBuf" not in said and "[[" not in said and ":)" not in said


def test_who_was_asked_to_stop_says_so():
    stop = types.SimpleNamespace(name="SIGTERM")
    stopped = told(LOST, stop=stop)
    assert isinstance(stopped, Interrupted) and stopped.exit_code == 75
    assert "stopped by SIGTERM after step 1,234" in str(stopped)
    assert "is gone" not in str(stopped)


def test_alone_it_is_our_mistake():
    assert isinstance(told(LOST, alone=True), tf.errors.UnavailableError)
