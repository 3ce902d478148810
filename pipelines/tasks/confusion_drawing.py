"""Where everything is in the drawing of a confusion matrix."""

import dataclasses

import numpy as np

# In units of the drawing, of which a screen shows about one a pixel.
_WIDTH = 460
_CELLS = (9, 84)
_NUMBERS_FROM = 19
_LETTER = 6.1
_LETTERS = 16


@dataclasses.dataclass(frozen=True)
class Cell:
    """A cell that is not empty.

    Args:
        x: Of its left edge.
        y: Of its upper edge.
        count: How many pictures.
        share: Of its row's pictures, in (0, 1].
        label: What they are.
        answer: What they were called.
        right: Whether that is the same.
    """

    x: float
    y: float
    count: int
    share: float
    label: str
    answer: str
    right: bool


@dataclasses.dataclass(frozen=True)
class Drawing:
    """A confusion matrix, ready for the template.

    Args:
        side: Of a cell.
        margin: Left and above, where names stand.
        names: Of the classes, shortened.
        numbers: Whether cells are large enough for their numbers.
        cells: Those that are not empty.
    """

    side: float
    margin: float
    names: list[str]
    numbers: bool
    cells: list[Cell]

    @property
    def grid(self) -> float:
        return self.side * len(self.names)

    @property
    def size(self) -> float:
        return self.margin + self.grid


def matrix_drawing(matrix: np.ndarray, names: tuple[str, ...]) -> Drawing:
    """Lays a confusion matrix out.

    Args:
        matrix: As `confusion_matrix` returns it.
        names: Of the classes.
    """
    least, most = _CELLS
    side = min(max(_WIDTH / len(names), least), most)
    short = [_shortened(name) for name in names]
    totals = matrix.sum(axis=1)
    cells = [
        Cell(
            round(side * answer, 2),
            round(side * label, 2),
            int(matrix[label, answer]),
            float(matrix[label, answer] / totals[label]),
            names[label],
            names[answer],
            label == answer,
        )
        for label, answer in np.argwhere(matrix).tolist()
    ]
    margin = _LETTER * max(map(len, short)) + 12
    return Drawing(side, margin, short, side >= _NUMBERS_FROM, cells)


def _shortened(name: str) -> str:
    return name if len(name) <= _LETTERS else f"{name[: _LETTERS - 1]}…"
