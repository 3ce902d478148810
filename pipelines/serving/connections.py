"""Connections that are closed where nothing comes of them."""

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

# Seconds that a request may take to begin and to end its head.
KEPT = 30


class BoundedProtocol(HttpToolsProtocol):
    """Closes a connection whose request does not begin, or not end its head.

    What comes behind the head is for `pipelines.serving.limits`.
    """

    def connection_made(self, transport):
        super().connection_made(transport)
        self._watch()

    def on_message_begin(self):
        super().on_message_begin()
        self._watch()

    def on_headers_complete(self):
        self._deadline.cancel()
        super().on_headers_complete()

    def connection_lost(self, exc):
        self._deadline.cancel()
        super().connection_lost(exc)

    def _watch(self) -> None:
        if hasattr(self, "_deadline"):
            self._deadline.cancel()
        self._deadline = self.loop.call_later(KEPT, self.transport.close)
