"""The nearest neighbours of vectors by the cosine of their angle, exactly."""

import dataclasses

import numpy as np

_ROWS = 2**16
_QUERIES = 64


@dataclasses.dataclass(frozen=True, eq=False)
class Neighbours:
    """What lies nearest to some queries, the nearest first.

    Args:
        places: int64 `(queries, top)`: rows of the features.
        similarity: float32 `(queries, top)`: the cosine, in -1…1.
    """

    places: np.ndarray
    similarity: np.ndarray

    @property
    def distance(self) -> np.ndarray:
        """The cosine distance, in 0…2."""
        return np.maximum(1 - self.similarity, 0)


def exact_neighbours(
    features: np.ndarray, queries: np.ndarray, top: int
) -> Neighbours:
    """Compares queries with every vector, some of them at a time.

    Args:
        features: float32 `(vectors, width)`.
        queries: float32 `(queries, width)`, at least one.
        top: How many neighbours; fewer where there are fewer vectors. Of
            equally near ones the first wins.

    Example:

    ```python
    import numpy as np
    from pipelines.features.neighbours import exact_neighbours
    found = exact_neighbours(np.eye(3), np.array([[0.0, 2.0, 1.0]]), 2)
    assert found.places.tolist() == [[1, 2]]
    ```
    """
    parts = [
        _nearest(features, normalised(queries[start : start + _QUERIES]), top)
        for start in range(0, len(queries), _QUERIES)
    ]
    return Neighbours(
        np.concatenate([part.places for part in parts]),
        np.concatenate([part.similarity for part in parts]),
    )


def _nearest(features, queries, top: int) -> Neighbours:
    places = np.empty((len(queries), 0), "int64")
    similarity = np.empty((len(queries), 0), "float32")
    for start in range(0, len(features), _ROWS):
        part = np.asarray(features[start : start + _ROWS], "float32")
        rows = np.broadcast_to(
            np.arange(start, start + len(part)), (len(queries), len(part))
        )
        places = np.concatenate([places, rows], axis=1)
        cosine = queries @ part.T / _lengths(part)
        similarity = np.concatenate([similarity, cosine], axis=1)
        order = np.argsort(-similarity, axis=1, kind="stable")[:, :top]
        places = np.take_along_axis(places, order, axis=1)
        similarity = np.take_along_axis(similarity, order, axis=1)
    return Neighbours(places, similarity)


def normalised(vectors: np.ndarray) -> np.ndarray:
    """Returns float32 vectors of length 1; zero ones stay zero."""
    vectors = np.asarray(vectors, "float32")
    return vectors / _lengths(vectors)[:, np.newaxis]


def _lengths(vectors: np.ndarray) -> np.ndarray:
    """Returns the lengths, 1 for zero vectors."""
    lengths = np.sqrt(np.einsum("ij,ij->i", vectors, vectors))
    return np.where(lengths > 0, lengths, 1)
