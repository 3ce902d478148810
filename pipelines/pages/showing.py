"""Other people's words on a terminal or a page. Pure Python.

The names of files and classes may hold what moves a terminal's cursor, or
turns the direction of everything behind it.
"""

import unicodedata

# Control characters, what turns the direction of writing (LRE to RLO, LRI to
# PDI, the marks), half of a pair, and separators that start a new line.
_HIDDEN = frozenset(("Cc", "Cs", "Zl", "Zp"))
_TURNING = frozenset(
    "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
)


def shown(text: str) -> str:
    r"""Returns a text with what must not reach a terminal written out.

    Line breaks and tabs stay; a name is `readable` without them.

    Example:

    ```python
    from pipelines.pages.showing import shown
    assert shown("größe\n一\x1b[2J\u202e") == "größe\n一\\u001b[2J\\u202e"
    ```
    """
    if text.isascii() and text.isprintable():
        return text
    return "".join(map(_shown, text))


def on_one_line(text: str) -> str:
    """Returns a name with a blank for each line break, tab or row of blanks.

    Example:

    ```python
    from pipelines.pages.showing import on_one_line
    assert on_one_line("polar\\n  bear") == "polar bear"
    ```
    """
    return " ".join(text.split())


def readable(name: str) -> str:
    r"""Writes a name of any bytes so that a page or a terminal can show it.

    Example:

    ```python
    from pipelines.pages.showing import readable
    assert readable("a\nb\udcff") == "a\\nb\\udcff"
    ```
    """
    valid = name.encode("utf-8", "backslashreplace").decode()
    return "".join(c if c.isprintable() else repr(c)[1:-1] for c in valid)


def _shown(letter: str) -> str:
    if letter in "\n\t":
        return letter
    hidden = letter in _TURNING or unicodedata.category(letter) in _HIDDEN
    return f"\\u{ord(letter):04x}" if hidden else letter
