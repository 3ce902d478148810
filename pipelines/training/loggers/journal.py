"""What a run is called at its loggers, and how far they have come."""

import json
import pathlib
import secrets

from zoo.plain_json import dumps
from zoo.weights.atomic import write_atomically

LOGGERS_FILE = "loggers.json"


class Journal:
    """The file `loggers.json` in a run's folder.

    Args:
        folder: The run's.
    """

    def __init__(self, folder: pathlib.Path):
        self._path = folder / LOGGERS_FILE
        if self._path.exists():
            self._held = json.loads(self._path.read_bytes())
        else:
            self._held = {"id": secrets.token_hex(4), "logged": {}}
            self._write()

    @property
    def id(self) -> str:
        """By which a run is found again, eight digits from 0 to f."""
        return self._held["id"]

    def takes(self, part: str, step: int) -> bool:
        """Notes a step of a part, and says whether it comes the first time.

        It is noted before it is logged: a kill between the two leaves a point
        out, where it would be there twice the other way round.
        """
        if step <= self._held["logged"].get(part, -1):
            return False
        self._held["logged"][part] = step
        self._write()
        return True

    def _write(self) -> None:
        write_atomically(self._path, dumps(self._held).encode())
