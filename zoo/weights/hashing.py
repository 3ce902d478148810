"""What a file has to hash to."""

import dataclasses
import hashlib
import re

from zoo.errors import RequestError


@dataclasses.dataclass(frozen=True)
class Hash:
    """A published hash, or as much of it as was published.

    SHA-256 counts where both are known. MD5 tells a damaged file, but not one
    that was made to look right; it is here because `keras.applications`
    publishes nothing else.

    Args:
        sha256: All 64 digits, or at least the first 8.
        md5: All 32 digits.

    Raises:
        RequestError: They are no such digits.

    Example:

    ```python
    from zoo.weights.hashing import Hash
    wanted = Hash(sha256="2c26b46b")
    found = wanted.start()
    found.update(b"foo")
    assert wanted.is_right(found) and str(wanted) == "sha256 2c26b46b"
    ```
    """

    sha256: str | None = None
    md5: str | None = None

    def __post_init__(self):
        if self.sha256 and not re.fullmatch("[0-9a-f]{8,64}", self.sha256):
            raise RequestError(
                "sha256 is at least the first 8 of 64 digits from 0-9a-f. "
                f"Received: {self.sha256!r}"
            )
        if self.md5 and not re.fullmatch("[0-9a-f]{32}", self.md5):
            raise RequestError(
                f"md5 is 32 digits from 0-9a-f. Received: {self.md5!r}"
            )

    def __str__(self):
        return f"{self.name} {self.sha256 or self.md5}"

    @property
    def name(self) -> str:
        return "md5" if self.md5 and not self.sha256 else "sha256"

    @property
    def is_known(self) -> bool:
        return bool(self.sha256 or self.md5)

    def start(self):
        """Returns a new hash object to feed the file into."""
        return hashlib.new(self.name, usedforsecurity=False)

    def is_right(self, found) -> bool:
        """Whether a hash object ended where it has to."""
        return found.hexdigest().startswith(self.sha256 or self.md5 or "")

    def fits(self, path) -> bool:
        """Whether a file hashes to it."""
        with open(path, "rb") as file:
            return self.is_right(hashlib.file_digest(file, self.start))
