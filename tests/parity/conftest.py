"""The folders that the exporters wrote, and a table of what was compared."""

import json
import pathlib

import numpy as np
import pytest
from cases import SEED
from cases import Case
from random_tensors import random_pixels

_TOLERANCE = 1e-4
_ROWS = []


def pytest_addoption(parser):
    parser.addoption(
        "--parity_files",
        default=None,
        help="The folder that tests/parity/export.py wrote.",
    )
    parser.addoption(
        "--parity_pictures",
        default=None,
        help="The folder that tests/parity/export_pictures.py wrote.",
    )


def _exported(config):
    folder = config.getoption("parity_files", None)
    if not folder:
        return
    folder = pathlib.Path(folder)
    for row in json.loads((folder / "index.json").read_text()):
        name = Case(row["model"], row["origin"], row["theirs"]).name
        for ending in (".safetensors", ".pth"):
            yield {**row, "file": folder / (name + ending)}


def _shown(config):
    folder = config.getoption("parity_pictures", None)
    if folder:
        folder = pathlib.Path(folder)
        for row in json.loads((folder / "index.json").read_text()):
            yield {**row, "file": folder / row["file"]}


def pytest_generate_tests(metafunc):
    if "shown" in metafunc.fixturenames:
        rows = list(_shown(metafunc.config))
        names = [f"{row['model']}-{row['weights']}" for row in rows]
        metafunc.parametrize("shown", rows, ids=names)
    if "exported" in metafunc.fixturenames:
        rows = list(_exported(metafunc.config))
        names = [row["file"].name for row in rows]
        metafunc.parametrize("exported", rows, ids=names)


@pytest.fixture
def compare():
    """Returns a function: are a model's logits those of a row?"""

    def check(model, row, form=""):
        actual = np.asarray(model(random_pixels(row["side"], SEED)))
        expected = np.asarray(row["logits"], "float32")
        assert actual.shape == expected.shape
        error = np.abs(actual - expected).max() / np.abs(expected).max()
        form = form or "".join(getattr(row.get("file"), "suffixes", ()))
        _ROWS.append(
            (row["model"], row["origin"], row["version"], form, f"{error:.1e}")
        )
        assert error < _TOLERANCE

    return check


def pytest_terminal_summary(terminalreporter, config):
    if config.getoption("markexpr") == "parity":
        terminalreporter.write_line("model, origin, version, file, error")
        for row in _ROWS:
            terminalreporter.write_line(", ".join(row))
