"""The list of pictures of a model whose logits other pictures have scaled.

What chose anything may not judge: it stands among what was learned from, as
pictures do that thresholds were chosen by.
"""

import csv
import os
import pathlib

from pipelines.data.examples import Examples
from pipelines.data.examples import Splits
from pipelines.data.hashing import hashes_of
from pipelines.data.sources.csv_columns import open_text
from pipelines.data.sources.layout import TRAIN
from pipelines.data.sources.manifest import HEADER
from pipelines.data.sources.manifest import classes_path
from pipelines.data.sources.manifest import new_text_file
from pipelines.runs.places import SPLIT
from pipelines.runs.split_list import SplitList
from pipelines.runs.split_list import lasting_names
from pipelines.runs.split_list import write_split
from zoo.plain_csv import table_writer
from zoo.weights.atomic import write_atomically

_PATH, _PART = HEADER.index("path"), HEADER.index("split")


def record_split(
    folder, listed: SplitList | None, choosing: Examples, judging: Examples
) -> None:
    """Writes `split.csv` into the folder of a calibrated model.

    Args:
        folder: Where to.
        listed: What the model was trained and judged by; None where nothing
            is known of that.
        choosing: The pictures that chose.
        judging: Those that judged.
    """
    if listed is None:
        write_split(folder, Splits(choosing, judging))
        return
    left = _rows_by_key(choosing, hashed=listed.sha256 is not None)
    path = pathlib.Path(folder) / SPLIT
    old = listed.folder / SPLIT
    names, known = classes_path(old), set()
    if names.is_file():
        write_atomically(classes_path(path), names.read_bytes())
    with open_text(os.fspath(old)) as source, new_text_file(path) as file:
        reader = csv.reader(source)
        writer = table_writer(file)
        writer.writerow(next(reader))
        for row in reader:
            # The last column is the hash, where there is one.
            key = row[-1] if listed.sha256 is not None else row[_PATH]
            if key in left:
                row[_PART] = TRAIN
                known.add(key)
            writer.writerow(row)
        # Pictures of other data.
        writer.writerows(row for key, row in left.items() if key not in known)


def _rows_by_key(choosing: Examples, *, hashed: bool) -> dict[str, tuple]:
    """A row for each picture, by its hash or else its name."""
    rows = [
        (name, choosing.label_text(i), TRAIN)
        for i, name in enumerate(lasting_names(choosing))
    ]
    if not hashed:
        return {row[_PATH]: row for row in rows}
    found = zip(rows, hashes_of(choosing), strict=True)
    return {
        sha256.hex(): (*row, size, sha256.hex())
        for row, (size, sha256) in found
    }
