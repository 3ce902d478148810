"""Every example of a docstring runs."""

import ast
import pathlib
import re
import textwrap

import pytest

import pipelines

_ROOT = pathlib.Path(pipelines.__file__).parent
_BLOCK = re.compile(r"```python\n(.*?)```", re.DOTALL)
_DOCUMENTED = (ast.Module, ast.ClassDef, ast.FunctionDef)


def _examples():
    for path in sorted(_ROOT.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if not isinstance(node, _DOCUMENTED):
                continue
            text = ast.get_docstring(node) or ""
            for block in _BLOCK.findall(text):
                name = getattr(node, "name", "module")
                where = f"{path.relative_to(_ROOT.parent)}:{name}"
                yield pytest.param(textwrap.dedent(block), id=where)


_EXAMPLES = tuple(_examples())


def test_there_are_examples():
    assert len(_EXAMPLES) >= 6


@pytest.mark.parametrize("example", _EXAMPLES)
def test_the_example_runs(example):
    exec(compile(example, "<docstring>", "exec"), {})
