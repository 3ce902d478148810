"""From a data set and a model to a file of features."""

from pipelines.data.checks import check_pictures
from pipelines.evaluation.judging import open_model
from pipelines.features.embedding import POOLED
from pipelines.features.embedding import Embedder
from pipelines.features.pictures import lasting_names
from pipelines.features.pictures import open_every_picture
from pipelines.features.table import FeatureTable
from pipelines.features.table import check_new
from pipelines.features.table import save_features


def compute_features(
    model: str,
    weights: str | None,
    data: str,
    output: str,
    *,
    stage: str = POOLED,
    pool: bool = True,
    batch_size: int = 128,
    drawn=None,
    checked=None,
    progress=None,
) -> FeatureTable:
    """Writes the features of every picture of a data set into a file.

    Args:
        model: As `open_model` takes it.
        weights: Likewise.
        data: As `open_every_picture` takes it.
        output: A new file, ending in `.npz`.
        stage: As for `Embedder`.
        pool: Likewise.
        batch_size: Pictures at a time.
        drawn: Called with numbers done and in all while the built-in set is
            written for the first time.
        checked: Called with the numbers of pictures checked and in all.
        progress: Called with the numbers of pictures computed and in all.

    Returns:
        What was written.

    Raises:
        RequestError: The model, the stage, the data or the file cannot be
            used.
        DataError: Pictures cannot be decoded.
    """
    check_new(output)
    embedder = Embedder(
        open_model(model, weights), stage, pool=pool, batch_size=batch_size
    )
    examples, parts = open_every_picture(data, drawn)
    check_pictures(examples, progress=checked)
    table = FeatureTable(
        embedder.run(examples, progress),
        lasting_names(examples),
        examples.labels,
        examples.class_names,
        parts,
        embedder.recipe(model, weights, data),
    )
    save_features(table, output)
    return table
