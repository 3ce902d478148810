"""What a server says of a file before it sends it."""

import re

from zoo.errors import IntegrityError
from zoo.weights.downloading.parts import STATED
from zoo.weights.downloading.wanted import LIMIT
from zoo.weights.downloading.wanted import Stale


def read_headers(wanted, response) -> tuple[dict, int]:
    """Returns what the server states of the file, and where it begins.

    Raises:
        Stale: It is another part than was asked for.
        IntegrityError: It is no file that could be the right one.
    """
    headers = response.headers
    if headers.get("Content-Encoding", "identity") != "identity":
        raise IntegrityError(f"{wanted.url} comes compressed.")
    if headers.get_content_type() == "text/html":
        raise IntegrityError(web_page(wanted))
    start, total = 0, headers.get("Content-Length")
    if response.status == 206:
        found = re.fullmatch(
            r"bytes (\d+)-\d+/(\d+)", headers.get("Content-Range", "")
        )
        if not found:
            raise Stale("the server gives another part than was asked for")
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
    known = (total, wanted.size, wanted.hash.is_known or None)
    if known == (None, None, None) and not response.chunked:
        raise IntegrityError(
            f"The server of {wanted.url} does not say how large it is, and no "
            "hash was given to know it by."
        )
    stated = (wanted.url, total, headers["ETag"], headers["Last-Modified"])
    return dict(zip(STATED, stated, strict=True)), start


def web_page(wanted) -> str:
    """Says that a page came where a file was asked for."""
    return f"{wanted.url} is a web page, not a weight file."
