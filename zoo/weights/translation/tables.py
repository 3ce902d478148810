"""What a translation is: our name, their name, and how the array turns."""

import dataclasses
import re
from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Mapping

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


def _axes(*order: int) -> Layout:
    back = tuple(np.argsort(order))
    return Layout(lambda x: x.transpose(order), lambda x: x.transpose(back))


SAME = Layout(lambda x: x, lambda x: x)
# (out, in, height, width) to (height, width, in, out).
CONV = _axes(2, 3, 1, 0)
# (channels, 1, height, width) to (height, width, channels, 1).
DEPTHWISE = _axes(2, 3, 0, 1)
# (out, in) to (in, out).
DENSE = _axes(1, 0)


@dataclasses.dataclass(frozen=True)
class Row:
    """One tensor: its name here, its name there, and what lies between."""

    ours: str
    theirs: str
    layout: Layout = SAME


@dataclasses.dataclass(frozen=True)
class Table:
    """How one library names the tensors of one family.

    Args:
        family: Such as `"resnet"`.
        library: Such as `"torchvision"`; see `zoo.weights.origins`.
        marks: Names (whole, as regular expressions) that files of this kind
            hold, and files of no other kind do: all must be there.
        row: From a name of ours, `layer/variable`, to the row.
        ignored: Tensors of theirs that say nothing, as a regular expression.
        prepare: What is done to their tensors before, such as folding the
            biases of convolutions into BatchNorm's means.
    """

    family: str
    library: str
    marks: tuple[str, ...]
    row: Callable[[str], Row]
    ignored: str = r".*\.num_batches_tracked"
    prepare: Callable[[Tensors], Tensors] = dict

    def fits(self, names: Iterable[str]) -> bool:
        """Whether a file with tensors of these names is of this kind."""
        names = list(names)
        return all(
            any(re.fullmatch(mark, name) for name in names)
            for mark in self.marks
        )


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
    for name in names:
        row = table.row(name)
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
    rows = map(table.row, tensors)
    return {row.theirs: row.layout.theirs(tensors[row.ours]) for row in rows}
