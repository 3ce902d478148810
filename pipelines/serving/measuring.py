"""Counts requests, and how long they take, by the pattern of their path."""

import time

from starlette.types import ASGIApp
from starlette.types import Message
from starlette.types import Receive
from starlette.types import Scope
from starlette.types import Send

from pipelines.serving.metrics import Metrics

# Paths that are none of ours are anybody's, and one row.
_OTHER = "other"


class Measured:
    """A layer around an application.

    Args:
        app: The application.
        metrics: What is counted.
    """

    def __init__(self, app: ASGIApp, metrics: Metrics):
        self._app = app
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send):
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        begun = time.perf_counter()
        status = 500

        async def heard(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, heard)
        finally:
            route = getattr(scope.get("route"), "path", _OTHER)
            seconds = time.perf_counter() - begun
            self._metrics.request(route, status, seconds)
