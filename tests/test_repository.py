"""The files around the code: they parse, and what they name is there."""

import configparser
import pathlib
import re
import tomllib

import pytest
import yaml

ROOT = pathlib.Path(__file__).parents[1]
WORKFLOW = ROOT / ".github" / "workflows" / "test.yml"
ISSUES = sorted((ROOT / ".github" / "ISSUE_TEMPLATE").glob("*.yml"))
FACE = [
    *(ROOT / name for name in ("CITATION.cff", "SECURITY.md", "Dockerfile")),
    *(WORKFLOW, *ISSUES),
]
# Which registry or site is asked is for who builds to say.
HOST = re.compile(r"\b[\w-]+\.(io|org|com|dev|net)\b|https?://")


def settings():
    found = configparser.ConfigParser()
    found.read(ROOT / "setup.cfg")
    return found


def lines_of(value):
    return [line.strip() for line in value.splitlines() if line.strip()]


def steps_of(workflow):
    for job in workflow["jobs"].values():
        matrix = job["strategy"]["matrix"]
        for step in job["steps"]:
            targets = matrix.get("target", [""])
            for target in targets:
                said = step.get("run", "")
                yield said.replace("${{ matrix.target }}", target)


def test_the_workflow_calls_what_the_makefile_has():
    workflow = yaml.safe_load(WORKFLOW.read_text())
    said = [step for step in steps_of(workflow) if step]
    called = {
        target for step in said for target in re.findall(r"make (\S+)", step)
    }
    assert called == {"test", "test-wide", "test-extras", "types", "docs"}
    made = re.findall(r"^([\w-]+):", (ROOT / "Makefile").read_text(), re.M)
    assert called <= set(made)
    # What is called before a change lands is called here, too.
    before = (ROOT / ".ci").glob("*")
    assert {
        target
        for path in before
        for target in re.findall(r"^make (\S+)", path.read_text(), re.M)
    } == called


def test_it_takes_the_pythons_that_are_promised():
    workflow = yaml.safe_load(WORKFLOW.read_text())
    tried = workflow["jobs"]["test"]["strategy"]["matrix"]["python"]
    told = re.findall(
        r"Python :: (3\.\d+)$", settings()["metadata"]["classifiers"], re.M
    )
    assert tried == told == ["3.11", "3.12", "3.13"]


def test_the_citation_is_of_this_version():
    found = yaml.safe_load((ROOT / "CITATION.cff").read_text())
    metadata = settings()["metadata"]
    assert {"cff-version", "message", "authors"} <= set(found)
    assert found["title"] == metadata["name"]
    assert found["version"] == metadata["version"]
    assert found["license"] == metadata["license"]
    # The newest release of those that the changelog tells.
    version, day = re.findall(
        r"^## (\d+\.\d+\.\d+) \((\d{4}-\d\d-\d\d)\)$",
        (ROOT / "CHANGELOG.md").read_text(),
        re.MULTILINE,
    )[0]
    assert (found["version"], str(found["date-released"])) == (version, day)
    assert " ".join(found["abstract"].split()) == metadata["description"]


@pytest.mark.parametrize("path", ISSUES, ids=lambda path: path.name)
def test_the_forms_of_issues_are_whole(path):
    found = yaml.safe_load(path.read_text())
    if path.name == "config.yml":
        assert found == {"blank_issues_enabled": True}
        return
    assert {"name", "description", "body"} <= set(found)
    asked = [each for each in found["body"] if each["type"] != "markdown"]
    assert any(each["validations"]["required"] for each in asked[:1])
    assert len({each["id"] for each in asked}) == len(asked)
    assert all(each["attributes"]["label"] for each in asked)


def test_the_image_takes_what_is_there():
    text = (ROOT / "Dockerfile").read_text()
    extras = settings()["options.extras_require"]
    named = re.findall(r"EXTRAS=([\w,]+)", text)
    assert named == ["imagenet,gpu", "imagenet"]
    assert all(each in extras for some in named for each in some.split(","))
    copied = [
        name
        for line in re.findall(r"^COPY (.*) \S+$", text, re.M)
        for name in line.split()
    ]
    assert all((ROOT / name).exists() for name in copied)
    # What is left out of the context cannot be copied.
    kept = re.findall(r"^!(\S+)", (ROOT / ".dockerignore").read_text(), re.M)
    assert sorted(kept) == sorted(copied)
    (entry,) = re.findall(r'^ENTRYPOINT \["(\w+)"\]$', text, re.M)
    scripts = lines_of(settings()["options.entry_points"]["console_scripts"])
    assert entry in {line.partition(" =")[0] for line in scripts}


@pytest.mark.parametrize("path", FACE, ids=lambda path: path.name)
def test_no_host_is_named(path):
    assert not HOST.search(path.read_text()), path


@pytest.mark.parametrize("package", ["zoo", "pipelines", "apps"])
def test_types_are_there_for_whoever_installs_it(package):
    assert (ROOT / package / "py.typed").read_bytes() == b""
    data = settings()["options.package_data"]
    assert lines_of(data[package]) == ["py.typed"]
    # Which would be read instead.
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    assert "setuptools" not in project["tool"]
