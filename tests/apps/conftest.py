"""Running commands in this process, which has TensorFlow already."""

import dataclasses
import io
import pathlib
import re
import sys

import numpy as np
import pytest
from absl import flags
from PIL import Image

from pipelines.pages.commands import called_as
from pipelines.waiting import heartbeat
from pipelines.waiting.heartbeat import Heartbeat


@dataclasses.dataclass(frozen=True)
class Answer:
    code: int
    out: str
    err: str


@pytest.fixture
def command(capsys, monkeypatch):
    """Runs a command's `cli()` as the shell would; returns an `Answer`.

    What it says of long work, and when, depends on the machine: nobody hears.
    """
    monkeypatch.setattr(heartbeat, "_beating", Heartbeat(io.StringIO()))

    def run(module, *words):
        before = set(flags.FLAGS)
        monkeypatch.setattr(sys, "argv", [module.__name__, *map(str, words)])
        capsys.readouterr()
        code = 0
        try:
            module.cli()
        except SystemExit as stop:
            code = stop.code or 0
        finally:
            for name in set(flags.FLAGS) - before:
                delattr(flags.FLAGS, name)
            flags.FLAGS.unparse_flags()
            called_as("zoo ")
        return Answer(code, *capsys.readouterr())

    return run


def draw(path, colour, size=(24, 20), seed=0):
    """Writes a noisy picture of one colour."""
    random = np.random.default_rng(seed)
    pixels = np.clip(
        np.asarray(colour) + random.normal(0, 25, (size[1], size[0], 3)),
        0,
        255,
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels.astype("uint8")).save(path)
    return path


COLOURS = {"blue": (40, 60, 200), "red": (200, 50, 40)}


@pytest.fixture
def photos(tmp_path):
    """A folder of two classes that a net of any kind can tell apart."""
    root = tmp_path / "photos"
    for part, count in (("train", 12), ("val", 4)):
        for name, colour in COLOURS.items():
            for i in range(count):
                draw(
                    root / part / name / f"{part}{i}.jpg",
                    colour,
                    seed=i + 100 * (part == "val"),
                )
    return root


ROOT = pathlib.Path(__file__).parents[2]


def told_in(page, heading):
    """Returns what a page's first table below a heading names, and rows.

    By each name in the first column what stands beside it.
    """
    text = (ROOT / "docs" / page).read_text()
    below = text[text.index(f"\n## {heading}\n") :]
    (table,) = re.findall(r"(?:^\|.*\n)+", below, re.M)[:1]
    return {
        name: row.split("|")[2].strip()
        for row in table.splitlines()[2:]
        for name in re.findall(r"`([^`]+)`", row.split("|")[1])
    }


@pytest.fixture
def left_as_told():
    """Holds a folder to the table of a page: nothing more, nothing less.

    A row that begins with "with `--…`" is of those who ask for it.
    """

    def check(folder, page, heading):
        told = told_in(page, heading)
        there = {each.name for each in folder.iterdir()}
        there = {re.sub(r"^events\.out.*", "events.out…", n) for n in there}
        names = {name.rstrip("/"): row for name, row in told.items()}
        assert there <= set(names), there - set(names)
        for name, row in names.items():
            asked = row.startswith(("with `--", "what `--"))
            assert asked or name in there, name

    return check
