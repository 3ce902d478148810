"""Which URLs are fetched, and where their files are kept."""

import hashlib
import os
import pathlib
import re
import urllib.parse

from zoo.caching import cache_folder
from zoo.errors import RequestError

LOOPBACK = ("127.0.0.1", "localhost", "::1")


def is_offline() -> bool:
    """Whether `ZOO_OFFLINE` forbids to fetch anything."""
    return os.environ.get("ZOO_OFFLINE", "0") not in ("", "0")


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
    from zoo.weights.downloading import download, place

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
        cache_dir = cache_folder() / "weights"
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


def check_url(url: str, error: type) -> None:
    """Refuses what is not https, as an error of the given type."""
    try:
        parts = urllib.parse.urlsplit(url)
    except ValueError:
        parts = urllib.parse.SplitResult("", "", "", "", "")
    if parts.username or parts.password:
        raise error(f"No passwords in URLs: that of {parts.hostname} has one.")
    testing = os.environ.get("ZOO_LOOPBACK_HTTP") == "1"
    local = parts.scheme == "http" and parts.hostname in LOOPBACK and testing
    if not (parts.scheme == "https" or local) or not parts.hostname:
        raise error(f"Weights are fetched by https only. Received: {url!r}")
