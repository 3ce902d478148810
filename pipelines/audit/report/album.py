"""Cards of an audit's pictures: a thumbnail, a name, where it belongs."""

import os
import pathlib

from pipelines.audit.auditing import Audit
from pipelines.data.inspection.kinds import REFUSE
from pipelines.data.thumbnails import thumbnail

PARTS = {"": "all", "train": "training", "val": "validation"}
_SIDE = 160


class Album:
    """Makes cards for a page, each thumbnail once.

    Args:
        audit: Whose pictures.
    """

    def __init__(self, audit: Audit):
        self._audit = audit
        self._root = os.path.join(pathlib.Path(audit.data), "")
        self._made = {}

    def name(self, place: int) -> str:
        """Returns a picture's path inside the data."""
        path = self._audit.listing.pictures[place].path
        return path.removeprefix(self._root)

    def card(self, place: int, **more) -> dict:
        """Returns what the templates show of a picture.

        Args:
            place: Of the picture.
            **more: What else is known of it.
        """
        picture = self._audit.listing.pictures[place]
        look = self._audit.seen[place].look
        return {
            "name": self.name(place),
            "label": picture.label,
            "part": PARTS[picture.part],
            "size": f"{look.width}×{look.height}" if look.width else "",
            "picture": self._thumbnail(place),
            **more,
        }

    def _thumbnail(self, place: int) -> str:
        """Returns a data URI; empty for a file that must not be decoded."""
        if place not in self._made:
            refused = self._audit.seen[place].level == REFUSE
            encoded = None if refused else self._audit.encoded([place])[0]
            self._made[place] = thumbnail(encoded, _SIDE)
        return self._made[place]
