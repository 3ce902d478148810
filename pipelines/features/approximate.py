"""Nearest neighbours among very many vectors, found by looking at few.

The vectors are sorted into cells around centres (Jégou et al., "Product
Quantization for Nearest Neighbor Search", 2011, section 4: an inverted file)
and kept in a byte a number; the cells nearest to a query are looked through,
and what is found is compared again exactly.
"""

import hashlib
import math
import os
import pathlib

import numpy as np

from pipelines.features.neighbours import Neighbours
from pipelines.features.neighbours import exact_neighbours
from pipelines.features.neighbours import normalised
from zoo.errors import RequestError
from zoo.extras import installing
from zoo.weights.atomic import write_atomically

# Up to here every vector is compared.
EXACT_LIMIT = 1_000_000

_SUFFIX = ".faiss"
_MAGIC = b"keras-zoo search index 1\n"
_DIGEST = 32
_ROWS = 2**16
# Cells looked through, as a part of all; candidates for each one wanted.
_PROBED = 1 / 32
_CANDIDATES = 20
# Vectors a cell that the centres are learnt from.
_TRAINED_ON = 64


class ApproximateSearch:
    """An index of many vectors.

    Args:
        features: float32 `(vectors, width)`.
        seed: Decides which vectors the centres are learnt from.

    Raises:
        RequestError: faiss is not installed.
    """

    def __init__(self, features: np.ndarray, seed: int = 0):
        self._features = features
        self._cells = max(1, round(4 * math.sqrt(len(features))))
        self._seed = seed
        self._index = None

    def build(self, progress=None) -> None:
        """Sorts the vectors into cells.

        Args:
            progress: Called with the numbers of vectors done and in all.
        """
        faiss = import_faiss()
        count, width = self._features.shape
        index = faiss.index_factory(
            width, f"IVF{self._cells},SQ8", faiss.METRIC_INNER_PRODUCT
        )
        sample = min(count, _TRAINED_ON * self._cells)
        chosen = np.random.default_rng(self._seed).choice(
            count, sample, replace=False
        )
        index.train(normalised(self._features[np.sort(chosen)]))
        for start in range(0, count, _ROWS):
            index.add(normalised(self._features[start : start + _ROWS]))
            if progress:
                progress(min(start + _ROWS, count), count)
        self._index = index

    def search(self, queries: np.ndarray, top: int) -> Neighbours:
        """Returns the neighbours found; a few nearer ones may be missed.

        Args:
            queries: float32 `(queries, width)`.
            top: How many neighbours.
        """
        self._index.nprobe = max(1, math.ceil(self._cells * _PROBED))
        top = min(top, len(self._features))
        wanted = min(_CANDIDATES * top, len(self._features))
        _, candidates = self._index.search(normalised(queries), wanted)
        rows = [
            self._compared(query, found[found >= 0], top)
            for query, found in zip(queries, candidates, strict=True)
        ]
        # As many as every query has found.
        least = min(found.places.shape[1] for found in rows)
        return Neighbours(
            np.concatenate([found.places[:, :least] for found in rows]),
            np.concatenate([found.similarity[:, :least] for found in rows]),
        )

    def _compared(self, query, candidates, top: int) -> Neighbours:
        candidates = np.sort(candidates)
        found = exact_neighbours(
            self._features[candidates], query[np.newaxis], top
        )
        return Neighbours(candidates[found.places], found.similarity)

    def save(self, path) -> None:
        """Writes the index into a file of its own, whole or not at all."""
        content = import_faiss().serialize_index(self._index).tobytes()
        digest = self._digest(content)
        write_atomically(path, _MAGIC + digest + content)

    def load(self, path) -> bool:
        """Reads the index, and returns whether it is there and fits.

        Raises:
            RequestError: The file is something else.
        """
        path = pathlib.Path(path)
        if not path.exists():
            return False
        content = path.read_bytes()
        if not content.startswith(_MAGIC):
            raise RequestError(
                f"{path} is no search index of this project, and would be "
                "written over. Move it away."
            )
        digest, content = (
            content[len(_MAGIC) : len(_MAGIC) + _DIGEST],
            content[len(_MAGIC) + _DIGEST :],
        )
        if digest != self._digest(content):
            return False
        self._index = import_faiss().deserialize_index(
            np.frombuffer(content, "uint8")
        )
        return True

    def _digest(self, content: bytes) -> bytes:
        """Ties an index to its features."""
        hashed = hashlib.sha256(content)
        hashed.update(np.ascontiguousarray(self._features).data)
        return hashed.digest()


def index_path(features_path) -> str:
    """Returns where the index of a file of features is kept."""
    return f"{os.fspath(features_path)}{_SUFFIX}"


def import_faiss():
    """Returns the library.

    Raises:
        RequestError: It is not installed.
    """
    try:
        import faiss
    except ModuleNotFoundError as error:
        raise RequestError(
            f"Searching more than {EXACT_LIMIT:,} pictures needs faiss. "
            f"Install it: {installing('search')}"
        ) from error
    return faiss
