"""Opening a data set by what `--data` says."""

from pipelines.data import herbarium
from pipelines.data.examples import Examples
from pipelines.data.examples import Splits
from pipelines.data.folder import open_folder
from pipelines.data.folder import open_whole_folder


def open_splits(data: str, *, seed: int = 0, progress=None) -> Splits:
    """Opens a data set to train on.

    Args:
        data: A folder, `herbarium` (the built-in set) or `tfds:NAME[:SPLIT]`.
        seed: Decides what is held out where the data has no such part.
        progress: Called with the numbers of pictures drawn and in all, while
            the built-in set is written for the first time.

    Raises:
        RequestError: There is no such data set.
        DataError: It cannot be trained on.
    """
    if data.startswith("tfds:"):
        from pipelines.data.tfds_source import open_tfds

        return open_tfds(data, seed=seed)
    return open_folder(_folder(data, progress), seed=seed)


def open_held_out(data: str) -> Examples:
    """Opens a data set to be judged by.

    Args:
        data: As for `open_splits`. Its validation or test part is taken
            where there is one, otherwise every picture.

    Raises:
        RequestError: There is no such data set.
        DataError: It holds no pictures.
    """
    if data.startswith("tfds:"):
        from pipelines.data.tfds_source import open_whole_tfds

        return open_whole_tfds(data)
    return open_whole_folder(_folder(data))


def _folder(data: str, progress=None):
    return herbarium.prepare(progress=progress) if data == "herbarium" else data
