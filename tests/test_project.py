"""The rules of the house that a machine can check."""

import ast
import dataclasses
import pathlib
import re

import pytest

from zoo.preprocessing import Preprocessing

ROOT = pathlib.Path(__file__).parents[1]
PACKAGES = ("zoo", "pipelines", "apps")
FORBIDDEN = {
    "zoo": {"tensorflow", "jax", "torch"},
    "pipelines": {"torch"},
    "apps": {"torch"},
}
# Keras takes XLA for groups, with which a CPU cannot train; and TensorFlow
# writes its own format.
ALLOWED = {
    "zoo/layers/grouped.py": {"tensorflow"},
    "zoo/exporting.py": {"tensorflow"},
}
# Run by an interpreter of its own, which has torch.
APART = ROOT / "pipelines" / "benchmarks" / "torch_loader.py"
HEAVY = {"tensorflow", "keras", "numpy", "matplotlib"}
# Started as programs of their own, by their names or paths.
PROGRAMS = {"__init__", "__main__", "ray_serve", "settings_table"}
# Of tests: what conftest.py hands on or reads, a measurement, and readers.
HELPERS = {
    *("overconfident.py", "paired_checks.py", "stored_curves.py"),
    *("victims.py", "wide.py"),
}
LINES_OF_A_FUNCTION, ARGUMENTS, LINES_OF_A_FILE = 50, 7, 300
# Their arguments are what Keras's builders have.
BUILDERS = {
    "AlexNet", "ResNet", "EfficientNet", "EfficientNetV2", "MobileNetV3",
    "ViT", "create_model",
}  # fmt: skip
# Rows and nothing else.
TABLES = {"pipelines/herbarium/species.py", "pipelines/runs/config.py"}


def sources(package):
    return sorted((ROOT / package).rglob("*.py"))


def all_sources():
    return [path for package in PACKAGES for path in sources(package)]


def imported(nodes):
    """Yields the modules that are imported, in functions too."""
    for node in nodes:
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module
            # A module of that package, or what is in it.
            yield from (f"{node.module}.{each.name}" for each in node.names)


def room_of(module):
    """Returns the room that a module of ours is in, None for others."""
    top, _, rest = module.partition(".")
    if top != "pipelines":
        return top if top in PACKAGES else None
    room = rest.partition(".")[0]
    known = room and (ROOT / top / room / "__init__.py").exists()
    return room if known else None


def rooms_of_the_table():
    """Reads the table of CONTRIBUTING.md: room, rooms it may import."""
    text = (ROOT / "CONTRIBUTING.md").read_text()
    rows = re.findall(r"^\| `([a-z/]+)/` \|[^|]*\|([^|]*)\|$", text, re.M)
    return {
        room.removeprefix("pipelines/"): set(re.findall(r"[a-z]+", may))
        for room, may in rows
    }


def test_rooms_import_what_the_table_says():
    table, found = rooms_of_the_table(), {}
    for path in all_sources():
        module = ".".join(path.relative_to(ROOT).with_suffix("").parts)
        room = room_of(module)
        if room is None:
            # `pipelines/__init__.py` hands names on from everywhere.
            continue
        names = imported(ast.walk(ast.parse(path.read_text())))
        others = {room_of(name) for name in names} - {room, None}
        found.setdefault(room, set()).update(others)
        wrong = others - table[room]
        assert not wrong, f"{path}: {room} may not import {wrong}"
    # A row that is not needed is not in the table.
    assert {room: table[room] for room in found} == found
    assert set(table) == set(found)


def test_no_rooms_import_each_other_in_a_circle():
    left = rooms_of_the_table()
    while left:
        ground = {room for room, may in left.items() if not may & set(left)}
        assert ground, f"a circle: {left}"
        left = {room: may for room, may in left.items() if room not in ground}


@pytest.mark.parametrize("package", FORBIDDEN)
def test_libraries_that_a_package_does_without(package):
    for path in sources(package):
        if path == APART:
            continue
        names = imported(ast.walk(ast.parse(path.read_text())))
        tops = {name.partition(".")[0] for name in names}
        allowed = ALLOWED.get(str(path.relative_to(ROOT)), set())
        wrong = tops & FORBIDDEN[package] - allowed
        assert not wrong, f"{path} imports {wrong}"


def test_what_of_the_zoo_needs_tensorflow_is_named():
    """By an import, or by a word for Keras; CONTRIBUTING.md says which."""
    found = set()
    for path in sources("zoo"):
        # What is written for people is no need.
        code = ast.parse(path.read_text())
        words = {
            node.value
            for node in ast.walk(code)
            if isinstance(node, ast.Constant) and isinstance(node.value, str)
        }
        names = {name.partition(".")[0] for name in imported(ast.walk(code))}
        if "tensorflow" in names or "tf_saved_model" in words:
            found.add(str(path.relative_to(ROOT)))
    assert found == {"zoo/layers/grouped.py", "zoo/exporting.py"}
    (said,) = re.findall(
        r"`zoo/` does without TensorFlow, save(.*?);",
        (ROOT / "CONTRIBUTING.md").read_text(),
        re.S,
    )
    assert set(re.findall(r"`(zoo/\S+)`", said)) == found


def test_commands_import_nothing_heavy_at_the_top():
    for path in sources("apps"):
        names = imported(ast.parse(path.read_text()).body)
        wrong = {name.partition(".")[0] for name in names} & HEAVY
        assert not wrong, f"{path} imports {wrong}"


def test_documents_have_80_columns():
    """Save tables, pictures, and what is typed or printed."""
    documents = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]
    wide = [
        f"{path.relative_to(ROOT)}:{number}"
        for path in documents
        for number, line in enumerate(path.read_text().splitlines(), 1)
        if len(line) > 80 and not line.startswith(("|", "![", "    "))
    ]
    assert wide == []


def test_every_test_file_is_collected():
    # The parity tests share modules with scripts that run without pytest.
    helpers = {
        *("cases.py", "export.py", "export_pictures.py", "random_tensors.py"),
        *("references.py", "export_groups.py", "export_maps.py"),
        *("map_cases.py", "their_tensors.py"),
    }
    for path in sources("tests"):
        if path.parent.name == "parity" and path.name in helpers:
            continue
        if path.name in HELPERS:
            continue
        assert re.fullmatch(r"(test_\w+|conftest)\.py", path.name), path


def functions():
    """Yields every function with the file it is in."""
    for path in all_sources():
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.FunctionDef):
                yield path, node


def test_no_function_is_long():
    for path, node in functions():
        body = node.body[1:] if ast.get_docstring(node) else node.body
        first = body[0].lineno if body else node.end_lineno
        length = node.end_lineno - first + 1
        assert length <= LINES_OF_A_FUNCTION, f"{path}: {node.name} {length}"


def test_no_function_has_many_arguments():
    for path, node in functions():
        if node.name in BUILDERS:
            continue
        given = node.args
        names = [*given.posonlyargs, *given.args, *given.kwonlyargs]
        count = sum(each.arg not in ("self", "cls") for each in names)
        assert count <= ARGUMENTS, f"{path}: {node.name} {count}"


def test_no_file_is_long():
    for path in all_sources():
        if str(path.relative_to(ROOT)) in TABLES:
            continue
        length = path.read_text().count("\n")
        assert length <= LINES_OF_A_FILE, f"{path}: {length}"


def test_everything_is_used():
    """By another file of ours, or as a program of its own."""
    texts = {path: path.read_text() for path in all_sources()}
    for path in texts:
        module = path.relative_to(ROOT).with_suffix("")
        if module.name in PROGRAMS or module.parts[0] == "apps":
            continue
        package, dotted = ".".join(module.parts[:-1]), ".".join(module.parts)
        ways = (
            dotted,
            f"from {package} import {module.name}",
            f'with_name("{path.name}")',
        )
        assert any(
            way in text
            for other, text in texts.items()
            if other != path
            for way in ways
        ), f"nothing uses {path}"


def test_a_name_stands_for_one_thing():
    seen = {}
    for path in all_sources():
        for node in ast.parse(path.read_text()).body:
            if isinstance(node, ast.ClassDef) and node.name[0] != "_":
                other = seen.setdefault(node.name, path)
                assert other == path, f"{node.name}: {other} and {path}"


def test_nothing_unsafe_is_called():
    unsafe = re.compile(
        r"safe_mode=False|torch\.load|(?<!\w)pickle\.loads?\(|allow_pickle=True"
        r"|(?<!\.)\beval\("
    )
    for path in all_sources():
        assert not unsafe.search(path.read_text()), path


def test_the_readme_names_files_that_exist():
    for page in (ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))):
        for target in re.findall(r"\]\((?!http)([^)#]+)\)", page.read_text()):
            assert (page.parent / target).exists(), f"{page}: {target}"


def pages():
    names = ("README.md", "CONTRIBUTING.md")
    return [*(ROOT / n for n in names), *sorted((ROOT / "docs").glob("*.md"))]


def test_tests_that_documents_name_are_there():
    found = {path.name for path in sources("tests")}
    for path in sources("tests"):
        found |= set(re.findall(r"^ *def (test_\w+)", path.read_text(), re.M))
    # The zoo's own fields that begin so.
    found |= {field.name for field in dataclasses.fields(Preprocessing)}
    for page in pages():
        named = re.findall(r"`(test_\w+(?:\.py)?)`", page.read_text())
        assert set(named) <= found, f"{page}: {set(named) - found}"
        for path in re.findall(r"\btests/[\w/.]*\w", page.read_text()):
            assert (ROOT / path).exists(), f"{page}: {path}"


def test_tables_of_documents_are_whole():
    """A blank line or a word between its rows ends a table."""
    for page in pages():
        text = re.sub(r"```.*?```", "", page.read_text(), flags=re.DOTALL)
        for table in re.findall(r"(?:^.*\n)?(?:^\|.*\n)+(?:.*)", text, re.M):
            before, *rows, behind = table.split("\n")
            if before.startswith("|"):
                rows, before = [before, *rows], ""
            assert before == behind == "", f"{page}: {before}{behind}"
            line = re.fullmatch(r"\|( ?:?-+:? ?\|)+", rows[1])
            assert line, f"{page}: {rows[0]}"
            cells = {row: len(re.findall(r"(?<!\\)\|", row)) for row in rows}
            odd = [row for row in rows if cells[row] != cells[rows[0]]]
            assert not odd, f"{page}: {odd[0]}"


def test_the_readme_python_runs():
    blocks = re.findall(
        r"```python\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL
    )
    assert len(blocks) == 2
    for block in blocks:
        exec(compile(block, "README.md", "exec"), {})
