"""Opening a data set to be looked at, also one that training would refuse.

What is listed is what training would read: a folder by the same walk, which
here goes on where training stops, and all other kinds of data by the same
opening.
"""

import dataclasses
from collections.abc import Callable

from pipelines.audit.folder_listing import list_folder
from pipelines.audit.listing import ListedPicture
from pipelines.audit.listing import Listing
from pipelines.data.examples import Examples
from pipelines.data.examples import Splits
from pipelines.data.inspection.kinds import NOTE
from pipelines.data.inspection.kinds import REFUSE
from pipelines.data.sources.csv_columns import NamedColumns
from pipelines.data.sources.files import read_files
from pipelines.data.sources.layout import TRAIN
from pipelines.data.sources.layout import VALIDATION
from pipelines.data.sources.layout import WHOLE
from pipelines.data.sources.opening import open_splits
from pipelines.data.sources.opening import picture_folder
from pipelines.waiting.work import work
from zoo.errors import DataError

_COLUMNS = NamedColumns()


@dataclasses.dataclass(frozen=True)
class AuditedData:
    """A data set to be looked at.

    Args:
        listing: Its pictures, and what is wrong with it as a whole.
        encoded: Returns the bytes of some pictures, given their places.
        files: Whether every picture is a file of its own.
        sha256: What the pictures must hash to, in hexadecimal; empty where
            nobody has said.
    """

    listing: Listing
    encoded: Callable[[list[int]], list[bytes]]
    files: bool
    sha256: tuple[str, ...] = ()


@work("opening the pictures", "picture")
def open_data(
    data: str,
    *,
    allow_outside_links: bool = False,
    progress=None,
    columns: NamedColumns = _COLUMNS,
) -> AuditedData:
    """Opens a data set.

    Args:
        data: As for `pipelines.data.sources.opening.open_splits`.
        allow_outside_links: Whether links may lead out of a folder.
        progress: As for `open_splits`.
        columns: Columns of a table that somebody has named.

    Raises:
        RequestError: There is no such data set.
    """
    folder = picture_folder(data, progress)
    if folder:
        return _of_files(
            list_folder(folder, allow_outside_links=allow_outside_links)
        )
    try:
        splits = open_splits(data, seed=None, progress=progress, named=columns)
    except DataError as error:
        listing = Listing()
        listing.say(REFUSE, "source", str(error))
        return _of_files(listing)
    return _of_splits(splits)


def _of_files(listing: Listing) -> AuditedData:
    paths = [picture.path for picture in listing.pictures]
    return AuditedData(
        listing, lambda wanted: read_files([paths[i] for i in wanted]), True
    )


def _of_splits(splits: Splits) -> AuditedData:
    # A part that was split off here is none of the data set's own.
    names = (WHOLE, WHOLE) if splits.split_off else (TRAIN, VALIDATION)
    parts = [
        (name, examples)
        for name, examples in zip(
            names, (splits.train, splits.validation), strict=True
        )
        if examples is not None
    ]
    listing = Listing(class_names=[*parts[0][1].class_names])
    if parts[0][1].several:
        listing.say(
            NOTE,
            "labels_not_checked",
            "A picture may show several classes here. Label errors are looked "
            "for where it shows one: not in this data.",
        )
    where = []
    for part, examples in parts:
        for i in range(len(examples)):
            name = examples.label_text(i)
            listing.pictures.append(
                ListedPicture(examples.names[i], part, name)
            )
            where.append((examples, i))

    def encoded(wanted):
        pictures = []
        for place in wanted:
            examples, i = where[place]
            pictures += examples.encoded([i])
        return pictures

    files = all(examples.are_files for _, examples in parts)
    return AuditedData(listing, encoded, files, _hashes(parts))


def _hashes(parts: list[tuple[str, Examples]]) -> tuple[str, ...]:
    if any(examples.sha256 is None for _, examples in parts):
        return ()
    return tuple(
        row.tobytes().hex() for _, examples in parts for row in examples.sha256
    )
