"""Several labels in a cell of a table: between separators, or a JSON list.

`cat|dog` with the separator that somebody has said, `["cat", "dog"]` without
one; an empty cell or list is a picture that shows none of the classes.
"""

import json

import numpy as np

from pipelines.data.spelling import canonical

# Of a column of cells: which row has which of them, and what they say.
Cells = tuple[np.ndarray, tuple[str, ...]]


def split_cells(cells: Cells, separator: str | None) -> Cells:
    """Returns labels, as `CsvTable` has them, and their names.

    Args:
        cells: Each row's place among the cells, and the cells' texts.
        separator: What stands between the labels of a cell; None where nobody
            has said it: cells are one label each, unless all of them are JSON
            lists.

    Example:

    ```python
    import numpy as np
    from pipelines.data.sources.csv_labels import split_cells
    cells = np.array([0, 1, 0]), ("cat|dog", "")
    labels, names = split_cells(cells, "|")
    assert labels.tolist() == [[1, 1], [0, 0], [1, 1]]
    assert names == ("cat", "dog")
    ```
    """
    codes, texts = cells
    found = [_labels(text, separator) for text in texts]
    if not found or None in found:
        return cells
    names: dict[str, int] = {}
    for labels in found:
        for name in labels:
            names.setdefault(name, len(names))
    rows = np.zeros((len(found), len(names)), "uint8")
    for row, labels in zip(rows, found, strict=True):
        row[[names[name] for name in labels]] = 1
    return rows[codes], tuple(names)


def _labels(text: str, separator: str | None) -> list[str] | None:
    """Returns the labels of a cell, None where it is one label."""
    if separator:
        parts = map(canonical, text.split(separator))
        return [part for part in parts if part]
    if not text.startswith("["):
        return None
    try:
        labels = json.loads(text)
    except ValueError:
        return None
    if not all(isinstance(label, str) for label in labels):
        return None
    return list(map(canonical, labels))
