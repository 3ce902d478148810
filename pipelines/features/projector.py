"""Vectors and their pictures, for TensorBoard's projector."""

import io
import math
import pathlib

import numpy as np
import tensorflow as tf
from PIL import Image

from pipelines.data.examples import Examples
from pipelines.data.framing import whole_picture
from pipelines.features.seen_set import SeenSet
from pipelines.pages.rendering import readable
from zoo.errors import RequestError
from zoo.preprocessing import Preprocessing
from zoo.weights.atomic import write_atomically

# A picture on the sheet, in pixels, and the largest sheet that browsers take.
_SIDE, _SHEET = 48, 8192
_SEEN = Preprocessing(_SIDE)
MOST = (_SHEET // _SIDE) ** 2
_CONFIG = "projector_config.pbtxt"
_TEXT = """embeddings {
  tensor_name: "pictures"
  tensor_path: "vectors.tsv"
  metadata_path: "names.tsv"
  sprite {
    image_path: "pictures.png"
    single_image_dim: %d
    single_image_dim: %d
  }
}
"""


def check_projector(folder) -> None:
    """Refuses a folder that another projector lies in.

    Raises:
        RequestError: It does.
    """
    if (pathlib.Path(folder) / _CONFIG).exists():
        raise RequestError(
            f"`projector={folder}` holds one already. Give another folder."
        )


def write_projector(folder, seen_set: SeenSet) -> None:
    """Writes what `tensorboard --logdir FOLDER` shows under PROJECTOR.

    Args:
        folder: Made if it is not there.
        seen_set: At most `MOST` pictures.

    Raises:
        RequestError: One lies there already, or there are too many pictures.
        OSError: The disk is full or the folder cannot be written.
    """
    check_projector(folder)
    if len(seen_set.examples) > MOST:
        raise RequestError(
            f"The projector takes {MOST:,} pictures. Received: "
            f"{len(seen_set.examples):,}; leave `projector` out."
        )
    place = pathlib.Path(folder)
    place.mkdir(parents=True, exist_ok=True)
    rows = ("\t".join(f"{x:.6g}" for x in row) for row in seen_set.vectors)
    write_atomically(place / "vectors.tsv", "\n".join(rows).encode() + b"\n")
    write_atomically(place / "names.tsv", _names(seen_set).encode())
    write_atomically(place / "pictures.png", _sheet(seen_set.examples))
    # What names the others comes last.
    write_atomically(place / _CONFIG, (_TEXT % (_SIDE, _SIDE)).encode())


def _names(seen_set: SeenSet) -> str:
    examples = seen_set.examples
    lines = ["class\tpicture"]
    for name, label in zip(examples.names, examples.labels, strict=True):
        known = np.ndim(label) == 0 and label >= 0
        own = examples.class_names[label] if known else ""
        # A tab or a new line would be another column or row.
        lines.append(f"{readable(own)}\t{readable(name)}")
    return "\n".join(lines) + "\n"


def _sheet(examples: Examples) -> bytes:
    """All pictures in rows; the projector wants as many rows as columns."""
    columns = math.ceil(math.sqrt(len(examples)))
    sheet = Image.new("RGB", (columns * _SIDE, columns * _SIDE))
    for number in range(len(examples)):
        row, column = divmod(number, columns)
        encoded = tf.constant(examples.encoded([number])[0])
        small = whole_picture(encoded, _SEEN, examples.upright).numpy()
        at = (column * _SIDE, row * _SIDE)
        sheet.paste(Image.fromarray(small), at)
    file = io.BytesIO()
    sheet.save(file, "PNG")
    return file.getvalue()
