"""A server in a thread of this process, and a small model to serve."""

import asyncio
import contextlib
import dataclasses
import socket
import threading
import time

import pytest

from pipelines.benchmarks.http_client import HttpConnection
from pipelines.serving.settings import ServingConfig


@dataclasses.dataclass(eq=False)
class Running:
    """A server that answers in a thread.

    Args:
        port: Where, on loopback.
        service: Which one.
    """

    port: int
    service: object

    def ask(self, request):
        """Sends a request on a connection of its own; returns the answer."""

        async def one():
            connection = HttpConnection("127.0.0.1", self.port)
            try:
                return await connection.ask(request)
            finally:
                connection.close()

        return asyncio.run(one())


@contextlib.contextmanager
def running(config):
    import uvicorn

    from pipelines.serving.application import create_application
    from pipelines.serving.server import uvicorn_settings

    application = create_application(config)
    server = uvicorn.Server(uvicorn_settings(config, application))
    listening = socket.create_server(("127.0.0.1", 0))
    port = listening.getsockname()[1]
    thread = threading.Thread(target=server.run, args=([listening],))
    thread.start()
    try:
        until = time.monotonic() + 120
        while not server.started and thread.is_alive():
            assert time.monotonic() < until
            time.sleep(0.01)
        assert application.state.problem is None
        yield Running(port, application.state.service)
    finally:
        server.should_exit = True
        thread.join(60)
        assert not thread.is_alive()


@pytest.fixture
def serving(small_model):
    """Returns a context: a server of the small model, or of others."""

    def make(**settings):
        settings = {
            "model": (f"small={small_model}",),
            "engine": "keras",
            "largest_batch": 4,
            "finishing_seconds": 5,
            **settings,
        }
        return running(ServingConfig(**settings))

    return make


@pytest.fixture
def small_model(tiny, tmp_path):
    """The file of a small network that tells three classes."""
    path = tmp_path / "small.keras"
    tiny(("ant", "bee", "cat")).save(path)
    return path


@pytest.fixture(scope="module")
def shared_server(tiny, tmp_path_factory):
    """A server of the small model that nobody changes."""
    path = tmp_path_factory.mktemp("served") / "small.keras"
    tiny(("ant", "bee", "cat")).save(path)
    with running(ServingConfig(model=(str(path),), engine="keras")) as server:
        yield server
