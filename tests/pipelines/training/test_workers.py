"""Two workers do what two devices do, and go on where one of them died."""

import json
import os
import pathlib
import socket
import subprocess
import sys

import numpy as np
import pytest

import pipelines

_ROOT = pathlib.Path(pipelines.__file__).parents[1]
_PATIENCE = 240
# Arguments: what to do, and where the run and the weights go.
_PROGRAM = """
import os
import signal
import sys

import numpy as np
import tensorflow as tf

task, data, output, weights, kill_at = sys.argv[1:]
if task == "devices":
    tf.config.set_logical_device_configuration(
        tf.config.list_physical_devices("CPU")[0],
        [tf.config.LogicalDeviceConfiguration()] * 2,
    )

from pipelines.training.callbacks import Progress
from pipelines.runs.options import RunOptions
from pipelines.training.config import TrainConfig
from pipelines.training.from_scratch import train

steps = 0
plain = Progress.on_train_batch_end

def count(self, batch, logs=None):
    global steps
    steps += 1
    if steps == int(kill_at):
        os.kill(os.getpid(), signal.SIGKILL)
    plain(self, batch, logs)

Progress.on_train_batch_end = count
config = TrainConfig(
    data=data, model="resnet20", output=output, image_size=16, epochs=2,
    global_batch_size=4, learning_rate=0.5, augmentation="shift",
    precision="float32", checkpoint_steps=2,
)
try:
    inexact = task == "inexact"
    options = RunOptions(cluster="auto", allow_inexact=inexact)
    finished = train(config, options=options)
except Exception as error:
    print(type(error).__name__, error, sep=": ", flush=True)
    # As a command does.
    sys.exit(getattr(error, "exit_code", 1))
np.savez(weights, *finished.model.get_weights())
"""


@pytest.fixture
def start(picture_folder, tmp_path):
    """Returns a function that starts a process, which does not outlive it."""
    processes = []

    def run(name, task="worker", cluster=None, index=0, kill_at=0):
        environment = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"}
        if cluster:
            environment["TF_CONFIG"] = json.dumps(
                {
                    "cluster": {"worker": cluster},
                    "task": {"type": "worker", "index": index},
                }
            )
        words = (
            task,
            picture_folder,
            tmp_path / name,
            tmp_path / f"{name}-{task}{index}.npz",
            kill_at,
        )
        process = subprocess.Popen(
            [sys.executable, "-c", _PROGRAM, *map(str, words)],
            cwd=_ROOT,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        processes.append(process)
        return process

    yield run
    for process in processes:
        process.kill()
        process.wait()
        process.stdout.close()


@pytest.fixture
def start_workers(start):
    """Returns a function that starts two; the second one may kill itself."""

    def run(name, kill_at=0):
        cluster = [f"127.0.0.1:{port}" for port in _free_ports(2)]
        return (
            start(name, cluster=cluster),
            start(name, cluster=cluster, index=1, kill_at=kill_at),
        )

    return run


def _free_ports(count):
    sockets = [socket.socket() for _ in range(count)]
    try:
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        return [each.getsockname()[1] for each in sockets]
    finally:
        for each in sockets:
            each.close()


def _end(process):
    """Waits; returns what it said."""
    said, _ = process.communicate(timeout=_PATIENCE)
    assert process.returncode == 0, said
    return said


def _weights(path):
    with np.load(path) as file:
        return [file[name] for name in file.files]


def _assert_equal(one, other, tolerance=0.0):
    for a, b in zip(_weights(one), _weights(other), strict=True):
        np.testing.assert_allclose(a, b, rtol=0, atol=tolerance)


def test_two_workers_are_one_run(start, start_workers, tmp_path):
    chief, other = start_workers("run")
    _end(chief)
    _end(other)
    first, second = tmp_path / "run-worker0.npz", tmp_path / "run-worker1.npz"
    _assert_equal(first, second)
    # The chief's run, with the model that both have.
    metrics = json.loads((tmp_path / "run" / "metrics.json").read_text())
    assert metrics["epochs"] == 2 and metrics["examples"] == 6
    # The names of event files end with the number of who writes them.
    events = list((tmp_path / "run").rglob("events.*"))
    assert events and all(f".{chief.pid}." in path.name for path in events)
    _end(start("devices", task="devices"))
    _assert_equal(first, tmp_path / "devices-devices0.npz", 1e-6)


@pytest.mark.slow
def test_a_worker_that_dies_is_noticed_and_made_up_for(start_workers, tmp_path):
    for process in start_workers("whole"):
        _end(process)
    chief, victim = start_workers("run", kill_at=4)
    assert victim.wait(_PATIENCE) == -9
    said, _ = chief.communicate(timeout=_PATIENCE)
    assert chief.returncode == 75, said
    assert "WorkerLost: another worker is gone at step" in said
    assert not (tmp_path / "run" / "metrics.json").exists()
    for process in start_workers("run"):
        assert "going on after step" in _end(process)
    for index in (0, 1):
        _assert_equal(
            tmp_path / f"whole-worker{index}.npz",
            tmp_path / f"run-worker{index}.npz",
        )


@pytest.mark.slow
def test_another_number_of_devices_goes_on_where_it_is_asked_for(
    start, tmp_path
):
    _end(start("whole", task="devices"))
    assert start("run", task="devices", kill_at=4).wait(_PATIENCE) == -9
    refused = start("run")
    said, _ = refused.communicate(timeout=_PATIENCE)
    assert refused.returncode == 2 and "devices (2 then, 1 now)" in said
    assert "as asked: devices (2 then" in _end(start("run", task="inexact"))
    _assert_equal(
        tmp_path / "whole-devices0.npz", tmp_path / "run-inexact0.npz", 1e-2
    )
