"""What has been fetched of a file so far, and who is fetching it."""

import contextlib
import json
import os
import pathlib

try:
    import fcntl
except ImportError:
    # Windows: a process there resumes only what it began itself.
    fcntl = None

# What is remembered of a file that was cut off.
STATED = ("url", "total", "etag", "modified")


@contextlib.contextmanager
def open_part(wanted):
    """Opens the file that is being fetched, for one process at a time.

    Gives None if another process has finished it meanwhile.
    """
    suffix = ".part" if fcntl else f".{os.getpid()}.part"
    part = wanted.path.with_name(wanted.path.name + suffix)
    while True:
        with open(part, "a+b") as file:
            if fcntl:
                fcntl.flock(file, fcntl.LOCK_EX)
            if not _is_at(part, file):
                # The process before us has moved it to its final name.
                continue
            if wanted.is_there():
                part.unlink()
                yield None
                return
            try:
                yield file
            finally:
                if not file.closed and _is_empty(part, file):
                    part.unlink()
                    pathlib.Path(f"{part}.json").unlink(missing_ok=True)
            return


def _is_at(path, file) -> bool:
    try:
        return os.path.samestat(os.stat(path), os.fstat(file.fileno()))
    except FileNotFoundError:
        return False


def _is_empty(path, file) -> bool:
    return _is_at(path, file) and not os.fstat(file.fileno()).st_size


class Partial:
    """What has been fetched so far, its hash and what it was part of."""

    def __init__(self, wanted, file):
        self._file = file
        self._wanted = wanted
        self._notes = pathlib.Path(f"{file.name}.json")
        self.stated = self._read_notes()
        if self.stated is None:
            file.truncate(0)
        file.seek(0)
        self.hash = self._wanted.hash.start()
        while data := file.read(1 << 20):
            self.hash.update(data)
        self.received = file.tell()

    def _read_notes(self) -> dict | None:
        try:
            notes = json.loads(self._notes.read_text())
        except (FileNotFoundError, ValueError):
            return None
        whole = isinstance(notes, dict) and set(notes) == set(STATED)
        return notes if whole else None

    def restart(self, stated: dict | None) -> None:
        """Forgets everything; what follows is part of what is stated."""
        self._file.truncate(0)
        self.hash = self._wanted.hash.start()
        self.received = 0
        self.stated = stated
        if stated is None:
            self._notes.unlink(missing_ok=True)
        else:
            self._notes.write_text(json.dumps(stated))

    def write(self, data: bytes) -> None:
        self._file.write(data)
        self.hash.update(data)
        self.received += len(data)

    def flush(self) -> None:
        self._file.flush()

    def can_go_on(self) -> bool:
        """Whether a change at the server would be noticed."""
        stated = self.stated or {}
        known = (stated.get("etag"), stated.get("modified"))
        return any((*known, self._wanted.hash.is_known))

    def is_whole(self) -> bool:
        """Whether everything that was stated has been received."""
        total = self.stated and self.stated["total"]
        return bool(self.received) and self.received == total

    def is_right(self) -> bool:
        """Whether it hashes to what it has to."""
        return self._wanted.hash.is_right(self.hash)

    def finish(self) -> None:
        """Gives the file its final name, once it is on the disk."""
        self._file.flush()
        os.fsync(self._file.fileno())
        if not fcntl:
            # Windows moves no open files.
            self._file.close()
        os.replace(self._file.name, self._wanted.path)
        self._notes.unlink(missing_ok=True)
        if fcntl:
            folder = os.open(self._wanted.path.parent, os.O_RDONLY)
            os.fsync(folder)
            os.close(folder)
