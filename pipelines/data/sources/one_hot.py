"""Labels as columns of 0 and 1, one for each class, as Roboflow writes them.

Where a row has several ones, pictures may show several classes, or none.
"""

import numpy as np


class OneHot:
    """Collects columns of 0 and 1, block after block.

    Args:
        names: The classes, in the columns' order; none where the table says
            its labels otherwise.
    """

    def __init__(self, names: tuple[str, ...]):
        self._names = names
        self._blocks: list[np.ndarray] = []

    def add(self, columns) -> None:
        """Takes the next rows.

        Args:
            columns: Arrow arrays of float32, one for each class.
        """
        if self._names:
            values = [each.to_numpy(zero_copy_only=False) for each in columns]
            self._blocks.append(np.stack(values, axis=1))

    def result(self, several: bool) -> tuple[np.ndarray, tuple[str, ...]]:
        """Returns each row's labels, as `CsvTable` has them, and the names.

        Args:
            several: Whether somebody has said that a picture may show several
                classes; otherwise the rows say it.
        """
        if not self._blocks:
            return np.zeros(0, "int32"), self._names
        flags = np.concatenate(self._blocks)
        if several or self._has_several(flags):
            return (flags == 1).astype("uint8"), self._names
        return flags.argmax(axis=1).astype("int32"), self._names

    @staticmethod
    def _has_several(flags: np.ndarray) -> bool:
        return bool(((flags == 1).sum(axis=1) > 1).any())

    def check(self, table) -> None:
        """Refuses rows of one class that name none, and other values.

        Args:
            table: What the rows are of; it refuses one by its line.

        Raises:
            DataError: A value is neither 0 nor 1, or no class is in a
                picture of a table whose pictures show one each.
        """
        if not self._blocks:
            return
        flags = np.concatenate(self._blocks)
        odd = np.flatnonzero(~np.isin(flags, (0, 1)).all(axis=1))
        if len(odd):
            table.refuse(int(odd[0]), "expected 0 or 1 for each class")
        none = np.flatnonzero(flags.sum(axis=1) == 0)
        if len(none) and not table.several:
            table.refuse(
                int(none[0]),
                "no class has a 1. Where pictures may show none, give "
                "`task=multilabel`",
            )
