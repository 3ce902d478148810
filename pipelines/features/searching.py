"""Searching a data set for pictures like a picture."""

import dataclasses
import pathlib

import numpy as np

from pipelines.data.thumbnails import thumbnail
from pipelines.data.thumbnails import thumbnails
from pipelines.features import approximate
from pipelines.features.approximate import ApproximateSearch
from pipelines.features.embedding import reopen
from pipelines.features.neighbours import Neighbours
from pipelines.features.neighbours import exact_neighbours
from pipelines.features.pictures import PictureFinder
from pipelines.features.pictures import open_queries
from pipelines.features.table import FeatureTable
from pipelines.features.table import Provenance
from pipelines.features.table import load_features
from pipelines.pages.rendering import render
from zoo.errors import RequestError
from zoo.weights.atomic import write_atomically


@dataclasses.dataclass(frozen=True)
class Hit:
    """A picture found.

    Args:
        place: Its row in the table.
        name: What it is called.
        label: Its class, or empty.
        part: The part of the data that it is in, or empty.
        distance: The cosine distance, in 0…2.
        encoded: Its bytes; None where it is not there any more.
    """

    place: int
    name: str
    label: str
    part: str
    distance: float
    encoded: bytes | None


@dataclasses.dataclass(frozen=True)
class Answer:
    """What was found for a query.

    Args:
        query: The query's path.
        encoded: Its bytes.
        hits: The nearest first.
    """

    query: str
    encoded: bytes
    hits: tuple[Hit, ...]


@dataclasses.dataclass(frozen=True)
class Found:
    """What a search ends with.

    Args:
        answers: One for each query.
        index: The file of features.
        pictures: How many were searched.
        recipe: How their features were computed.
    """

    answers: tuple[Answer, ...]
    index: str
    pictures: int
    recipe: Provenance


def search(
    index: str, queries: list[str], top: int, *, say=print, progress=None
) -> Found:
    """Finds the pictures most like some pictures.

    Up to `approximate.EXACT_LIMIT` pictures every one is compared. Above it
    an index is built once and kept beside the features.

    Args:
        index: A file of features.
        queries: Paths of pictures.
        top: How many to find for each.
        say: Tells a person something in one line.
        progress: Called with the numbers of vectors sorted and in all, while
            an index is built.

    Raises:
        RequestError: A file or the model is not there, or features are maps.
        DataError: A picture cannot be decoded.
        IntegrityError: The features are damaged, or the model is another
            one than that which they were computed by.
    """
    examples = open_queries(queries)
    table = load_features(index)
    if table.features.ndim > 2:
        raise RequestError(
            f"{index} holds maps of shape {table.features.shape[1:]}. "
            "Searching takes a vector a picture: compute the features with "
            "`pool`."
        )
    examples = dataclasses.replace(examples, upright=table.recipe.upright)
    vectors = reopen(table.recipe, len(queries)).run(examples)
    found = _neighbours(table, index, vectors, top, say, progress)
    finder = PictureFinder(table)
    answers = tuple(
        Answer(name, encoded, _hits(table, finder, places, distances))
        for name, encoded, places, distances in zip(
            queries,
            examples.encoded(list(range(len(queries)))),
            found.places,
            found.distance,
            strict=True,
        )
    )
    return Found(answers, index, len(table), table.recipe)


def _neighbours(table, index, vectors, top, say, progress) -> Neighbours:
    if len(table) <= approximate.EXACT_LIMIT:
        return exact_neighbours(table.features, vectors, top)
    path = approximate.index_path(index)
    searcher = ApproximateSearch(table.features)
    if not searcher.load(path):
        say(f"sorting {len(table):,} vectors, once; kept in {path}")
        searcher.build(progress)
        _keep(searcher, path, say)
    return searcher.search(vectors, top)


def _keep(searcher: ApproximateSearch, path: str, say) -> None:
    try:
        searcher.save(path)
    except OSError as error:
        say(f"{path} cannot be written ({error.strerror}); going on without")


def _hits(
    table: FeatureTable,
    finder: PictureFinder,
    places: np.ndarray,
    distances: np.ndarray,
) -> tuple[Hit, ...]:
    return tuple(
        Hit(
            place,
            str(table.names[place]),
            table.label_of(place),
            str(table.parts[place]),
            distance,
            finder.find(place),
        )
        for place, distance in zip(
            places.tolist(), distances.tolist(), strict=True
        )
    )


def write_page(found: Found, path) -> None:
    """Writes what was found as one page of HTML, whole or not at all.

    Args:
        found: What `search` returned.
        path: Where to.

    Raises:
        OSError: The disk is full or the folder cannot be written.
    """
    count, recipe = len(found.answers), found.recipe
    page = render(
        "hits.html",
        title="Pictures like this"
        if count == 1
        else f"Pictures like these {count}",
        lead=f"The nearest of {found.pictures:,}, by what "
        f"{pathlib.Path(recipe.model).name} makes of them",
        answers=[_card(answer) for answer in found.answers],
        index=found.index,
        recipe=recipe,
    )
    write_atomically(path, page)


def _card(answer: Answer) -> dict:
    pictures = thumbnails([hit.encoded for hit in answer.hits])
    return {
        "query": answer.query,
        "picture": thumbnail(answer.encoded, 512),
        "missing": sum(hit.encoded is None for hit in answer.hits),
        "hits": [
            {"hit": hit, "picture": picture}
            for hit, picture in zip(answer.hits, pictures, strict=True)
        ],
    }
