"""What a process has needed at most."""

import psutil
import pytest

from pipelines.devices import memory


def test_the_peak_of_the_host():
    now = psutil.Process().memory_info().rss
    assert 0.98 * now < memory.peak_bytes() < psutil.virtual_memory().total


@pytest.mark.parametrize(
    ("gpu", "text"),
    [
        (None, "peak memory 1.5 GiB"),
        (3 * 2**29, "peak memory 1.5 GiB, GPU 1.5 GiB"),
    ],
)
def test_in_words(monkeypatch, gpu, text):
    monkeypatch.setattr(memory, "peak_bytes", lambda: 3 * 2**29)
    monkeypatch.setattr(memory, "peak_gpu_bytes", lambda: gpu)
    assert memory.peak_memory() == text


def test_the_gpu_that_needs_most(monkeypatch):
    class Gpu:
        def __init__(self, name):
            self.name = name

    config = memory.tf.config
    gpus = [Gpu("/device:GPU:0"), Gpu("/device:GPU:1")]
    monkeypatch.setattr(config, "list_logical_devices", lambda kind: gpus)
    monkeypatch.setattr(
        config.experimental,
        "get_memory_info",
        lambda name: {"peak": 100 + int(name[-1])},
    )
    assert memory.peak_gpu_bytes() == 101
