"""Pages: one file, nothing from elsewhere, other people's words escaped."""

import re

import jinja2
import pytest

from pipelines.pages.charts import COLOURS
from pipelines.pages.charts import draw
from pipelines.pages.rendering import duration
from pipelines.pages.rendering import render
from pipelines.pages.showing import readable


def test_what_is_put_in_is_escaped():
    page = render("frame.html", title="<script>x</script>", lead="a & b")
    assert b"<script" not in page
    assert page.count(b"&lt;script&gt;x&lt;/script&gt;") == 2
    assert b'<p class="lead">a &amp; b</p>' in page


def test_it_may_load_nothing():
    page = render("frame.html", title="t", lead="").decode()
    policy = re.search(r'content="(default-src[^"]*)"', page).group(1)
    assert policy == (
        "default-src 'none'; style-src 'unsafe-inline'; img-src data:"
    )
    assert "prefers-color-scheme: dark" in page and "url(" not in page


def test_names_that_are_no_utf8():
    page = render("frame.html", title="a\udcffb", lead="")
    assert b"<h1>a?b</h1>" in page


def test_names_of_any_bytes_can_be_read():
    assert readable("café 1") == "café 1"
    assert readable("a\udcff\n\x1b[31m") == r"a\udcff\n\x1b[31m"


def test_a_value_that_is_missing():
    with pytest.raises(jinja2.UndefinedError, match="lead"):
        render("frame.html", title="t")


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0.04, "0.0 s"), (9.94, "9.9 s"), (119, "119 s"), (120, "2 min")],
)
def test_durations(seconds, words):
    assert duration(seconds) == words


def line(sheet):
    axes = sheet.subplots()
    axes.plot([0, 1], [0, 1], color=COLOURS["first"])
    axes.set_title("Ants & bees")


def test_a_chart_takes_the_pages_colours():
    svg = draw("line", line)
    assert svg.startswith('<svg role="img" aria-label="line"')
    assert "stroke: var(--first)" in svg and "stroke: var(--line)" in svg
    assert "Ants &amp; bees</text>" in svg
    assert not re.search("#00000[1-9]", svg)


def test_charts_are_repeatable_and_share_no_identifiers():
    assert draw("a", line) == draw("a", line)
    identifiers = [
        set(re.findall(r' id="([^"]+)"', draw(name, line)))
        for name in ("a", "b")
    ]
    assert identifiers[0] and not identifiers[0] & identifiers[1]
