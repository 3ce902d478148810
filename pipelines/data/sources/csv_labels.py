"""Several labels in a cell of a table: between separators, or a list.

`cat|dog` with the separator that somebody has said; without one `["cat",
"dog"]`, or `['cat', 'dog']` as Python writes it. An empty cell or list is a
picture that shows none of the classes.
"""

import ast
import json
import re
from collections.abc import Callable

import numpy as np

from pipelines.data.spelling import canonical
from pipelines.data.spelling import shown

# Of a column of cells: which row has which of them, and what they say.
Cells = tuple[np.ndarray, tuple[str, ...]]
# With commas between them: Python takes 'a' 'b' for one.
_ITEM = r"""(?:'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"|\d+)"""
_ITEMS = rf"{_ITEM}\s*(?:,\s*{_ITEM}\s*)*,?\s*"
_LIST = re.compile(rf"\[\s*(?:{_ITEMS})?\]", re.DOTALL)
# What other programs write for one: [ant, bee], ('ant', 'bee'), {"ant": 1},
# array([0, 1]); a class may be called (none), or begin with (.
_LIKE_A_LIST = re.compile(
    r"""[\[({]\s*["'].*|[\[{].*[\]}]|\(.*,.*\)|(?:array|\w*set)\(.*\)""",
    re.DOTALL,
)
_FLAGS = {"0", "1"}
_EXPECTED = """Expected ["cat", "dog"] in every cell, or none in any"""


def split_cells(
    cells: Cells, separator: str | None, refuse: Callable[[int, str], None]
) -> Cells:
    """Returns labels, as `CsvTable` has them, and their names.

    Args:
        cells: Each row's place among the cells, and the cells' texts.
        separator: What stands between the labels of a cell; None where nobody
            has said it: cells are one label each, unless they are lists.
        refuse: Called with a row and what is wrong with its cell: a list that
            stands beside other cells or a separator, or that cannot be read;
            a 0 or 1 for each class, whose names are nowhere.

    Example:

    ```python
    import numpy as np
    from pipelines.data.sources.csv_labels import split_cells
    cells = np.array([0, 1, 0]), ("cat|dog", "")
    labels, names = split_cells(cells, "|", print)
    assert labels.tolist() == [[1, 1], [0, 0], [1, 1]]
    assert names == ("cat", "dog")
    ```
    """
    codes, texts = cells
    lists = [_list(text) for text in texts]

    def refuse_cell(place: int, problem: str) -> None:
        row = int(np.argmax(codes == place))
        refuse(row, f"the label {shown(texts[place])} {problem}")

    for place, text in enumerate(texts):
        if lists[place] is None and _LIKE_A_LIST.fullmatch(text):
            refuse_cell(place, f"looks like a list, but is none. {_EXPECTED}.")
        if lists[place] is not None and separator:
            refuse_cell(
                place,
                "is a list, which needs no separator. Leave "
                f"`label_separator={separator}` out.",
            )
    if separator:
        lists = [_between(text, separator) for text in texts]
    if all(each is None for each in lists):
        return cells
    for place, text in enumerate(texts):
        if lists[place] is None and text:
            refuse_cell(place, f"is no list, as others are. {_EXPECTED}.")
    found = [each or [] for each in lists]
    if (place := _flags_at(found)) is not None:
        refuse_cell(
            place,
            "looks like a 0 or 1 for each class, and does not say which. "
            f"{_EXPECTED}, or a column of 0 and 1 for each class.",
        )
    return _rows(codes, found)


def _flags_at(found: list[list[str]]) -> int | None:
    """Returns the first cell with flags in place of labels, None if none has.

    Labels do not come twice in a cell, and cells that all hold both of two
    tell nothing.
    """
    several = [i for i, labels in enumerate(found) if len(labels) > 1]
    flags = [i for i in several if set(found[i]) <= _FLAGS]
    twice = [i for i in flags if len(set(found[i])) < len(found[i])]
    filled = sum(map(bool, found))
    every = flags if len(flags) == filled else []
    return next(iter(twice or every), None)


def _rows(codes: np.ndarray, found: list[list[str]]) -> Cells:
    names: dict[str, int] = {}
    for labels in found:
        for name in labels:
            names.setdefault(name, len(names))
    rows = np.zeros((len(found), len(names)), "uint8")
    for row, labels in zip(rows, found, strict=True):
        row[[names[name] for name in labels]] = 1
    return rows[codes], tuple(names)


def _between(text: str, separator: str) -> list[str]:
    parts = map(canonical, text.split(separator))
    return [part for part in parts if part]


def _list(text: str) -> list[str] | None:
    """Returns the labels of a cell that is a list, None where it is none."""
    if not text.startswith("["):
        return None
    try:
        labels = json.loads(text)
    except (ValueError, RecursionError):
        labels = None
    if labels is None and _LIST.fullmatch(text):
        try:
            labels = ast.literal_eval(text)
        except (ValueError, SyntaxError, MemoryError):
            return None
    if not isinstance(labels, list) or not all(map(_is_label, labels)):
        return None
    return [canonical(str(label)) for label in labels]


def _is_label(label) -> bool:
    # JSON's true is an integer to Python.
    return isinstance(label, str) or type(label) is int
