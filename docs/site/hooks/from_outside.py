"""Pages of the site that lie outside of docs/: the README is its home."""

import pathlib
import re

_ROOT = pathlib.Path(__file__).parents[3]
_PAGES = {
    "README.md": "index.md",
    "CHANGELOG.md": "changelog.md",
    "CONTRIBUTING.md": "contributing.md",
    "SECURITY.md": "security.md",
}
# What pages point to that is no page.
_FILES = ("CITATION.cff", "Dockerfile", "LICENSE")
# A link to a file of the repository; addresses and anchors are none.
_LINK = re.compile(r"\]\((?!\w+:|#)([^)#\s]+)")


def on_files(files, config):
    """Adds what lies outside, as if it lay in docs/."""
    # Only whoever builds the site has it.
    from mkdocs.structure.files import File

    for name, page in _PAGES.items():
        content = from_the_root((_ROOT / name).read_text())
        files.append(File.generated(config, page, content=content))
    for name in _FILES:
        content = (_ROOT / name).read_bytes()
        files.append(File.generated(config, name, content=content))
    return files


def on_page_markdown(markdown, page, config, files):
    """Turns links of docs/ that lead outside to what is made of it."""
    return from_docs(markdown)


def from_the_root(markdown: str) -> str:
    """Returns a page of the repository's root with the site's links."""

    def inside(link) -> str:
        target = link[1].removeprefix("docs/")
        return f"]({_PAGES.get(target, target)}"

    return _LINK.sub(inside, markdown)


def from_docs(markdown: str) -> str:
    """Returns a page of docs/ with the site's links."""

    def inside(link) -> str:
        name = link[1].removeprefix("../")
        if name == link[1] or name not in {*_PAGES, *_FILES}:
            return link[0]
        return f"]({_PAGES.get(name, name)}"

    return _LINK.sub(inside, markdown)
