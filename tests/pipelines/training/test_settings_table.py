"""The table of settings in the documents is the one that the rows make."""

import pathlib

from pipelines.runs.settings import settings_of
from pipelines.training.config import FinetuneConfig
from pipelines.training.settings_table import settings_page

_DOCS = pathlib.Path(__file__).parents[3] / "docs" / "settings.md"


def test_the_document_is_the_generated_one():
    assert _DOCS.read_text(encoding="utf-8") == settings_page(), (
        "python -m pipelines.training.settings_table > docs/settings.md"
    )


def test_every_setting_has_its_row():
    lines = settings_page().splitlines()
    rows = [line for line in lines if line.startswith("| `")]
    assert {row.count(" | ") for row in rows} == {4}
    for name in settings_of(FinetuneConfig):
        assert sum(row.startswith(f"| `{name}` |") for row in rows) == 1, name
    (row,) = (row for row in rows if row.startswith("| `patience` "))
    assert row.startswith("| `patience` | 0…1000000 | – | 0 | Epochs without")
