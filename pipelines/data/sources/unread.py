"""What of a folder of pictures is not read, said in one line.

80 of 104 files are not read: 40 .tif, 40 .heic
"""

import collections
import logging
import os
from collections.abc import Callable
from collections.abc import Iterable

from pipelines.data.inspection.modern_formats import remedy_of
from pipelines.data.sources.scan import Reason
from pipelines.data.sources.scan import Skipped
from pipelines.data.sources.scan import refuse_bad

_log = logging.getLogger("zoo")
_SHOWN = 5


class Unread:
    """Listens to a walk (`Scan.report`), and counts what is left out.

    What lies beside class folders counts where it is named as a picture.

    Args:
        beside: The folder of the class folders; None where the pictures
            themselves lie in it.
        report: Told of everything.
    """

    def __init__(
        self,
        beside=None,
        report: Callable[[Skipped], None] = refuse_bad,
    ):
        self._beside = None if beside is None else os.fspath(beside)
        self._report = report
        self.paths: list[str] = []

    def __call__(self, skipped: Skipped) -> None:
        self._report(skipped)
        inside = os.path.dirname(skipped.path) != self._beside
        if skipped.reason is Reason.BESIDE or (
            inside and skipped.reason is Reason.NOT_NAMED
        ):
            self.paths.append(skipped.path)

    def words(self, read: int) -> str:
        """Says what is not read, in a sentence without its stop, or "".

        Args:
            read: How many files are read.
        """
        return unread_words(self.paths, read)

    def words_in(self, folder) -> str:
        """Says what is not read of a folder of which nothing is, or ""."""
        inside = os.path.join(folder, "")
        return unread_words(
            [path for path in self.paths if path.startswith(inside)], 0
        )

    def say(self, read: int) -> None:
        """Tells the logger `zoo`, where there is something to tell."""
        if self.paths:
            _log.info("%s", self.words(read))


def unread_words(paths: Iterable[str], read: int) -> str:
    """Says which files are not read, by their endings, the most first."""
    endings = collections.Counter(
        os.path.splitext(path)[1].lower() for path in paths
    )
    if not endings:
        return ""
    total = endings.total()
    said = [
        f"{count} {ending or 'without an ending'}"
        + (f" ({remedy_of(ending)})" if remedy_of(ending) else "")
        for ending, count in endings.most_common(_SHOWN)
    ]
    others = total - sum(c for _, c in endings.most_common(_SHOWN))
    if others:
        said.append(f"{others} others")
    return (
        f"{total:,} of {total + read:,} files "
        f"{'is' if total == 1 else 'are'} not read: {', '.join(said)}"
    )
