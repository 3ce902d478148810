"""The published weights as a table for a document."""

from zoo.cards import CARDS
from zoo.cards import ModelInfo
from zoo.weights.origins import origins_of
from zoo.weights.parity import parity_of
from zoo.weights.sources import WeightsSource
from zoo.weights.sources import best_of
from zoo.weights.sources import weights_of

_HEADER = (
    *("model", "parameters", "MACs", "`weights=`", "size", "top-1", "top-5"),
    *("test size", "licence", "logits checked against"),
)


def markdown_table() -> str:
    """Returns all models with all of their weights, a row for each set.

    Example:

    ```python
    from zoo.weights.listing import markdown_table
    assert "| resnet50 | 25.56 M | 4.09 G |" in markdown_table()
    ```
    """
    rows = [
        _HEADER,
        ("---", *("---:",) * 2, "---", *("---:",) * 4, "---", "---"),
    ]
    for card in CARDS.values():
        rows += _rows_of(card)
    return "\n".join(f"| {' | '.join(row)} |" for row in rows) + "\n"


def _rows_of(card: ModelInfo):
    sets = weights_of(card.name)
    about = (
        card.name,
        f"{card.parameters / 1e6:.2f} M",
        f"{card.macs / 1e9:.2f} G",
    )
    if not sets:
        yield (*about, *("—",) * 6, _checked_alone(card.name))
    for row in sets:
        yield (*about, *_cells(row))
        about = ("", "", "")


def _cells(row: WeightsSource):
    name = f"`{row.name}`"
    if row is best_of(row.model):
        name += " = `imagenet`"
    return (
        name,
        f"{row.preprocessing.image_size}",
        percent(row.top1),
        percent(row.top5),
        f"{row.preprocessing.test_size or '—'}",
        row.licence,
        checked(row),
    )


def percent(value: float | None) -> str:
    """Writes an accuracy, or a dash where none was published."""
    return "—" if value is None else f"{value:g}"


def checked(row: WeightsSource) -> str:
    """Says which version a set's network was compared with, and how close."""
    return _against(row.model, row.origin) or "—"


def _checked_alone(model: str) -> str:
    """Likewise for a network that has no set of weights here."""
    found = [_against(model, origin) for origin in origins_of(model)]
    return ", ".join(filter(None, found)) or "—"


def _against(model: str, origin: str) -> str:
    found = parity_of(model, origin)
    library = origin.partition("/")[0]
    return (found and f"{library} {found.version} ({found.error:.0e})") or ""
