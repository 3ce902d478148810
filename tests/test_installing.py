"""Whatever is said to be installed can be had, from a checkout, too."""

import configparser
import json
import pathlib
import re
import shlex

import pytest
from packaging.requirements import Requirement

from zoo.extras import EXTRAS
from zoo.extras import installing

ROOT = pathlib.Path(__file__).parents[1]
SAYING = re.compile(r"pip install[ \n]+(?:\\\n +)?([^`#,;)]*)")
PUBLISHED = ROOT / "zoo" / "weights" / "data" / "published.json"
# What no file of ours asks for, the last in an example.
OTHERS = {"array-record", "tensorboard-plugin-profile", "some-weights"}
# What stands in for a name where the name is a variable.
FILLED_IN = re.compile(r"[{][^}]*[}]|\$[{(][^})]*[})]")


def settings():
    found = configparser.ConfigParser()
    found.read(ROOT / "setup.cfg")
    return found


def rows(section, name):
    lines = settings()[section][name].splitlines()
    return tuple(line for line in lines if line and not line.startswith("#"))


def known():
    """All names that an index has: ours to depend on, and of weights."""
    extras = settings()["options.extras_require"]
    wanted = [
        *rows("options", "install_requires"),
        *(row for name in extras for row in rows(extras.name, name)),
    ]
    names = {Requirement(row).name for row in wanted}
    sets = json.loads(PUBLISHED.read_text())
    names |= {row["distribution"]["name"] for row in _distributions(sets)}
    return {name.lower().replace("_", "-") for name in names} | OTHERS


def _distributions(held):
    found = held if isinstance(held, list) else list(held.values())
    for row in found:
        if isinstance(row, list):
            yield from _distributions(row)
        elif isinstance(row, dict) and "distribution" in row:
            yield row


def texts():
    for pattern in ("*.md", "docs/*.md", "Dockerfile", "setup.cfg"):
        yield from ROOT.glob(pattern)
    for package in ("zoo", "pipelines", "apps"):
        for ending in ("py", "html"):
            yield from (ROOT / package).rglob(f"*.{ending}")


def test_the_extras_are_those_of_the_package():
    extras = settings()["options.extras_require"]
    assert set(EXTRAS) == set(extras) - {"dev"}
    for name, brings in EXTRAS.items():
        assert brings == rows(extras.name, name), name


def test_the_page_has_all_extras():
    page = (ROOT / "docs" / "installing.md").read_text()
    (table,) = re.findall(r"^\| extra \|.*\n\|.*\n((?:\|.*\n)+)", page, re.M)
    cells = [line.split("|")[1] for line in table.splitlines()]
    told = re.findall(r"`(\w+)`", " ".join(cells))
    assert sorted(told) == sorted(settings()["options.extras_require"])


@pytest.mark.parametrize("extra", EXTRAS)
def test_a_command_names_distributions(extra):
    words = shlex.split(installing(extra))
    assert words[:2] == ["pip", "install"] and tuple(words[2:]) == EXTRAS[extra]


def test_nothing_is_installed_by_the_name_of_this_package():
    """Which no index has: a checkout is installed as a folder, `.`."""
    for path in texts():
        text = path.read_text()
        assert not re.search(r"keras-zoo\[", text), path
        assert not re.search(r"pip install[^\n]*\bkeras-zoo\b", text), path


def test_whatever_is_installed_can_be_had():
    seen, extras = 0, set(EXTRAS)
    for path in texts():
        for said in SAYING.findall(path.read_text()):
            for word in said.replace("\n", " ").split():
                word = word.strip("'\".")
                if word.startswith("[") and word.endswith("]"):
                    asked = FILLED_IN.sub("", word[1:-1])
                    assert set(filter(None, asked.split(","))) <= extras, path
                    seen += 1
                name = re.match(r"[A-Za-z][\w-]*(?=[=><\[]=|$)", word)
                if name and "=" in word:
                    seen += 1
                    found = name[0].lower().replace("_", "-")
                    assert found in known(), (path, word)
    assert seen >= 8
