"""Runs the notebooks of docs/ anew: `make notebooks` stores what they print.

A test runs them, too (`tests/docs/test_notebooks.py`).
"""

import pathlib
import tempfile

import nbformat
from nbclient import NotebookClient

NOTEBOOKS = sorted(
    (pathlib.Path(__file__).parents[1] / "notebooks").glob("*.ipynb")
)
_FORMAT = 4
_LIMIT_S = 600


def executed(path: pathlib.Path) -> nbformat.NotebookNode:
    """Returns a notebook with what its cells print and draw today.

    Args:
        path: Of an `.ipynb` file. It runs in a folder that is removed.

    Raises:
        CellExecutionError: A cell has failed.
    """
    notebook = nbformat.read(path, _FORMAT)
    with tempfile.TemporaryDirectory() as folder:
        NotebookClient(
            notebook,
            timeout=_LIMIT_S,
            resources={"metadata": {"path": folder}},
        ).execute()
    for cell in notebook.cells:
        # When it ran, and what TensorFlow says of this machine.
        cell.metadata.clear()
        if cell.cell_type == "code":
            cell.outputs = [
                each for each in cell.outputs if each.get("name") != "stderr"
            ]
            for output in cell.outputs:
                # The same picture as its PNG.
                output.get("data", {}).pop("image/jpeg", None)
    # The version of this Python.
    notebook.metadata.language_info = {"name": "python"}
    return notebook


if __name__ == "__main__":
    for path in NOTEBOOKS:
        nbformat.write(executed(path), path)
