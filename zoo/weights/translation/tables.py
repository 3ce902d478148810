"""What a translation is: our name, their name, and how the array turns."""

import dataclasses
import re
from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Mapping
from collections.abc import Sequence

import numpy as np

Tensors = Mapping[str, np.ndarray]


@dataclasses.dataclass(frozen=True)
class Layout:
    """How an array of theirs becomes ours, and back.

    Args:
        ours: From their array to ours.
        theirs: From our array to theirs.
    """

    ours: Callable[[np.ndarray], np.ndarray]
    theirs: Callable[[np.ndarray], np.ndarray]


def axes(*order: int) -> Layout:
    """Transposes; an array of another rank stays, and its shape tells."""

    def turn(order):
        return lambda x: x.transpose(order) if x.ndim == len(order) else x

    return Layout(turn(order), turn(tuple(np.argsort(order))))


SAME = Layout(lambda x: x, lambda x: x)
# (out, in, height, width) to (height, width, in, out).
CONV = axes(2, 3, 1, 0)
# (channels, 1, height, width) to (height, width, channels, 1).
DEPTHWISE = axes(2, 3, 0, 1)
# (out, in) to (in, out).
DENSE = axes(1, 0)


@dataclasses.dataclass(frozen=True)
class Row:
    """One tensor: its name here, its name there, and what lies between."""

    ours: str
    theirs: str
    layout: Layout = SAME


def one_by_one(row: Callable[[str], Row]):
    """Makes a table's `rows` where each name says all by itself."""
    return lambda names: [row(name) for name in names]


@dataclasses.dataclass(frozen=True)
class Table:
    """How one library names the tensors of one family.

    Args:
        family: Such as `"resnet"`.
        library: Such as `"torchvision"`; see `zoo.weights.origins`.
        marks: Names (whole, as regular expressions) that files of this kind
            hold, and files of no other kind do: all must be there.
        rows: From all names of a model of ours, each `layer/variable`, to one
            row for each. All, because a name of theirs may count what comes
            before.
        ignored: Tensors of theirs that say nothing, as a regular expression.
        prepare: What is done to their tensors before, such as folding the
            biases of convolutions into BatchNorm's means.
        finish: The other way: what is done to tensors under their names
            until they are all that their model has.
        lacks: What no such file holds, where the marks do not tell.
        pixels: From their tensors to the mean and the standard deviation of
            R, G and B, 0…255, where a file says them; None elsewhere.
    """

    family: str
    library: str
    marks: tuple[str, ...]
    rows: Callable[[Sequence[str]], list[Row]]
    ignored: str = r".*\.num_batches_tracked"
    prepare: Callable[[Tensors], Tensors] = dict
    finish: Callable[[Tensors], Tensors] = dict
    lacks: str | None = None
    pixels: Callable[[Tensors], tuple | None] = lambda tensors: None

    def fits(self, names: Iterable[str]) -> bool:
        """Whether a file with tensors of these names is of this kind."""
        names = list(names)

        def holds(mark):
            return any(re.fullmatch(mark, name) for name in names)

        if self.lacks and holds(self.lacks):
            return False
        return all(map(holds, self.marks))


def to_ours(
    table: Table, tensors: Tensors, names: Iterable[str]
) -> dict[str, np.ndarray]:
    """Translates a file's tensors into ours.

    Args:
        table: Whose names the file has.
        tensors: What the file holds.
        names: Of all tensors of the model, as `variable_names` gives them.

    Returns:
        Those of `names` that the file has, under our names; and under their
        own names the tensors that the model has no place for.
    """
    left = dict(table.prepare(tensors))
    found = {}
    for row in table.rows(list(names)):
        if row.theirs in left:
            found[row.ours] = row.layout.ours(left.pop(row.theirs))
    unused = {
        name: tensor
        for name, tensor in left.items()
        if not re.fullmatch(table.ignored, name)
    }
    return found | unused


def to_theirs(table: Table, tensors: Tensors) -> dict[str, np.ndarray]:
    """Translates our tensors into a file of the other library's kind."""
    translated = {
        row.theirs: row.layout.theirs(tensors[row.ours])
        for row in table.rows(list(tensors))
    }
    return dict(table.finish(translated))
