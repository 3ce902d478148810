"""What takes the numbers that TensorBoard's files get, at the same steps."""

import dataclasses
import pathlib

# Under which runs are listed where nobody names another.
PROJECT = "keras-zoo"


@dataclasses.dataclass(frozen=True)
class Opening:
    """What a logger is told of a run when it is opened.

    Args:
        folder: The run's.
        settings: Numbers, words and booleans by name, to compare runs by.
    """

    folder: pathlib.Path
    settings: dict

    @property
    def name(self) -> str:
        """What the run is called there."""
        return self.folder.absolute().name


class Logger:
    """Takes the points of curves, each of them once.

    However often a run is killed and gone on with: a step that comes again is
    not there twice.

    A part is `train` or `validation`, whose curves count epochs, or empty,
    whose curves count steps.
    """

    # What its library raises where it cannot take a point.
    errors: tuple[type[Exception], ...] = (OSError,)

    def restart(self, part: str, step: int) -> None:
        """Is told that the points of a step and later come again."""

    def scalars(self, part: str, step: int, values: dict[str, float]) -> None:
        """Takes numbers by their names, of one step or epoch."""
        raise NotImplementedError

    def sync(self) -> None:
        """Brings to the disk what it was given up to now."""

    def close(self, *, ended: bool) -> None:
        """Is given nothing more.

        Args:
            ended: Whether the run came to its end.
        """


def axis_of(part: str) -> str:
    """Returns what the curves of a part count."""
    return "epoch" if part else "global_step"


def full_names(part: str, values: dict[str, float]) -> dict[str, float]:
    """Returns numbers by names that tell the parts apart.

    Example:

    ```python
    from pipelines.training.loggers.base import full_names
    assert full_names("train", {"epoch_loss": 1.0}) == {
        "train/epoch_loss": 1.0}
    assert full_names("", {"steps/loss": 1.0}) == {"steps/loss": 1.0}
    ```
    """
    if not part:
        return values
    return {f"{part}/{name}": value for name, value in values.items()}
