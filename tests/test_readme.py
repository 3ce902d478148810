"""The Python of the README runs, block after block, indented ones too."""

import pathlib
import re
import textwrap

import pytest

import zoo

README = pathlib.Path(__file__).parents[1] / "README.md"
_FENCED = re.compile(r"^```python\n(.*?)^```", re.S | re.M)
_INDENTED = re.compile(r"(?:^    .*\n)+", re.M)
# Weights that come with the package; of others only the call is tried.
SHIPPED = {None, "cifar10"}


def blocks():
    """Returns the code of the blocks in their order."""
    text = README.read_text()
    found = [(match.start(), match[1]) for match in _FENCED.finditer(text)]
    found += [
        (match.start(), textwrap.dedent(match[0]))
        for match in _INDENTED.finditer(text)
        if match[0].startswith(("    zoo.", "    import "))
    ]
    return [code for _, code in sorted(found)]


@pytest.fixture
def networks(monkeypatch):
    """The networks that were asked for with weights of others."""
    build, asked = zoo.create_model, []

    def create(name, weights=None, **options):
        if weights in SHIPPED:
            return build(name, weights=weights, **options)
        asked.append((name, weights))
        zoo.model_info(name)
        # As many classes as those weights have, of a network that is small.
        return build("resnet20", classes=1000, input_shape=(224, 224, 3))

    monkeypatch.setattr(zoo, "create_model", create)
    return asked


def test_the_blocks_of_the_readme_run_in_their_order(networks, capsys):
    names, code = {}, blocks()
    assert len(code) >= 3
    for block in code:
        exec(compile(block, "README.md", "exec"), names)
    assert len(networks) == 4 and names["resnet"] is not None
    printed = capsys.readouterr().out
    assert "stage1" in printed and "head" in printed
