"""How the tensors of other libraries are called, and how they turn into ours.

One module for each family, one table for each library in it. A table is
pure: it knows names and the order of axes, nothing of files or models.
"""

from collections.abc import Iterable

from zoo.weights.translation import alexnet
from zoo.weights.translation import efficientnet
from zoo.weights.translation import mobilenetv3
from zoo.weights.translation import resnet
from zoo.weights.translation import vit
from zoo.weights.translation.tables import Table
from zoo.weights.translation.tables import to_ours
from zoo.weights.translation.tables import to_theirs

__all__ = ["TABLES", "Table", "recognise", "to_ours", "to_theirs"]

TABLES: tuple[Table, ...] = (
    *alexnet.TABLES,
    *resnet.TABLES,
    *efficientnet.TABLES,
    *mobilenetv3.TABLES,
    *vit.TABLES,
)


def recognise(names: Iterable[str]) -> tuple[Table, ...]:
    """Returns the tables whose kind of file holds tensors of these names."""
    names = list(names)
    return tuple(table for table in TABLES if table.fits(names))
