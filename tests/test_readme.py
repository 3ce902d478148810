"""The Python of the pages runs, block after block, indented ones too."""

import pathlib
import re
import textwrap

import pytest

import zoo

ROOT = pathlib.Path(__file__).parents[1]
_FENCED = re.compile(r"^```python\n(.*?)^```", re.S | re.M)
_INDENTED = re.compile(r"(?:^    .*\n)+", re.M)
# Weights that come with the package; of others only the call is tried.
SHIPPED = {None, "cifar10"}


def blocks(page):
    """Returns the code of the blocks of a page in their order."""
    text = (ROOT / page).read_text()
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


def run_blocks(page):
    names = {}
    for block in blocks(page):
        exec(compile(block, page, "exec"), names)
    return names


def test_the_blocks_of_the_readme_run_in_their_order(networks, capsys):
    assert run_blocks("README.md")["small"].input_shape == (None, 32, 32, 3)
    assert networks == []
    printed = capsys.readouterr().out
    assert "stage1" in printed and "head" in printed


def test_the_blocks_about_weights_run_in_their_order(networks):
    assert run_blocks("docs/weights.md")["names"][0]
    assert [weights for _, weights in networks] == [
        *("imagenet", "imagenet/timm_a1", "hf://timm/resnet50.a1_in1k"),
        *("resnet50-11ad3fa6.pth", "imagenet", "b3.pth"),
    ]


def test_every_page_with_python_is_run():
    pages = {
        str(page.relative_to(ROOT))
        for page in [ROOT / "README.md", *(ROOT / "docs").glob("*.md")]
        if _FENCED.search(page.read_text())
    }
    assert pages == {"README.md", "docs/weights.md"}
