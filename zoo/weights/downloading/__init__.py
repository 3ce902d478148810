"""Getting weight files over the network: whole, checked and only once.

Files are kept under `$ZOO_CACHE/weights` or `~/.cache/zoo/weights`, by host
and path. With `ZOO_OFFLINE=1` nothing is fetched: what is missing is named,
with where it belongs. Only https is spoken; `ZOO_LOOPBACK_HTTP=1` lets
tests speak http with this machine.
"""

import pathlib

from zoo.errors import RequestError
from zoo.weights.downloading.parts import open_part
from zoo.weights.downloading.places import check_url
from zoo.weights.downloading.places import is_offline
from zoo.weights.downloading.places import place
from zoo.weights.downloading.progress import report_to
from zoo.weights.downloading.progress import reported
from zoo.weights.downloading.wanted import LIMIT
from zoo.weights.downloading.wanted import Wanted
from zoo.weights.hashing import Hash

__all__ = ["LIMIT", "download", "place", "report_to"]


def download(
    url: str,
    *,
    sha256: str | None = None,
    md5: str | None = None,
    size: int | None = None,
    cache_dir=None,
    timeout: float = 30,
    progress=None,
) -> pathlib.Path:
    """Returns the path of a file, fetched unless it is there already.

    A download that was cut off goes on where it stopped. Several processes
    may ask for the same file at once: one fetches it, the others wait.

    Args:
        url: Where from, by https.
        sha256: Of the whole file, or at least its first 8 digits.
        md5: Of the whole file, where no SHA-256 is published: it tells a
            damaged file, but not one that was made to look right.
        size: In bytes, where known.
        cache_dir: Instead of the default folder.
        timeout: In seconds, of connecting and of waiting for more.
        progress: Called with bytes received and in total (None: unknown);
            None calls what `report_to` was given.

    Raises:
        RequestError: The file is not there and cannot be fetched; the
            message says where it belongs if fetched by hand.
        IntegrityError: The server sent something else than was expected.
    """
    check_url(url, RequestError)
    path = place(url, cache_dir)
    progress = progress or reported(path.name)
    wanted = Wanted(url, path, Hash(sha256, md5), size, timeout, progress)
    if wanted.is_there():
        return path
    if is_offline():
        raise RequestError(wanted.by_hand("ZOO_OFFLINE forbids to fetch it"))
    # The network's modules take as long to load as the rest of the zoo.
    from zoo.weights.downloading.fetching import fetch

    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with open_part(wanted) as file:
            if file is not None:
                fetch(wanted, file)
    except OSError as error:
        reason = f"{path.parent} cannot be written ({error.strerror or error})"
        raise RequestError(wanted.by_hand(reason)) from error
    return path
