"""Nearest neighbours: exact ones against sorting, approximate by recall."""

import builtins

import numpy as np
import pytest

from pipelines.features import approximate
from pipelines.features import neighbours
from pipelines.features.approximate import ApproximateSearch
from pipelines.features.approximate import index_path
from pipelines.features.neighbours import exact_neighbours
from pipelines.features.neighbours import normalised
from zoo.errors import RequestError


def vectors(count, width=32, seed=0):
    """Vectors in clusters, as features are."""
    random = np.random.default_rng(seed)
    centres = np.random.default_rng(9).normal(size=(50, width))
    spread = 0.7 * random.normal(size=(count, width))
    return (centres[random.integers(0, 50, count)] + spread).astype("float32")


def test_against_sorting_everything(monkeypatch):
    monkeypatch.setattr(neighbours, "_ROWS", 7)
    features, queries = vectors(50), vectors(4, seed=1)
    cosine = np.array(
        [
            [q @ f / np.sqrt((q @ q) * (f @ f)) for f in features]
            for q in queries
        ]
    )
    found = exact_neighbours(features, queries, 9)
    expected = np.argsort(-cosine, axis=1)[:, :9]
    np.testing.assert_array_equal(found.places, expected)
    np.testing.assert_allclose(
        found.distance,
        1 - np.take_along_axis(cosine, expected, axis=1),
        atol=1e-6,
    )


def test_of_equals_the_first_wins(monkeypatch):
    monkeypatch.setattr(neighbours, "_ROWS", 2)
    same = np.ones((5, 3), "float32")
    found = exact_neighbours(same, 3 * same[:1], 3)
    assert found.places.tolist() == [[0, 1, 2]]
    np.testing.assert_allclose(found.distance, 0, atol=1e-6)
    assert found.distance.min() >= 0


def test_fewer_than_wanted_and_no_direction():
    features = np.array([[0, 0], [1, 0], [-1, 0]], "float32")
    found = exact_neighbours(features, np.array([[2, 0]]), 9)
    assert found.places.tolist() == [[1, 0, 2]]
    np.testing.assert_allclose(found.distance, [[0, 1, 2]])
    assert not normalised(features)[0].any()


@pytest.fixture(scope="module")
def searcher():
    pytest.importorskip("faiss")
    found = ApproximateSearch(vectors(20_000))
    seen = []
    found.build(lambda *n: seen.append(n))
    assert seen == [(20_000, 20_000)]
    return found


def test_nearly_all_neighbours_are_found(searcher):
    queries = vectors(100, seed=2)
    exact = exact_neighbours(vectors(20_000), queries, 10)
    found = searcher.search(queries, 10)
    assert found.places.shape == (100, 10)
    recall = np.mean(
        [
            len(set(a) & set(b)) / 10
            for a, b in zip(exact.places, found.places, strict=True)
        ]
    )
    assert recall > 0.9
    # What is found is compared exactly, the nearest first.
    expected = normalised(queries)[0] @ normalised(vectors(20_000)).T
    np.testing.assert_allclose(
        found.similarity[0], expected[found.places[0]], atol=1e-6
    )
    assert (np.diff(found.similarity, axis=1) <= 0).all()


def test_a_vector_finds_itself(searcher):
    found = searcher.search(vectors(20_000)[:50], 1)
    assert found.places[:, 0].tolist() == [*range(50)]


def test_an_index_is_kept_and_is_of_its_features(searcher, tmp_path):
    path = index_path(tmp_path / "features.npz")
    searcher.save(path)
    again = ApproximateSearch(vectors(20_000))
    assert again.load(path)
    queries = vectors(5, seed=3)
    np.testing.assert_array_equal(
        again.search(queries, 4).places, searcher.search(queries, 4).places
    )
    assert not ApproximateSearch(vectors(20_000, seed=5)).load(path)
    assert not again.load(path + "x")
    content = bytearray((tmp_path / "features.npz.faiss").read_bytes())
    content[-1] ^= 1
    (tmp_path / "features.npz.faiss").write_bytes(content)
    assert not again.load(path)


def test_another_file_is_not_written_over(searcher, tmp_path):
    (tmp_path / "mine").write_text("mine")
    with pytest.raises(RequestError, match="no search index of this project"):
        searcher.load(tmp_path / "mine")


def test_without_the_library(monkeypatch):
    real = builtins.__import__

    def refuse(name, *rest):
        if name == "faiss":
            raise ModuleNotFoundError(name=name)
        return real(name, *rest)

    monkeypatch.setattr(builtins, "__import__", refuse)
    with pytest.raises(RequestError, match="pip install 'faiss-cpu"):
        approximate.import_faiss()
