"""What pages name is there: files, names of the library, targets of make."""

import importlib
import pathlib
import re

import pytest

ROOT = pathlib.Path(__file__).parents[2]
PAGES = [
    *(ROOT / f"{name}.md" for name in ("README", "CONTRIBUTING", "SECURITY")),
    *sorted((ROOT / "docs").glob("*.md")),
]
TARGETS = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.M))
_CODE = re.compile(r"`([^`\n]+)`")
_PATH = re.compile(r"(?:zoo|pipelines|apps|docs|tests)/[\w./-]*")
_NAME = re.compile(r"(?:zoo|pipelines|apps)(?:\.\w+)+")
# What is still to come, and where it goes.
TO_COME = {
    "pipelines/robustness",
    "pipelines/tasks/contrastive.py",
    "pipelines/tasks/detection.py",
}
# Beside their places in CONTRIBUTING.md: what somebody calls a new file.
_NEW = re.compile(r"NAME|XX")


def in_backticks(page, pattern):
    for code in _CODE.findall(page.read_text()):
        match = pattern.match(code)
        if match and not _NEW.search(code):
            yield match[0]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_files_are_there(page):
    for path in in_backticks(page, _PATH):
        assert (ROOT / path).exists() != (path in TO_COME), path


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_names_are_there(page):
    for name in in_backticks(page, _NAME):
        assert found(name), name


def found(name):
    """Returns whether a dotted name is a module or something in one."""
    module, *rest = name.split(".")
    thing = importlib.import_module(module)
    for each in rest:
        module = f"{module}.{each}"
        if hasattr(thing, each):
            thing = getattr(thing, each)
            continue
        try:
            thing = importlib.import_module(module)
        except ImportError:
            return False
    return True


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_targets_are_there(page):
    told = re.findall(r"(?:^    |`)make ([a-z-]+)", page.read_text(), re.M)
    assert set(told) <= TARGETS
