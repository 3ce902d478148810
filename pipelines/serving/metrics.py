"""What is counted while it is served, as Prometheus reads it."""

import functools
import os
from collections.abc import Sequence

from prometheus_client import CollectorRegistry
from prometheus_client import Counter
from prometheus_client import Histogram
from prometheus_client import generate_latest
from prometheus_client.multiprocess import MultiProcessCollector

# Where several processes leave their numbers for each other to read: their
# environment has it before this file is imported.
SHARED = "PROMETHEUS_MULTIPROC_DIR"
_SECONDS = (
    *(0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5),
    *(1.0, 2.0, 5.0, 10.0, 30.0),
)
_PICTURES = (1, 2, 4, 8, 16, 32, 64, 128)


class Metrics:
    """All numbers of a server."""

    def __init__(self):
        self._registry = CollectorRegistry()
        self._requests = self._made(
            Counter, "zoo_requests", "Requests answered.", ("route", "status")
        )
        seconds = functools.partial(self._made, Histogram, buckets=_SECONDS)
        self._seconds = seconds(
            "zoo_request_seconds",
            "From a request's head to the end of its answer.",
            ("route",),
        )
        self.reading = seconds(
            "zoo_reading_seconds",
            "Checking, decoding and framing a picture.",
            ("model",),
        )
        self.waiting = seconds(
            "zoo_waiting_seconds",
            "A picture's wait for others and for the engine.",
            ("model",),
        )
        self.computing = seconds(
            "zoo_computing_seconds", "The engine, a batch.", ("model",)
        )
        self.pictures = self._made(
            Histogram,
            "zoo_batch_pictures",
            "Pictures computed at once.",
            ("model",),
            buckets=_PICTURES,
        )
        self.reloads = self._made(
            Counter, "zoo_reloads", "Models opened anew.", ("model", "result")
        )

    def _made(self, kind, name: str, text: str, labels, **more):
        return kind(name, text, labels, registry=self._registry, **more)

    def request(self, route: str, status: int, seconds: float) -> None:
        """Counts a request.

        Args:
            route: The pattern of its path, of which there are few.
            status: That it was answered with.
            seconds: That it took.
        """
        self._requests.labels(route, str(status)).inc()
        self._seconds.labels(route).observe(seconds)

    def of(self, model: str) -> "ModelMetrics":
        """Returns what one model counts."""
        return ModelMetrics(self, model)

    def text(self) -> bytes:
        """Returns all numbers, those of other processes too."""
        if os.environ.get(SHARED):
            together = CollectorRegistry()
            MultiProcessCollector(together)
            return generate_latest(together)
        return generate_latest(self._registry)


class ModelMetrics:
    """What one model counts."""

    def __init__(self, metrics: Metrics, model: str):
        self._reading = metrics.reading.labels(model)
        self._waiting = metrics.waiting.labels(model)
        self._computing = metrics.computing.labels(model)
        self._pictures = metrics.pictures.labels(model)
        self._reloads = functools.partial(metrics.reloads.labels, model)

    def read(self, seconds: float) -> None:
        """Counts a picture that was read."""
        self._reading.observe(seconds)

    def batch(self, waits: Sequence[float], seconds: float) -> None:
        """Counts a batch.

        Args:
            waits: How long each picture has waited for it, in seconds.
            seconds: How long it was computed.
        """
        for each in waits:
            self._waiting.observe(each)
        self._computing.observe(seconds)
        self._pictures.observe(len(waits))

    def reloaded(self, result: str) -> None:
        """Counts a model that was opened anew, or could not be."""
        self._reloads(result).inc()
