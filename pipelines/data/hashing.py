"""What pictures' bytes hash to."""

import hashlib
from collections.abc import Iterator
from concurrent import futures

from pipelines.data.examples import Examples

_CHUNK = 256


def hashes_of(examples: Examples) -> Iterator[tuple[int, bytes]]:
    """Yields the size in bytes and the sha256 of every picture, in order.

    Args:
        examples: What is read; from memory where it is held.

    Raises:
        DataError: A picture cannot be read.
    """
    with futures.ThreadPoolExecutor(4) as pool:
        for start in range(0, len(examples), _CHUNK):
            stop = min(start + _CHUNK, len(examples))
            pictures = examples.read(list(range(start, stop)))
            yield from zip(
                map(len, pictures), pool.map(sha256_of, pictures), strict=True
            )


def sha256_of(encoded: bytes) -> bytes:
    """Returns the sha256 of some bytes, 32 of them."""
    return hashlib.sha256(encoded).digest()
