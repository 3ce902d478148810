"""What is wrong with the classes of a data folder."""

from pipelines.audit.listing import WARNING
from pipelines.data.inspection.kinds import REFUSE
from pipelines.data.sources.layout import TRAIN
from pipelines.data.sources.layout import VALIDATION
from pipelines.data.sources.scan import EXTENSIONS


def check_classes(found: dict[str, dict[str, int]], listing) -> None:
    """Names the classes, and says what is wrong with them.

    Args:
        found: How many pictures each class has, by part, the training part
            first.
        listing: Where it is said.
    """
    first = next(iter(found.values()), {})
    listing.class_names[:] = sorted(first)
    if not listing.pictures:
        listing.say(
            REFUSE,
            "no_pictures",
            "No pictures. Expected one sub-folder of pictures "
            f"({', '.join(EXTENSIONS)}) for each class.",
        )
        return
    if len(first) < 2:
        listing.say(
            REFUSE,
            "one_class",
            f"One class only, {', '.join(first)}. Expected at least two "
            "sub-folders.",
            first,
        )
    empty = sorted(name for name, count in first.items() if not count)
    if empty:
        listing.say(
            REFUSE,
            "empty_class",
            f"Classes without a picture: {', '.join(empty)}. Add some or "
            "remove the folders.",
            empty,
        )
    _check_lonely(found, first, listing)
    _check_parts(found, first, listing)
    _check_spelling(first, listing)


def _check_lonely(found, first, listing) -> None:
    lonely = sorted(name for name, count in first.items() if count == 1)
    if lonely:
        # Of one picture none can be held out.
        level = WARNING if VALIDATION in found else REFUSE
        listing.say(
            level,
            "one_picture",
            f"Classes of one picture: {', '.join(lonely)}. Add some, or "
            "remove the classes.",
            lonely,
        )


def _check_parts(found, first, listing) -> None:
    if VALIDATION not in found or TRAIN not in found:
        return
    held_out = found[VALIDATION]
    if not any(held_out.values()):
        listing.say(
            REFUSE,
            "no_pictures",
            "The validation part has no pictures in class folders. Sort them "
            "into one for each class, or take the folder away.",
        )
        return
    unknown = sorted(set(held_out) - set(first))
    if unknown:
        listing.say(
            REFUSE,
            "unknown_class",
            f"Classes of the validation part that the training part lacks: "
            f"{', '.join(unknown)}. Rename or remove them.",
            unknown,
        )
    missing = sorted(name for name in first if not held_out.get(name))
    if missing:
        listing.say(
            WARNING,
            "not_judged",
            f"Classes without a picture in the validation part: "
            f"{', '.join(missing)}.",
            missing,
        )


def _check_spelling(first, listing) -> None:
    spelt = {}
    for name in first:
        spelt.setdefault(name.strip().casefold(), []).append(name)
    for names in spelt.values():
        if len(names) > 1 or names[0] != names[0].strip():
            listing.say(
                WARNING,
                "spelling",
                "Classes that differ in capitals or spaces only: "
                f"{', '.join(map(repr, names))}.",
                names,
            )
