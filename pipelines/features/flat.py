"""Vectors laid out on a plane, so that what is alike lies together."""

import numpy as np

from pipelines.waiting.work import work

# Directions that are kept before neighbours are looked at.
_DIRECTIONS = 50
_PERPLEXITY = 30
# Fewer have no neighbourhoods.
_LEAST = 8


@work("laying out the map")
def laid_out(vectors: np.ndarray, seed: int = 0) -> np.ndarray:
    """Returns places on a plane: principal components, then t-SNE.

    van der Maaten and Hinton, "Visualizing Data using t-SNE", 2008. Who lies
    beside whom means something, how far apart groups lie does not. Of a few
    vectors it is the first two principal components.

    Args:
        vectors: `(pictures, width)`, finite.
        seed: Of the layout.

    Returns:
        float32 `(pictures, 2)`, in 0…1.

    Example:

    ```python
    import numpy as np
    from pipelines.features.flat import laid_out
    places = laid_out(np.array([[0.0, 0, 0], [1, 0, 0], [2, 0, 0]]))
    assert np.allclose(sorted(places[:, 0]), [0, 0.5, 1])
    ```
    """
    from sklearn.decomposition import PCA
    from sklearn.manifold import TSNE

    count, width = vectors.shape
    if not np.ptp(vectors, axis=0).any():
        return np.zeros((count, 2), "float32")
    kept = min(_DIRECTIONS, count, width)
    found = PCA(kept, random_state=seed).fit_transform(vectors)
    if count >= _LEAST:
        perplexity = min(_PERPLEXITY, (count - 1) / 3)
        # Copies would have no directions to be apart in.
        found = TSNE(
            2, perplexity=perplexity, init="random", random_state=seed
        ).fit_transform(found)
    found = np.pad(found, ((0, 0), (0, max(0, 2 - found.shape[1]))))[:, :2]
    span = np.ptp(found, axis=0)
    return (found - found.min(0)) / np.where(span > 1e-9, span, 1)
