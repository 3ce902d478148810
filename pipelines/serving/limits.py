"""What the internet sends is bounded before anything looks at it.

A body is counted while it comes and cut off where it is too long; who sends it
too slowly is told so, and who has no right to ask is told before a byte of it
is read.
"""

import asyncio
import hmac
import pathlib

from starlette.datastructures import Headers
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp
from starlette.types import Message
from starlette.types import Receive
from starlette.types import Scope
from starlette.types import Send

from pipelines.serving.error_answers import problem
from pipelines.serving.error_answers import turned_away
from pipelines.serving.settings import ServingConfig
from zoo.errors import RequestError

# What a browser may do with what is served: no other place is asked for
# anything, and nothing runs that is no file of ours.
SECURITY = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; "
    "style-src 'self'; img-src 'self' blob:; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "Permissions-Policy": "camera=(self), microphone=(), geolocation=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
# The page, which asks for the token itself, and what watches a server.
_OPEN = ("/v2/health/", "/page/")
_OPEN_WHOLE = ("/", "/metrics", "/favicon.ico")
# Seconds for which what is too long is still taken and thrown away: a
# connection that is closed before loses the answer on its way.
_DRAINING = 1.0
# Of a secret that nobody guesses.
_SHORTEST = 16


class Bounded:
    """A layer around an application.

    Args:
        app: The application.
        config: What the server was asked to do.
    """

    def __init__(self, app: ASGIApp, config: ServingConfig):
        self._app = app
        self._config = config
        self._most_held = int(config.held_megabytes * 2**20)
        self._held = 0
        self._token = read_token(config.token_file)

    async def __call__(self, scope: Scope, receive: Receive, send: Send):
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        if scope["type"] != "http":
            await send({"type": "websocket.close", "code": 1008})
            return
        guarded = _guarded(send)
        refused = self._refused(scope)
        if refused is not None:
            await _end(refused, scope, receive, guarded)
            return
        body = _Body(receive, self._config.most_bytes, self._take)
        try:
            refused = await self._collected(body)
            if refused is not None:
                await _end(refused, scope, receive, guarded)
                return
            await self._app(scope, body.again, guarded)
        finally:
            self._held -= body.counted

    def _refused(self, scope: Scope):
        """Returns the answer to who is not to be read; None for others."""
        headers = Headers(scope=scope)
        if not self._may_ask(scope["path"], headers.get("authorization", "")):
            return problem(
                "A token is needed: send Authorization: Bearer TOKEN.",
                401,
                WWW_Authenticate="Bearer",
            )
        if headers.get("content-encoding", "identity") != "identity":
            return problem("Compressed bodies are not read.", 415)
        length = headers.get("content-length", "0")
        if not length.isdecimal():
            return problem("Content-Length is no number.", 400)
        if int(length) > self._config.most_bytes:
            return self._too_long()
        return None

    async def _collected(self, body: "_Body"):
        """Reads a body; returns the answer where it cannot be."""
        seconds = self._config.sending_seconds
        try:
            async with asyncio.timeout(seconds):
                whole = await body.collect()
        except TimeoutError:
            return problem(
                f"The request has not come within {seconds:g} seconds.", 408
            )
        except _FullError:
            return turned_away()
        return None if whole else self._too_long()

    def _take(self, count: int) -> None:
        if self._held + count > self._most_held:
            raise _FullError
        self._held += count

    def _too_long(self):
        return problem(
            f"The request is longer than {self._config.megabytes:g} MiB.", 413
        )

    def _may_ask(self, path: str, said: str) -> bool:
        if not self._token or path in _OPEN_WHOLE or path.startswith(_OPEN):
            return True
        scheme, _, token = said.partition(" ")
        given = token.strip().encode("utf-8", "replace")
        # As long for a token that is nearly right as for any other.
        right = hmac.compare_digest(given, self._token)
        return right and scheme.lower() == "bearer"


class _FullError(Exception):
    """The bodies of all requests together are too long."""


class _Body:
    """Reads a body from a client, and gives it to the application as one."""

    def __init__(self, receive: Receive, most: int, take):
        self._receive = receive
        self._most = most
        self._take = take
        self._parts: list[bytes] = []
        self._given = False
        self.counted = 0

    async def collect(self) -> bool:
        """Returns whether the whole is there; it is too long otherwise."""
        while True:
            message = await self._receive()
            if message["type"] != "http.request":
                # Whoever asked has left, and nobody hears the answer.
                return True
            part = message.get("body", b"")
            if self.counted + len(part) > self._most:
                return False
            self._take(len(part))
            self.counted += len(part)
            self._parts.append(part)
            if not message.get("more_body"):
                return True

    async def again(self) -> Message:
        """Gives the whole body, and then what comes behind it."""
        if self._given:
            return await self._receive()
        self._given = True
        body, self._parts = b"".join(self._parts), []
        return {"type": "http.request", "body": body, "more_body": False}


async def _end(answer, scope: Scope, receive: Receive, send: Send) -> None:
    """Answers, and closes the connection, of which more may still come."""
    answer.headers["Connection"] = "close"

    async def send_open(message: Message) -> None:
        if message["type"] == "http.response.body":
            message = message | {"more_body": True}
        await send(message)

    await answer(scope, receive, send_open)
    try:
        async with asyncio.timeout(_DRAINING):
            more = True
            while more:
                message = await receive()
                more = message.get("more_body", False)
    except TimeoutError:
        pass
    await send({"type": "http.response.body", "body": b""})


def _guarded(send: Send) -> Send:
    """Adds what tells a browser what it may do."""

    async def guarded(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, text in SECURITY.items():
                headers[name] = text
            headers.setdefault("Cache-Control", "no-store")
        await send(message)

    return guarded


def read_token(file: str | None) -> bytes:
    """Returns the secret in a file's first line; empty where there is none.

    Raises:
        RequestError: The file has none that could be sent.
        OSError: It cannot be read.
    """
    if file is None:
        return b""
    lines = pathlib.Path(file).read_bytes().splitlines()
    token = lines[0].strip() if lines else b""
    if len(token) < _SHORTEST or not token.isascii():
        raise RequestError(
            f"`token_file={file}` has to have a secret of at least {_SHORTEST} "
            "letters and digits in its first line."
        )
    return token
