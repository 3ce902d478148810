"""Clients that a folder brings along: short programs to begin with.

They lie in `client_texts/FORMAT/` with `.txt` behind their names, so that no
tool takes them for parts of this package. Each reads `signature.json` and
`labels.txt`, and therefore fits every model.
"""

import pathlib

from pipelines.export.papers import Written
from zoo.weights.atomic import write_atomically

_TEXTS = pathlib.Path(__file__).with_name("client_texts")


def copy_clients(folder: pathlib.Path, written: Written) -> None:
    """Copies a format's clients into `clients/`.

    Args:
        folder: Of what was written.
        written: Which format it is.

    Raises:
        OSError: The disk is full or the folder cannot be written.
    """
    place = folder / "clients"
    texts = sorted((_TEXTS / written.format.name).glob("*.txt"))
    if texts:
        place.mkdir()
    for text in texts:
        name = text.name.removesuffix(".txt")
        write_atomically(place / name, text.read_bytes())
