"""The rules of the house that a machine can check."""

import ast
import pathlib
import re

import pytest

ROOT = pathlib.Path(__file__).parents[1]
FORBIDDEN = {
    "zoo": {"tensorflow", "jax", "torch", "pipelines", "apps"},
    "pipelines": {"apps", "torch"},
    "apps": {"torch"},
}
HEAVY = {"tensorflow", "keras", "numpy", "matplotlib"}


def sources(package):
    return sorted((ROOT / package).rglob("*.py"))


def imported(nodes):
    for node in nodes:
        if isinstance(node, ast.Import):
            yield from (alias.name.split(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module.split(".")[0]


@pytest.mark.parametrize("package", FORBIDDEN)
def test_arrows_go_one_way(package):
    for path in sources(package):
        tree = ast.parse(path.read_text())
        wrong = set(imported(ast.walk(tree))) & FORBIDDEN[package]
        assert not wrong, f"{path} imports {wrong}"


def test_commands_import_nothing_heavy_at_the_top():
    for path in sources("apps"):
        wrong = set(imported(ast.parse(path.read_text()).body)) & HEAVY
        assert not wrong, f"{path} imports {wrong}"


def test_every_test_file_is_collected():
    # The parity tests share modules with a script that runs without pytest.
    helpers = {"cases.py", "export.py", "random_tensors.py", "references.py"}
    for path in sources("tests"):
        if path.parent.name == "parity" and path.name in helpers:
            continue
        assert re.fullmatch(r"(test_\w+|conftest)\.py", path.name), path


def test_no_function_is_long():
    for package in FORBIDDEN:
        for path in sources(package):
            for node in ast.walk(ast.parse(path.read_text())):
                if isinstance(node, ast.FunctionDef):
                    body = (
                        node.body[1:]
                        if ast.get_docstring(node)
                        else (node.body)
                    )
                    first = body[0].lineno if body else node.end_lineno
                    length = node.end_lineno - first + 1
                    assert length <= 60, f"{path}: {node.name} {length} lines"


def test_nothing_unsafe_is_called():
    unsafe = re.compile(
        r"safe_mode=False|torch\.load|(?<!\w)pickle\.loads?\(|allow_pickle=True"
        r"|(?<!\.)\beval\("
    )
    for package in FORBIDDEN:
        for path in sources(package):
            assert not unsafe.search(path.read_text()), path


def test_the_readme_names_files_that_exist():
    for page in (ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))):
        for target in re.findall(r"\]\((?!http)([^)#]+)\)", page.read_text()):
            assert (page.parent / target).exists(), f"{page}: {target}"


def test_the_readme_python_runs():
    blocks = re.findall(
        r"```python\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL
    )
    assert len(blocks) == 2
    for block in blocks:
        exec(compile(block, "README.md", "exec"), {})
