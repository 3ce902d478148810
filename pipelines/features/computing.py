"""From a data set and a model to a file of features."""

import dataclasses
from collections.abc import Callable

from pipelines.data.checks import check_pictures
from pipelines.evaluation.saved_models import open_model
from pipelines.features.embedding import POOLED
from pipelines.features.embedding import Embedder
from pipelines.features.pictures import lasting_names
from pipelines.features.pictures import open_every_picture
from pipelines.features.start import FeatureSource
from pipelines.features.table import FeatureTable
from pipelines.features.table import check_new
from pipelines.features.table import save_features


@dataclasses.dataclass(frozen=True)
class FeatureOptions:
    """Which features of a network are taken, and how many pictures at once.

    Args:
        stage: As for `Embedder`.
        pool: Likewise.
        batch_size: Pictures at a time.
        upright: Whether they are turned as their EXIF asks for.
    """

    stage: str = POOLED
    pool: bool = True
    batch_size: int = 128
    upright: bool = True


@dataclasses.dataclass(frozen=True)
class Watchers:
    """Who is told how far it has come: functions of numbers done and in all.

    Args:
        drawn: While the built-in set is written for the first time.
        checked: Of pictures checked.
        computed: Of pictures computed.
    """

    drawn: Callable | None = None
    checked: Callable | None = None
    computed: Callable | None = None


def compute_features(
    source: FeatureSource,
    data: str,
    output: str,
    *,
    options: FeatureOptions = FeatureOptions(),
    watchers: Watchers = Watchers(),
    say=print,
) -> FeatureTable:
    """Writes the features of every picture of a data set into a file.

    Args:
        source: The network; chosen by the pictures where it names none.
        data: As `open_every_picture` takes it.
        output: A new file, ending in `.npz`.
        options: Which features.
        watchers: Who is told how far it has come.
        say: Told in a line which network was chosen, and why.

    Returns:
        What was written.

    Raises:
        RequestError: The model, the stage, the data or the file cannot be
            used.
        DataError: Pictures cannot be decoded.
    """
    check_new(output)
    # What is named is opened first, and refused before anything is read.
    embedder = _embedder(source, options) if source.model else None
    examples, parts = open_every_picture(data, watchers.drawn)
    examples = dataclasses.replace(examples, upright=options.upright)
    sides = check_pictures(examples, progress=watchers.checked)
    if embedder is None:
        source = source.settled(sides)
        say(f"features of {source.told}: {source.why}")
        embedder = _embedder(source, options)
    table = FeatureTable(
        embedder.run(examples, watchers.computed),
        lasting_names(examples),
        examples.labels,
        examples.class_names,
        parts,
        embedder.recipe(source.model, source.weights, data, options.upright),
    )
    save_features(table, output)
    return table


def _embedder(source: FeatureSource, options: FeatureOptions) -> Embedder:
    return Embedder(
        open_model(source.model, source.weights, source.image_size),
        options.stage,
        pool=options.pool,
        batch_size=options.batch_size,
    )
