"""Opening a data set to be looked at, also one that training would refuse."""

import dataclasses
import os
from collections.abc import Callable

from pipelines import herbarium
from pipelines.audit.listing import TRAIN
from pipelines.audit.listing import VALIDATION
from pipelines.audit.listing import Entry
from pipelines.audit.listing import Listing
from pipelines.audit.walking import list_folder
from pipelines.data.examples import Examples
from pipelines.data.inspection.kinds import REFUSE
from pipelines.data.sources.files import read_files
from pipelines.data.sources.opening import open_splits
from pipelines.data.sources.shards import is_shards
from zoo.errors import DataError


@dataclasses.dataclass(frozen=True)
class Source:
    """A data set to be looked at.

    Args:
        listing: Its pictures, and what is wrong with it as a whole.
        encoded: Returns the bytes of some pictures, given their places.
        files: Whether every picture is a file of its own.
    """

    listing: Listing
    encoded: Callable[[list[int]], list[bytes]]
    files: bool


def open_source(
    data: str, *, allow_outside: bool = False, progress=None
) -> Source:
    """Opens what `--data` says.

    Args:
        data: As for `pipelines.data.sources.opening.open_splits`.
        allow_outside: Whether links may lead out of a folder.
        progress: As for `open_splits`.

    Raises:
        RequestError: There is no such data set.
    """
    if data == "herbarium":
        data = str(herbarium.prepare(progress=progress))
    if os.path.isdir(data) and not is_shards(data):
        return _of_files(list_folder(data, allow_outside=allow_outside))
    try:
        splits = open_splits(data, progress=progress)
    except DataError as error:
        listing = Listing()
        listing.say(REFUSE, "source", str(error))
        return _of_files(listing)
    # A split that was made up is none of the data set's own.
    made_up = bool(splits.note) and splits.train is not None
    parts = ((TRAIN, splits.train), (VALIDATION, splits.validation))
    return _of_examples(
        [
            ("" if made_up else part, examples)
            for part, examples in parts
            if examples is not None
        ]
    )


def _of_files(listing: Listing) -> Source:
    paths = [entry.path for entry in listing.entries]
    return Source(
        listing, lambda wanted: read_files([paths[i] for i in wanted]), True
    )


def _of_examples(parts: list[tuple[str, Examples]]) -> Source:
    listing = Listing()
    where = []
    for part, examples in parts:
        listing.class_names[:] = examples.class_names
        for i, label in enumerate(examples.labels):
            name = examples.class_names[label]
            listing.entries.append(Entry(examples.names[i], part, name))
            where.append((examples, i))
    names = [entry.path for entry in listing.entries[:1]]
    files = all(os.path.isfile(name) for name in names)

    def encoded(wanted):
        pictures = []
        for place in wanted:
            examples, i = where[place]
            pictures += examples.encoded([i])
        return pictures

    return Source(listing, encoded, files)
