"""One process a folder: a lock that dies with the process that holds it."""

import fcntl
import os
import pathlib
import socket

from zoo.errors import RequestError

LOCK = ".lock"


class FolderLock:
    """Keeps other processes out of a folder.

    The kernel holds it and lets go when the process ends, however it ends:
    there is nothing stale to remove.

    Args:
        folder: An existing folder.

    Raises:
        RequestError: Another process has it.
    """

    def __init__(self, folder):
        path = pathlib.Path(folder) / LOCK
        self._descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            holder = os.read(self._descriptor, 200).decode(errors="replace")
            os.close(self._descriptor)
            raise RequestError(
                f"`output={folder}` is in use by {holder.strip() or '?'}. "
                "Wait for it to end, or give another folder."
            ) from error
        owner = f"process {os.getpid()} on {socket.gethostname()}\n"
        os.ftruncate(self._descriptor, 0)
        os.pwrite(self._descriptor, owner.encode(), 0)

    def release(self) -> None:
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None
