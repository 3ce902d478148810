"""Labels as columns of 0 and 1, one for each class, as Roboflow writes them."""

import numpy as np

from zoo.errors import DataError


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

    def result(self) -> tuple[np.ndarray, tuple[str, ...]]:
        """Returns each row's place in the names, and the names."""
        if not self._blocks:
            return np.zeros(0, "int32"), self._names
        flags = np.concatenate(self._blocks)
        return flags.argmax(axis=1).astype("int32"), self._names

    def check(self, table) -> None:
        """Refuses rows that do not name exactly one class.

        Args:
            table: What the rows are of; it refuses one by its line.

        Raises:
            DataError: Several classes are in one picture, or none is, or a
                value is neither 0 nor 1.
        """
        if not self._blocks:
            return
        flags = np.concatenate(self._blocks)
        odd = np.flatnonzero(~np.isin(flags, (0, 1)).all(axis=1))
        if len(odd):
            table.refuse(int(odd[0]), "expected 0 or 1 for each class")
        counts = flags.sum(axis=1)
        several = np.flatnonzero(counts > 1)
        if len(several):
            row = int(several[0])
            found = [self._names[i] for i in np.flatnonzero(flags[row])]
            raise DataError(
                f"{table.file}: {len(several)} of {len(flags)} pictures have "
                f"several classes, such as {', '.join(found[:5])} in "
                f"{bytes(table.paths[row]).decode(errors='replace')}. That is "
                "the multi-label task, which is not learned yet: expected one "
                "class a picture."
            )
        none = np.flatnonzero(counts == 0)
        if len(none):
            table.refuse(int(none[0]), "no class has a 1")
