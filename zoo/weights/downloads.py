"""Getting weight files over the network: whole, checked and only once.

Files are kept under `$ZOO_CACHE/weights` or `~/.cache/zoo/weights`, by host
and path. With `ZOO_OFFLINE=1` nothing is fetched: what is missing is named,
with where it belongs. Only https is spoken; `ZOO_LOOPBACK_HTTP=1` lets
tests speak http with this machine.
"""

import contextlib
import dataclasses
import hashlib
import http.client
import json
import os
import pathlib
import re
import shutil
import ssl
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable

from zoo.errors import IntegrityError
from zoo.errors import RequestError

try:
    import fcntl
except ImportError:
    # Windows: a process there resumes only what it began itself.
    fcntl = None

LIMIT = 4 << 30
ATTEMPTS = 4
_BACKOFF_SECONDS = 1.0
_PIECE = 1 << 16
# Slower than this over a whole time-out is as good as nothing.
_SLOWEST = 1000
_LOOPBACK = ("127.0.0.1", "localhost", "::1")
# What is remembered of a file that was cut off.
_STATED = ("url", "total", "etag", "modified")
_TRANSIENT = (408, 425, 429, 500, 502, 503, 504)


class _Transient(Exception):
    """A fault that may be gone the next time."""


class _Stale(Exception):
    """What was fetched before does not fit what the server has now."""


def download(
    url: str,
    *,
    sha256: str | None = None,
    size: int | None = None,
    cache_dir=None,
    timeout: float = 30,
    offline: bool | None = None,
    progress=None,
) -> pathlib.Path:
    """Returns the path of a file, fetched unless it is there already.

    A download that was cut off goes on where it stopped. Several processes
    may ask for the same file at once: one fetches it, the others wait.

    Args:
        url: Where from, by https.
        sha256: Of the whole file, or at least its first 8 digits.
        size: In bytes, where known.
        cache_dir: Instead of the default folder.
        timeout: In seconds, of connecting and of waiting for more.
        offline: Whether to fetch nothing; None asks `ZOO_OFFLINE`.
        progress: Called with bytes received and in total (None: unknown).

    Raises:
        RequestError: The file is not there and cannot be fetched; the
            message says where it belongs if fetched by hand.
        IntegrityError: The server sent something else than was expected.
    """
    _check_arguments(url, sha256, size)
    path = place(url, cache_dir)
    wanted = _Wanted(url, path, sha256, size, timeout, progress)
    if wanted.is_there():
        return path
    if offline is None:
        offline = os.environ.get("ZOO_OFFLINE", "0") not in ("", "0")
    if offline:
        raise RequestError(_by_hand(wanted, "ZOO_OFFLINE forbids to fetch it"))
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with _part(wanted) as file:
            if file is not None:
                _fetch(wanted, file)
    except OSError as error:
        reason = f"{path.parent} cannot be written ({error.strerror or error})"
        raise RequestError(_by_hand(wanted, reason)) from error
    return path


def place(url: str, cache_dir=None) -> pathlib.Path:
    """Returns where the file of a URL is kept, there or not.

    Args:
        url: Where the file comes from.
        cache_dir: Instead of `$ZOO_CACHE/weights` or `~/.cache/zoo/weights`.

    Raises:
        RequestError: The URL names no file.

    Example:

    ```python
    import tempfile
    from zoo.weights.downloads import download, place

    url = "https://example.org/models/net-2c26b46b.pth"
    with tempfile.TemporaryDirectory() as folder:
        path = place(url, folder)
        path.parent.mkdir(parents=True)
        path.write_bytes(b"foo")
        # It is there, so nothing is fetched.
        assert download(url, sha256="2c26b46b", cache_dir=folder) == path
    ```
    """
    if cache_dir is None:
        base = os.environ.get("ZOO_CACHE") or "~/.cache/zoo"
        cache_dir = pathlib.Path(base).expanduser() / "weights"
    parts = urllib.parse.urlsplit(url)
    names = [
        re.sub(r"[^\w.+=-]", "_", urllib.parse.unquote(name))
        for name in (parts.hostname or "", *parts.path.split("/"))
        if name
    ]
    if not parts.path.strip("/") or {".", ".."} & set(names):
        raise RequestError(f"The URL names no file. Received: {url}")
    if parts.query:
        digest = hashlib.sha256(parts.query.encode()).hexdigest()[:8]
        names.insert(-1, digest)
    return pathlib.Path(cache_dir).joinpath(*names)


@dataclasses.dataclass(frozen=True)
class _Wanted:
    """One file: where from, where to and what it has to be."""

    url: str
    path: pathlib.Path
    sha256: str | None
    size: int | None
    timeout: float
    progress: Callable[[int, int | None], None] | None

    def is_there(self) -> bool:
        """Whether the file is there and is the right one."""
        if not self.path.is_file():
            return False
        if self.size not in (None, self.path.stat().st_size):
            return False
        if self.sha256 is None:
            return True
        with open(self.path, "rb") as file:
            found = hashlib.file_digest(file, "sha256").hexdigest()
        return found.startswith(self.sha256)


def _check_arguments(url, sha256, size) -> None:
    _check_scheme(url, RequestError)
    if sha256 is not None and not re.fullmatch("[0-9a-f]{8,64}", sha256):
        raise RequestError(
            "sha256 is at least the first 8 of 64 digits from 0-9a-f. "
            f"Received: {sha256!r}"
        )
    if size is not None and not 0 < size <= LIMIT:
        raise RequestError(
            f"size is from 1 to {LIMIT:,} bytes. Received: {size:,}"
        )


def _check_scheme(url: str, error: type) -> None:
    try:
        parts = urllib.parse.urlsplit(url)
    except ValueError:
        parts = urllib.parse.SplitResult("", "", "", "", "")
    if parts.username or parts.password:
        raise error(f"No passwords in URLs: that of {parts.hostname} has one.")
    testing = os.environ.get("ZOO_LOOPBACK_HTTP") == "1"
    local = parts.scheme == "http" and parts.hostname in _LOOPBACK and testing
    if not (parts.scheme == "https" or local) or not parts.hostname:
        raise error(f"Weights are fetched by https only. Received: {url!r}")


def _by_hand(wanted, reason: str) -> str:
    there = (
        "is not what was expected" if wanted.path.exists() else "is not there"
    )
    return (
        f"The weight file {wanted.path} {there}, and {reason}. By hand: "
        f"fetch {wanted.url} and put it into the folder "
        f"{wanted.path.parent} as {wanted.path.name}."
    )


@contextlib.contextmanager
def _part(wanted):
    """Opens the file that is being fetched, for one process at a time.

    Gives None if another process has finished it meanwhile.
    """
    suffix = ".part" if fcntl else f".{os.getpid()}.part"
    part = wanted.path.with_name(wanted.path.name + suffix)
    while True:
        with open(part, "a+b") as file:
            if fcntl:
                fcntl.flock(file, fcntl.LOCK_EX)
            if not _is_at(part, file):
                # The process before us has moved it to its final name.
                continue
            if wanted.is_there():
                part.unlink()
                yield None
                return
            try:
                yield file
            finally:
                if not file.closed and _is_empty(part, file):
                    part.unlink()
                    pathlib.Path(f"{part}.json").unlink(missing_ok=True)
            return


def _is_at(path, file) -> bool:
    try:
        return os.path.samestat(os.stat(path), os.fstat(file.fileno()))
    except FileNotFoundError:
        return False


def _is_empty(path, file) -> bool:
    return _is_at(path, file) and not os.fstat(file.fileno()).st_size


class _Partial:
    """What has been fetched so far, its hash and what it was part of."""

    def __init__(self, wanted, file):
        self._file = file
        self._wanted = wanted
        self._notes = pathlib.Path(f"{file.name}.json")
        self.stated = self._read_notes()
        if self.stated is None:
            file.truncate(0)
        file.seek(0)
        self.hash = hashlib.sha256()
        while data := file.read(1 << 20):
            self.hash.update(data)
        self.received = file.tell()

    def _read_notes(self) -> dict | None:
        try:
            notes = json.loads(self._notes.read_text())
        except (FileNotFoundError, ValueError):
            return None
        whole = isinstance(notes, dict) and set(notes) == set(_STATED)
        return notes if whole else None

    def restart(self, stated: dict | None) -> None:
        """Forgets everything; what follows is part of what is stated."""
        self._file.truncate(0)
        self.hash = hashlib.sha256()
        self.received = 0
        self.stated = stated
        if stated is None:
            self._notes.unlink(missing_ok=True)
        else:
            self._notes.write_text(json.dumps(stated))

    def write(self, data: bytes) -> None:
        self._file.write(data)
        self.hash.update(data)
        self.received += len(data)

    def flush(self) -> None:
        self._file.flush()

    def can_go_on(self) -> bool:
        """Whether a change at the server would be noticed."""
        stated = self.stated or {}
        known = (stated.get("etag"), stated.get("modified"))
        return any((*known, self._wanted.sha256))

    def is_whole(self) -> bool:
        """Whether everything that was stated has been received."""
        total = self.stated and self.stated["total"]
        return bool(self.received) and self.received == total

    def is_right(self) -> bool:
        """Whether it hashes to what it has to."""
        return self.hash.hexdigest().startswith(self._wanted.sha256 or "")

    def finish(self) -> None:
        """Gives the file its final name, once it is on the disk."""
        self._file.flush()
        os.fsync(self._file.fileno())
        if not fcntl:
            # Windows moves no open files.
            self._file.close()
        os.replace(self._file.name, self._wanted.path)
        self._notes.unlink(missing_ok=True)
        if fcntl:
            folder = os.open(self._wanted.path.parent, os.O_RDONLY)
            os.fsync(folder)
            os.close(folder)


def _fetch(wanted, file) -> None:
    """Tries until it is whole, or until there is no point in it."""
    partial = _Partial(wanted, file)
    for attempt in range(ATTEMPTS):
        resumed = partial.received > 0
        try:
            if not partial.is_whole():
                _attempt(wanted, partial)
            if partial.is_right():
                partial.finish()
                return
            if not resumed:
                raise IntegrityError(
                    f"{wanted.url} is not what was expected: expected sha256 "
                    f"{wanted.sha256}, received {partial.hash.hexdigest()}. "
                    "Nothing was kept."
                )
            reason = "what was resumed hashes to something else"
            partial.restart(None)
        except _Stale as error:
            reason = str(error)
            partial.restart(None)
        except _Transient as error:
            reason = str(error)
            if attempt + 1 < ATTEMPTS:
                time.sleep(_BACKOFF_SECONDS * 2**attempt)
        except IntegrityError:
            partial.restart(None)
            pathlib.Path(file.name).unlink(missing_ok=True)
            raise
    reason = f"{ATTEMPTS} attempts to fetch it failed, the last: {reason}"
    raise RequestError(_by_hand(wanted, reason))


def _attempt(wanted, partial) -> None:
    """Fetches what is missing, or all of it if the server knows no parts.

    Raises:
        IntegrityError: It is something else than was expected.
        RequestError: The server will not give it.
    """
    if not partial.can_go_on():
        partial.restart(None)
    headers = {"User-Agent": "keras-zoo", "Accept-Encoding": "identity"}
    if partial.received:
        headers["Range"] = f"bytes={partial.received}-"
        tag = partial.stated["etag"] or ""
        if tag.startswith('"'):
            headers["If-Range"] = tag
    request = urllib.request.Request(wanted.url, headers=headers)
    with _open(wanted, request) as response:
        stated, start = _read_headers(wanted, response)
        if response.status != 206:
            partial.restart(stated)
        elif start != partial.received or stated != partial.stated:
            raise _Stale("the file has changed at the server")
        _check_room(wanted, (stated["total"] or 0) - partial.received)
        _receive(wanted, partial, response)
    partial.flush()


class _Redirects(urllib.request.HTTPRedirectHandler):
    """Follows only where it would have gone by itself."""

    def redirect_request(self, request, file, code, message, headers, url):
        try:
            _check_scheme(url, IntegrityError)
        except IntegrityError:
            file.close()
            raise
        return super().redirect_request(
            request, file, code, message, headers, url
        )


def _open(wanted, request):
    # Without the handlers of file:, ftp: and data: that urlopen has.
    opener = urllib.request.OpenerDirector()
    handlers = [
        urllib.request.UnknownHandler(),
        urllib.request.HTTPHandler(),
        urllib.request.HTTPSHandler(),
        urllib.request.HTTPDefaultErrorHandler(),
        urllib.request.HTTPErrorProcessor(),
        _Redirects(),
    ]
    if urllib.parse.urlsplit(wanted.url).hostname not in _LOOPBACK:
        handlers.append(urllib.request.ProxyHandler())
    for handler in handlers:
        opener.add_handler(handler)
    try:
        return opener.open(request, timeout=wanted.timeout)
    except urllib.error.HTTPError as error:
        error.close()
        raise _by_status(wanted, error) from error
    except urllib.error.URLError as error:
        if isinstance(error.reason, ssl.SSLCertVerificationError):
            reason = (
                f"its server is not trusted ({error.reason.verify_message})"
            )
            raise RequestError(_by_hand(wanted, reason)) from error
        raise _Transient(str(error.reason)) from error
    except (OSError, http.client.HTTPException) as error:
        raise _Transient(_name(error)) from error


def _by_status(wanted, error) -> Exception:
    status = f"the server answers {error.code} {error.reason}"
    if error.code == 416:
        return _Stale(status)
    if error.code in _TRANSIENT:
        return _Transient(status)
    if 300 <= error.code < 400:
        return IntegrityError(f"{wanted.url} was not fetched: {status}")
    return RequestError(_by_hand(wanted, status))


def _name(error) -> str:
    return f"{type(error).__name__} {error}".strip()


def _read_headers(wanted, response) -> tuple[dict, int]:
    """Returns what the server states of the file, and where it begins."""
    headers = response.headers
    if headers.get("Content-Encoding", "identity") != "identity":
        raise IntegrityError(f"{wanted.url} comes compressed.")
    if headers.get_content_type() == "text/html":
        raise IntegrityError(_web_page(wanted))
    start, total = 0, headers.get("Content-Length")
    if response.status == 206:
        found = re.fullmatch(
            r"bytes (\d+)-\d+/(\d+)", headers.get("Content-Range", "")
        )
        if not found:
            raise _Stale("the server gives another part than was asked for")
        start, total = int(found[1]), found[2]
    total = int(total) if total and re.fullmatch(r"\d{1,18}", total) else None
    if wanted.size is not None and total not in (None, wanted.size):
        raise IntegrityError(
            f"{wanted.url} has {total:,} bytes, expected {wanted.size:,}."
        )
    if (total or 0) > LIMIT:
        raise IntegrityError(
            f"{wanted.url} has {total:,} bytes, expected at most {LIMIT:,}."
        )
    known = (total, wanted.size, wanted.sha256)
    if known == (None, None, None) and not response.chunked:
        raise IntegrityError(
            f"The server of {wanted.url} does not say how large it is, and no "
            "sha256 was given to know it by."
        )
    stated = (wanted.url, total, headers["ETag"], headers["Last-Modified"])
    return dict(zip(_STATED, stated, strict=True)), start


def _web_page(wanted) -> str:
    return f"{wanted.url} is a web page, not a weight file."


def _check_room(wanted, missing: int) -> None:
    free = shutil.disk_usage(wanted.path.parent).free
    if missing > free:
        reason = (
            f"there are {free:,} bytes free in its folder, expected {missing:,}"
        )
        raise RequestError(_by_hand(wanted, reason))


def _receive(wanted, partial, response) -> None:
    total = partial.stated["total"]
    if total is None:
        total = wanted.size
    since, slow = time.monotonic(), partial.received + _SLOWEST
    while data := _read(response):
        if not partial.received and data.lstrip()[:9].lower().startswith(
            (b"<!doctype", b"<html")
        ):
            raise IntegrityError(_web_page(wanted))
        partial.write(data)
        if partial.received > (total or LIMIT):
            raise IntegrityError(
                f"{wanted.url} goes on after {total or LIMIT:,} bytes."
            )
        if wanted.progress is not None:
            wanted.progress(partial.received, total)
        if partial.received >= slow:
            since, slow = time.monotonic(), partial.received + _SLOWEST
        elif time.monotonic() - since > wanted.timeout:
            raise _Transient(f"less than {_SLOWEST:,} bytes came in time")
    if partial.received < (total or 1):
        raise _Transient(
            f"received {partial.received:,} of {total or 1:,} bytes"
        )


def _read(response) -> bytes:
    try:
        return response.read1(_PIECE)
    except (OSError, http.client.HTTPException) as error:
        raise _Transient(_name(error)) from error
