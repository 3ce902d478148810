"""Writing a page from a template, everything in one file.

Templates lie in `templates/`; all extend `frame.html`, which has the colours
of light and dark, the layout for a phone and a policy that forbids the page to
load anything, and to run anything but a script of ours, by its hash. What is
put into a template is escaped: the names of files and classes are other
people's words.
"""

import base64
import functools
import hashlib
import pathlib

import jinja2
import markupsafe

from pipelines.pages.showing import readable
from pipelines.pages.showing import shown

_TEMPLATES = pathlib.Path(__file__).with_name("templates")


def render(template: str, **values) -> bytes:
    """Returns a page of HTML as UTF-8.

    Args:
        template: The name of a file in `templates/`.
        **values: What the template asks for.

    Raises:
        jinja2.UndefinedError: The template asks for more.

    Example:

    ```python
    from pipelines.pages.rendering import render
    page = render("frame.html", title="Ants & bees", lead="")
    assert b"<h1>Ants &amp; bees</h1>" in page
    ```
    """
    page = _environment().get_template(template).render(values)
    return page.encode("utf-8", "replace")


@functools.cache
def _environment() -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(_TEMPLATES),
        autoescape=True,
        finalize=_finalize,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["script"] = _script
    environment.filters["fingerprint"] = _fingerprint
    environment.filters["readable"] = readable
    environment.filters["percent"] = "{:.1%}".format
    environment.filters["thousands"] = "{:,}".format
    environment.filters["decimals"] = "{:.3f}".format
    return environment


def _finalize(value):
    """What is put into a page, of which markup of our own stays as it is.

    Of file names, what is no UTF-8 is shown as a question mark.
    """
    plain = isinstance(value, str) and not hasattr(value, "__html__")
    if not plain:
        return value
    return shown(value.encode("utf-8", "replace").decode())


def _script(name: str) -> markupsafe.Markup:
    """Returns a script of ours, to stand in a page as it is."""
    return markupsafe.Markup((_TEMPLATES / name).read_text())


def _fingerprint(name: str) -> str:
    """Returns the hash by which a page's policy lets a script of ours run."""
    digest = hashlib.sha256(_script(name).encode()).digest()
    return f"sha256-{base64.b64encode(digest).decode()}"


def duration(seconds: float) -> str:
    """Writes a time the way people say it.

    Example:

    ```python
    from pipelines.pages.rendering import duration
    assert duration(8.25) == "8.2 s" and duration(98) == "98 s"
    assert duration(754) == "13 min" and duration(9000) == "2.5 h"
    ```
    """
    if seconds < 10:
        return f"{seconds:.1f} s"
    if seconds < 120:
        return f"{seconds:.0f} s"
    if seconds < 7200:
        return f"{seconds / 60:.0f} min"
    return f"{seconds / 3600:.1f} h"
