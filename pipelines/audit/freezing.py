"""Freezing what an audit found good into a manifest."""

from collections.abc import Sequence

from pipelines.audit.findings import kind_of
from pipelines.audit.listing import ListedPicture
from pipelines.audit.listing import Listing
from pipelines.audit.one_file import Seen
from pipelines.data.inspection.kinds import REFUSE
from pipelines.data.sources.layout import TRAIN
from pipelines.data.sources.layout import VALIDATION
from pipelines.data.sources.manifest import ManifestRow
from pipelines.data.sources.manifest import write_manifest
from zoo.errors import DataError


def left_out(
    listing: Listing, seen: Sequence[Seen], exact: list[list[int]]
) -> dict[str, list[int]]:
    """Says which pictures a manifest leaves out, and why.

    Args:
        listing: The pictures.
        seen: What is known of each.
        exact: Groups of places of equal bytes.

    Returns:
        Places: `refused` files, all copies of a `conflict` of labels, and
        training copies of validation pictures (`leak`).
    """
    pictures = listing.pictures
    out = {
        "refused": [i for i, each in enumerate(seen) if each.level == REFUSE],
        "conflict": [],
        "leak": [],
    }
    for places in exact:
        kind = kind_of(pictures, places)
        if kind == "conflict":
            out["conflict"] += places
        elif kind == "leak":
            out["leak"] += [i for i in places if pictures[i].part == TRAIN]
    taken = set(out["refused"])
    for reason in ("conflict", "leak"):
        out[reason] = [i for i in out[reason] if i not in taken]
    return out


def freeze(
    path, listing: Listing, seen: Sequence[Seen], exact: list[list[int]]
) -> int:
    """Writes a manifest of what can be trained on.

    Args:
        path: Where to, ending in `.csv`; see `pipelines.data.sources.manifest`.
        listing: The pictures.
        seen: What is known of each, from whole files.
        exact: Groups of places of equal bytes.

    Returns:
        How many pictures it lists.

    Raises:
        DataError: Nothing is left to list.
        RequestError: The manifest is there already.
    """
    out = left_out(listing, seen, exact)
    bad = {i for places in out.values() for i in places}
    good = [i for i in range(len(seen)) if i not in bad]
    if not good:
        raise DataError("`write_manifest`: no picture is left to list.")
    present = {listing.pictures[i].label for i in good}
    return write_manifest(
        path,
        (_row(listing.pictures[i], seen[i]) for i in good),
        tuple(name for name in listing.class_names if name in present),
    )


def _row(picture: ListedPicture, seen: Seen) -> ManifestRow:
    # Of a set that is not split, a part is held out when it is opened.
    split = VALIDATION if picture.part == VALIDATION else TRAIN
    return ManifestRow(
        picture.path, picture.label, split, seen.look.size, seen.sha256
    )
