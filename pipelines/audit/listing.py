"""What is known of a data folder: its pictures, and what to say of it."""

import dataclasses
from typing import NamedTuple

WARNING = "warning"


class ListedPicture(NamedTuple):
    """One picture that training would read.

    Args:
        path: Where it is; a name where it is no file.
        part: `"train"`, `"val"`, or empty where the set is not split.
        label: The name of its class.
    """

    path: str
    part: str
    label: str


@dataclasses.dataclass(frozen=True)
class DataFinding:
    """Something to say of the set as a whole.

    Args:
        level: `"refuse"`, `"warning"` or `"note"`.
        kind: One word for programs.
        message: One sentence, and what to do.
        names: The files or classes it is about.
    """

    level: str
    kind: str
    message: str
    names: tuple[str, ...] = ()


@dataclasses.dataclass
class Listing:
    """What lies in a data folder.

    Args:
        pictures: The pictures that training would read, in its order.
        class_names: In label order.
        findings: What to say of the folder.
    """

    pictures: list[ListedPicture] = dataclasses.field(default_factory=list)
    class_names: list[str] = dataclasses.field(default_factory=list)
    findings: list[DataFinding] = dataclasses.field(default_factory=list)

    def say(self, level: str, kind: str, message: str, names=()) -> None:
        self.findings.append(DataFinding(level, kind, message, tuple(names)))
