"""Fetching one file: try, go on where it stopped, check, move into place."""

import http.client
import pathlib
import shutil
import time
import urllib.request

from zoo.errors import IntegrityError
from zoo.errors import RequestError
from zoo.weights.downloading.connecting import connect
from zoo.weights.downloading.connecting import name_of
from zoo.weights.downloading.headers import read_headers
from zoo.weights.downloading.headers import web_page
from zoo.weights.downloading.parts import Partial
from zoo.weights.downloading.wanted import LIMIT
from zoo.weights.downloading.wanted import Stale
from zoo.weights.downloading.wanted import Transient

ATTEMPTS = 4
BACKOFF_SECONDS = 1.0
_PIECE = 1 << 16
# Slower than this over a whole time-out is as good as nothing.
_SLOWEST = 1000


def fetch(wanted, file) -> None:
    """Tries until it is whole, or until there is no point in it."""
    partial = Partial(wanted, file)
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
                    f"{wanted.url} is not what was expected: expected "
                    f"{wanted.hash}, received {partial.hash.hexdigest()}. "
                    "Nothing was kept."
                )
            reason = "what was resumed hashes to something else"
            partial.restart(None)
        except Stale as error:
            reason = str(error)
            partial.restart(None)
        except Transient as error:
            reason = str(error)
            if attempt + 1 < ATTEMPTS:
                time.sleep(BACKOFF_SECONDS * 2**attempt)
        except IntegrityError:
            partial.restart(None)
            pathlib.Path(file.name).unlink(missing_ok=True)
            raise
    reason = f"{ATTEMPTS} attempts to fetch it failed, the last: {reason}"
    raise RequestError(wanted.by_hand(reason))


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
    with connect(wanted, request) as response:
        stated, start = read_headers(wanted, response)
        if response.status != 206:
            partial.restart(stated)
        elif start != partial.received or stated != partial.stated:
            raise Stale("the file has changed at the server")
        _check_room(wanted, (stated["total"] or 0) - partial.received)
        _receive(wanted, partial, response)
    partial.flush()


def _check_room(wanted, missing: int) -> None:
    free = shutil.disk_usage(wanted.path.parent).free
    if missing > free:
        reason = (
            f"there are {free:,} bytes free in its folder, expected {missing:,}"
        )
        raise RequestError(wanted.by_hand(reason))


def _receive(wanted, partial, response) -> None:
    total = partial.stated["total"]
    if total is None:
        total = wanted.size
    since, slow = time.monotonic(), partial.received + _SLOWEST
    while data := _read(response):
        if not partial.received and data.lstrip()[:9].lower().startswith(
            (b"<!doctype", b"<html")
        ):
            raise IntegrityError(web_page(wanted))
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
            raise Transient(f"less than {_SLOWEST:,} bytes came in time")
    if partial.received < (total or 1):
        raise Transient(
            f"received {partial.received:,} of {total or 1:,} bytes"
        )


def _read(response) -> bytes:
    try:
        return response.read1(_PIECE)
    except (OSError, http.client.HTTPException) as error:
        raise Transient(name_of(error)) from error
