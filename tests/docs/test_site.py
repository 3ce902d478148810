"""Pages of docs/: none is lost, links lead somewhere, all names are told."""

import importlib
import importlib.util
import inspect
import pathlib
import re
import tomllib
import types

import pytest
import yaml

import zoo

ROOT = pathlib.Path(__file__).parents[2]
DOCS = ROOT / "docs"
# Made by docs/site/hooks out of what lies beside docs/.
FROM_OUTSIDE = {
    "index.md": "README.md",
    "changelog.md": "CHANGELOG.md",
    "contributing.md": "CONTRIBUTING.md",
    "security.md": "SECURITY.md",
}
PAGES = [*(ROOT / name for name in FROM_OUTSIDE.values()), *DOCS.rglob("*.md")]
# Called by Keras, with Keras's signatures.
HOOKS = {"build", "call", "compute_output_shape", "from_config", "get_config"}


def hook(name):
    """Returns a module of docs/site/hooks, which is in no package."""
    path = DOCS / "site" / "hooks" / f"{name}.py"
    spec = importlib.util.spec_from_file_location(name, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def pages_in(nav):
    """Yields the pages of mkdocs.yml's nav, in order."""
    for entry in nav:
        (below,) = entry.values()
        yield from pages_in(below) if isinstance(below, list) else [below]


def test_every_page_is_in_the_nav_once():
    # Without making anything of tags such as `!!python/object`.
    site = yaml.load((ROOT / "mkdocs.yml").read_text(), yaml.BaseLoader)
    there = {str(path.relative_to(DOCS)) for path in DOCS.rglob("*.md")}
    there |= {
        str(path.relative_to(DOCS).with_suffix(".md"))
        for path in DOCS.rglob("*.ipynb")
    }
    listed = list(pages_in(site["nav"]))
    assert sorted(listed) == sorted({*there, *FROM_OUTSIDE})


def slugs(text):
    """Returns the anchors that GitHub gives a page's headings."""
    text = re.sub(r"^```.*?^```$", "", text, flags=re.DOTALL | re.MULTILINE)
    titles = re.findall(r"^#+ (.*)$", text, re.MULTILINE)
    return {
        re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-")
        for title in titles
    }


def anchors():
    for page in PAGES:
        links = re.findall(r"\]\((?!\w+:)([^)#\s]*)#(\S+?)\)", page.read_text())
        for target, anchor in links:
            yield page, page.parent / target if target else page, anchor


def test_anchors_are_headings():
    found = list(anchors())
    assert len(found) > 10
    for page, target, anchor in found:
        assert anchor in slugs(target.read_text()), f"{page.name}: #{anchor}"


def test_links_of_all_pages_lead_to_files():
    for page in PAGES:
        for target in re.findall(r"\]\((?!\w+:|#)([^)#\s]+)", page.read_text()):
            assert (page.parent / target).exists(), f"{page.name}: {target}"


@pytest.mark.parametrize(
    ("of_the_root", "of_the_site"),
    [
        ("[a](docs/data.md#order)", "[a](data.md#order)"),
        ("![b](docs/images/b.png)", "![b](images/b.png)"),
        ("[c](CONTRIBUTING.md)", "[c](contributing.md)"),
        ("[d](LICENSE), [e](#more)", "[d](LICENSE), [e](#more)"),
    ],
)
def test_links_of_the_readme_become_those_of_the_site(of_the_root, of_the_site):
    assert hook("from_outside").from_the_root(of_the_root) == of_the_site


@pytest.mark.parametrize(
    ("of_docs", "of_the_site"),
    [
        ("[a](../README.md#results)", "[a](index.md#results)"),
        ("[b](../Dockerfile)", "[b](Dockerfile)"),
        ("[c](../settings.md)", "[c](../settings.md)"),
        ("[d](data.md)", "[d](data.md)"),
    ],
)
def test_links_out_of_docs_become_those_of_the_site(of_docs, of_the_site):
    assert hook("from_outside").from_docs(of_docs) == of_the_site


def test_a_notebook_becomes_a_page():
    code = {
        "cell_type": "code",
        "source": ["a = 1\n", "a"],
        "outputs": [
            {"output_type": "stream", "name": "stdout", "text": ["said\n"]},
            {"output_type": "execute_result", "data": {"text/plain": ["1"]}},
            {"output_type": "display_data", "data": {"image/png": "AAAA\n"}},
        ],
    }
    title = {"cell_type": "markdown", "source": ["# Title\n", "Words."]}
    page = hook("notebook_pages").as_markdown({"cells": [title, code]})
    assert page.split("\n\n") == [
        "# Title\nWords.",
        "```python\na = 1\na\n```",
        '```{ .text .no-copy title="It prints" }\nsaid\n1\n```',
        "![What the cell draws](data:image/png;base64,AAAA)",
    ]


@pytest.mark.parametrize(
    ("html", "is_refused"),
    [
        ('<a href="https://a.b/c">', False),
        ('<script src="assets/a.js"></script>', False),
        ('<link rel="canonical" href="https://a.b/">', False),
        ('<img alt="x" src="data:image/png;base64,//8=">', False),
        ('<script async src="https://a.b/c.js"></script>', True),
        ("<img src=//a.b/c.png>", True),
        ('<link rel="stylesheet" href="http://a.b/c.css">', True),
        ('<link rel="preconnect" href="https://a.b" crossorigin>', True),
    ],
)
def test_what_a_browser_loads_from_elsewhere_is_found(html, is_refused):
    found = hook("no_other_host").loaded_from_elsewhere(html)
    assert bool(found) == is_refused


def shown(path):
    """Returns what an identifier of the reference stands for."""
    module, _, name = path.rpartition(".")
    return getattr(importlib.import_module(module), name)


REFERENCE = [
    identifier
    for page in sorted((DOCS / "api").glob("*.md"))
    for identifier in re.findall(r"^::: (\S+)$", page.read_text(), re.MULTILINE)
]


def test_the_reference_tells_all_public_names():
    told = {name.rpartition(".")[2] for name in REFERENCE}
    assert set(zoo.__all__) <= told
    layers = importlib.import_module("zoo.layers")
    assert {f"zoo.layers.{name}" for name in layers.__all__} <= set(REFERENCE)
    assert "pipelines.finetune" in REFERENCE


def functions_of(thing):
    """Yields what a person calls: a function, or a class's own methods."""
    if inspect.isfunction(thing):
        yield thing
        return
    for name, member in vars(thing).items():
        if (name.startswith("_") and name != "__init__") or name in HOOKS:
            continue
        member = member.fget if isinstance(member, property) else member
        member = getattr(member, "__func__", member)
        if inspect.isfunction(member):
            yield member


def bare(function):
    """Returns what of a signature has no type."""
    signature = inspect.signature(function)
    found = [
        name
        for name, parameter in signature.parameters.items()
        if parameter.annotation is parameter.empty
        and name not in ("self", "cls")
    ]
    returns = signature.return_annotation is not signature.empty
    if not returns and function.__name__ != "__init__":
        found.append("return")
    return found


def source_of(thing):
    """Returns the file of ours that something is written in."""
    path = pathlib.Path(inspect.getsourcefile(inspect.unwrap(thing)))
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("identifier", REFERENCE)
def test_what_the_reference_shows_is_annotated_and_checked(identifier):
    thing = shown(identifier)
    if isinstance(thing, types.UnionType):
        # Neither arguments nor a file.
        return
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text())
    checked = settings["tool"]["mypy"]["files"]
    source = pathlib.PurePath(source_of(thing))
    assert {str(source), *map(str, source.parents)} & set(checked), source
    for function in functions_of(thing):
        assert bare(function) == [], f"{identifier}: {function.__name__}"
