"""Results of a pass, kept as they come, so that a stopped one goes on.

`results.jsonl` holds a line on what was asked, then one a file: its path,
size and time of change with what was seen. A file that has changed since is
looked at again.
"""

import json
import os
import pathlib
from collections.abc import Iterable

from pipelines.audit.one_file import Seen
from pipelines.audit.one_file import as_row
from pipelines.audit.one_file import from_row
from zoo.errors import RequestError
from zoo.weights.atomic import naming
from zoo.weights.atomic import write_atomically

FILE = "results.jsonl"
# Raise it whenever a change alters what is seen in a file.
VERSION = 2


class Results:
    """What was seen in the files of one data set so far.

    Args:
        folder: Where to keep it: new, empty, or of the same audit.
        question: What was asked; the answers to another one are not taken.

    Raises:
        RequestError: The folder holds something else.
    """

    def __init__(self, folder, question: dict):
        self._path = pathlib.Path(folder) / FILE
        self._question = {"version": VERSION, **question}
        self._known = {}
        self._path.parent.mkdir(parents=True, exist_ok=True)
        if self._path.exists():
            self._read()
        elif any(self._path.parent.iterdir()):
            raise RequestError(
                f"`output={folder}` is there already and is no audit. Give "
                "another name, or remove it first."
            )
        else:
            question = json.dumps(self._question) + "\n"
            write_atomically(self._path, question.encode())
        self._file = self._path.open("a")

    def close(self) -> None:
        self._file.close()

    def _read(self) -> None:
        content = self._path.read_bytes()
        # The last line may be cut where a run was killed.
        whole = content[: content.rfind(b"\n") + 1]
        lines = whole.splitlines()
        try:
            asked = json.loads(lines[0])
        except (IndexError, ValueError):
            asked = None
        if asked != self._question:
            raise RequestError(
                f"{self._path.parent} holds the audit of other data, with "
                "other limits or of another version. Give another `output`, "
                "or remove it first."
            )
        for line in lines[1:]:
            try:
                path, size, changed, row = json.loads(line)
                self._known[path] = (size, changed), from_row(row)
            except (TypeError, ValueError):
                continue
        if len(whole) < len(content):
            os.truncate(self._path, len(whole))

    def known(self, path: str) -> Seen | None:
        """Returns what was seen in a file, unless it has changed since."""
        stamp, seen = self._known.get(path, (None, None))
        return seen if stamp and stamp == _stamp(path) else None

    def keep(self, pairs: Iterable[tuple[str, Seen]]) -> None:
        """Writes down what was seen in files."""
        for path, seen in pairs:
            stamp = _stamp(path)
            if stamp:
                row = [path, *stamp, as_row(seen)]
                with naming(self._path):
                    self._file.write(json.dumps(row) + "\n")
        with naming(self._path):
            self._file.flush()


def _stamp(path: str) -> tuple[int, int] | None:
    try:
        status = os.stat(path)
    except OSError:
        return None
    return status.st_size, status.st_mtime_ns
