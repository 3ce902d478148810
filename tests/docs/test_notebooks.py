"""The notebooks of docs/ run, and hold what they print: `make test-extras`."""

import json
import pathlib
import sys

import pytest

SITE = pathlib.Path(__file__).parents[2] / "docs" / "site"
NOTEBOOKS = sorted((SITE.parent / "notebooks").glob("*.ipynb"))


def test_there_are_three():
    assert [path.stem for path in NOTEBOOKS] == [
        "long_runs", "your_photos", "zoo_in_your_project"
    ]  # fmt: skip


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_what_prints_has_been_run(path):
    cells = json.loads(path.read_text())["cells"]
    code = [cell for cell in cells if cell["cell_type"] == "code"]
    # In order, from a fresh start.
    counts = [cell["execution_count"] for cell in code]
    assert counts == list(range(1, len(code) + 1))
    for cell in code:
        if "print(" in "".join(cell["source"]):
            assert cell["outputs"], "".join(cell["source"])
    assert path.stat().st_size < 200_000


@pytest.mark.extras
@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_runs(path, monkeypatch):
    monkeypatch.syspath_prepend(SITE)
    # Its kernel is a process of its own, in another folder.
    monkeypatch.setenv("PYTHONPATH", str(SITE.parents[1]))
    from run_notebooks import executed

    again = executed(path)
    assert "run_notebooks" in sys.modules
    stored = json.loads(path.read_text())["cells"]
    # The same cells leave something, whatever this machine makes of it.
    assert [bool(cell.get("outputs")) for cell in again.cells] == [
        bool(cell.get("outputs")) for cell in stored
    ]
