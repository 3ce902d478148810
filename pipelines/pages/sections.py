"""A part of a report that is the same on a page, in a card and as data."""

import dataclasses


@dataclasses.dataclass(frozen=True)
class Section:
    """Something that was found beside a report's own numbers.

    Args:
        title: Its heading.
        notes: Paragraphs below it.
        table: Rows to look at, their names first; may be empty.
        charts: `<svg>` elements.
        files: What stands in files of their own: rows by a name without
            `.csv`, their names first.
        metrics: What `metrics.json` has of it.
        in_card: Whether a model card has it, too.
    """

    title: str
    notes: tuple[str, ...] = ()
    table: tuple[tuple[str, ...], ...] = ()
    charts: tuple[str, ...] = ()
    files: dict[str, list] = dataclasses.field(default_factory=dict)
    metrics: dict = dataclasses.field(default_factory=dict)
    in_card: bool = True
