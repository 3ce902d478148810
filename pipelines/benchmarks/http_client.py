"""A client of HTTP that costs next to nothing, to measure servers with.

It knows what servers of this project say: answers with a `Content-Length`.
"""

import asyncio
import dataclasses


@dataclasses.dataclass(frozen=True)
class HttpAnswer:
    """What a server answered.

    Args:
        status: Of HTTP.
        headers: Their names in small letters.
        body: All of it.
    """

    status: int
    headers: dict[str, str]
    body: bytes


class HttpConnection:
    """A connection that is kept from one request to the next.

    Args:
        host: An address.
        port: Its port.
    """

    def __init__(self, host: str, port: int):
        self._place = host, port
        self._reader: asyncio.StreamReader | None = None
        self._writer: asyncio.StreamWriter | None = None

    async def ask(self, request: bytes) -> HttpAnswer:
        """Sends a request and returns the answer.

        Args:
            request: As `written` writes it.

        Raises:
            OSError: The connection is lost.
            asyncio.IncompleteReadError: Within the answer.
        """
        if self._writer is None or self._writer.is_closing():
            found = await asyncio.open_connection(*self._place)
            self._reader, self._writer = found
        self._writer.write(request)
        await self._writer.drain()
        head = await self._reader.readuntil(b"\r\n\r\n")
        first, *lines = head.decode("latin-1").split("\r\n")
        rows = (line.partition(":") for line in lines if line)
        headers = {name.lower(): value.strip() for name, _, value in rows}
        length = int(headers.get("content-length", 0))
        body = await self._reader.readexactly(length)
        if headers.get("connection") == "close":
            self.close()
        return HttpAnswer(int(first.split()[1]), headers, body)

    def close(self) -> None:
        """Closes the connection; the next request opens it anew."""
        if self._writer is not None:
            self._writer.close()
        self._writer = None


def written(
    method: str, path: str, body: bytes = b"", kind: str = "", **headers: str
) -> bytes:
    """Returns a request as it is sent.

    Args:
        method: Such as `"POST"`.
        path: What is asked for.
        body: What is sent.
        kind: Its media type.
        headers: Further ones; `_` stands for a dash.

    Example:

    ```python
    from pipelines.benchmarks.http_client import written
    request = written("POST", "/classify", b"abc", "image/jpeg")
    assert request.endswith(b"content-length: 3\\r\\n\\r\\nabc")
    ```
    """
    lines = [f"{method} {path} HTTP/1.1", "host: localhost"]
    lines += [f"{n.replace('_', '-')}: {v}" for n, v in headers.items()]
    if kind:
        lines.append(f"content-type: {kind}")
    lines.append(f"content-length: {len(body)}")
    return "\r\n".join([*lines, "", ""]).encode("latin-1") + body


def form(name: str, content: bytes) -> tuple[bytes, str]:
    """Returns a form with one file, and its media type.

    Args:
        name: The file's.
        content: Its bytes.
    """
    boundary = "-" * 24 + "zoo"
    head = (
        f"--{boundary}\r\ncontent-disposition: form-data; "
        f'name="file"; filename="{name}"\r\n'
        "content-type: application/octet-stream\r\n\r\n"
    )
    body = head.encode() + content + f"\r\n--{boundary}--\r\n".encode()
    return body, f"multipart/form-data; boundary={boundary}"
