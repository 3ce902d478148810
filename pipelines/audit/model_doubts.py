"""What a trained model doubts of a data set, out of an evaluation's list.

`doubts.csv`, as `pipelines.evaluation.trust.doubts` says. A picture is known by
its bytes, so that it may lie somewhere else by now.
"""

import csv
import dataclasses
import os
from collections.abc import Sequence

from pipelines.audit.label_check import LabelCheck
from pipelines.audit.label_errors import Suspect
from pipelines.audit.listing import WARNING
from pipelines.audit.listing import DataFinding
from pipelines.audit.listing import Listing
from pipelines.audit.one_file import Seen
from pipelines.data.inspection.kinds import NOTE
from pipelines.data.inspection.kinds import REFUSE
from pipelines.data.sources.csv_columns import open_text
from pipelines.evaluation.trust.doubts import HEADER
from pipelines.evaluation.trust.doubts import LABEL
from zoo.errors import DataError


def with_model_doubts(
    check: LabelCheck, listing: Listing, seen: Sequence[Seen], path: str
) -> LabelCheck:
    """Adds the doubts of a trained model to those of features.

    A label that both doubt stands there once, with the larger probability.

    Args:
        check: What features say.
        listing: The pictures.
        seen: What is known of each.
        path: The list.

    Raises:
        DataError: It is no such list, or of other pictures or classes.
    """
    rows = _read(path)
    places = _places(listing, seen)
    found = [(places[key], row) for row in rows if (key := _key(row, places))]
    found = [(i, row) for i, row in found if seen[i].level != REFUSE]
    if rows and not found:
        raise DataError(
            f"`doubts={path}` is of other pictures: none of its {len(rows):,} "
            "is in the data. Judge the model by this data."
        )
    numbers = {name: label for label, name in enumerate(listing.class_names)}
    suspects = {each.place: each for each in check.suspects}
    doubted, hard = [], []
    for place, row in found:
        picture = listing.pictures[place]
        if row["why"] != LABEL:
            hard.append(picture.path)
            continue
        if row["suggested"] not in numbers:
            raise DataError(
                f"`doubts={path}` suggests the class {row['suggested']!r}, "
                "which the data does not have."
            )
        # Somebody may have corrected it since.
        if row["label"] != picture.label:
            continue
        doubted.append(picture.path)
        new = Suspect(
            place, numbers[row["suggested"]], float(row["wrong"]), 0.0, ()
        )
        old = suspects.get(place)
        if old is None or old.wrong < new.wrong:
            suspects[place] = new
    ordered = sorted(suspects.values(), key=lambda each: -each.wrong)
    return dataclasses.replace(
        check,
        suspects=tuple(ordered),
        findings=(*check.findings, *_findings(path, doubted, hard)),
    )


def _read(path: str) -> list[dict]:
    with open_text(path) as file:
        reader = csv.DictReader(file)
        if tuple(reader.fieldnames or ()) != HEADER:
            raise DataError(
                f"`doubts={path}` is no list of doubts. Expected doubts.csv, "
                "as the command evaluate writes it."
            )
        rows = [*reader]
    for number, row in enumerate(rows, 2):
        try:
            float(row["wrong"])
        except (TypeError, ValueError):
            raise DataError(
                f"`doubts={path}`, row {number}: {row['wrong']!r} is no "
                "probability."
            ) from None
    return rows


def _places(listing: Listing, seen: Sequence[Seen]) -> dict[str, int]:
    """The place of each picture, by its hash and by its path."""
    places = {
        os.path.abspath(picture.path): place
        for place, picture in enumerate(listing.pictures)
    }
    places |= {picture.path: i for i, picture in enumerate(listing.pictures)}
    return places | {
        each.sha256: place for place, each in enumerate(seen) if each.sha256
    }


def _key(row: dict, places: dict) -> str | None:
    keys = (row["sha256"], row["path"])
    return next((key for key in keys if key and key in places), None)


def _findings(path: str, doubted: list, hard: list) -> list[DataFinding]:
    found = []
    if doubted:
        message = f"{len(doubted):,} labels are doubted by the model of {path}."
        found.append(
            DataFinding(WARNING, "model_doubts", message, tuple(doubted))
        )
    if hard:
        message = (
            f"{len(hard):,} pictures are hard for the model of {path}: it "
            "hesitates between two classes. More pictures like these teach it "
            "most."
        )
        found.append(DataFinding(NOTE, "hard_pictures", message, tuple(hard)))
    return found
