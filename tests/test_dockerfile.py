"""The lines of the Dockerfile that run without Docker: `make test-slow`.

In place of the image there is a fresh environment, in place of /source a
folder, and in place of what pip would fetch what this environment has.
"""

import os
import pathlib
import re
import shutil
import subprocess
import sysconfig
import venv

import pytest

ROOT = pathlib.Path(__file__).parents[1]


def instructions():
    """Returns the Dockerfile as instructions and their words, in order."""
    text = (ROOT / "Dockerfile").read_text()
    lines = re.sub(r"^#.*\n", "", text, flags=re.MULTILINE).splitlines()
    return [tuple(line.split(maxsplit=1)) for line in lines if line]


def words_of(name):
    return [words for each, words in instructions() if each == name]


def copy_context(source):
    """Does what COPY does, without what .dockerignore leaves out."""
    unwanted = shutil.ignore_patterns("__pycache__")
    for words in words_of("COPY"):
        *names, target = words.split()
        for name in names:
            if (ROOT / name).is_dir():
                shutil.copytree(ROOT / name, source / target, ignore=unwanted)
            else:
                shutil.copy(ROOT / name, source / target)


@pytest.fixture
def image(tmp_path):
    """Returns the folder of the image, and its environment's variables."""
    home = tmp_path / "venv"
    venv.create(home, with_pip=True)
    (site,) = home.glob("lib/python*/site-packages")
    (site / "others.pth").write_text(sysconfig.get_path("purelib") + "\n")
    variables = {k: v for k, v in os.environ.items() if k != "PYTHONPATH"}
    variables["PATH"] = f"{home / 'bin'}:{variables['PATH']}"
    for words in words_of("ENV"):
        for pair in words.split():
            name, _, value = pair.partition("=")
            variables[name] = str(tmp_path) + value
    variables |= dict(words.split("=") for words in words_of("ARG"))
    for name in ("source", "work", "etc", "home"):
        (tmp_path / name).mkdir()
    return tmp_path, variables


def shell(line, image, folder):
    folder_of, variables = image
    done = subprocess.run(
        ["bash", "-ec", line],
        capture_output=True,
        text=True,
        cwd=folder_of / folder,
        env=variables,
        timeout=600,
    )
    assert done.returncode == 0, done
    return done.stdout


def test_what_is_in_it_is_known():
    kinds = {name for name, _ in instructions()}
    assert kinds == {
        *("ARG", "FROM", "WORKDIR", "COPY", "RUN", "ENV", "USER"),
        "ENTRYPOINT",
    }
    assert words_of("FROM") == ["python:${PYTHON}-slim"]
    assert words_of("WORKDIR") == ["/source", "/work"]
    # What is copied is copied into the first of the two.
    order = [name for name, _ in instructions()]
    assert order.index("WORKDIR") < order.index("COPY") < order.index("RUN")


@pytest.mark.slow
def test_the_lines_run(image):
    place, _ = image
    copy_context(place / "source")
    install, user = words_of("RUN")
    assert "/source/*" in install
    shell(install.replace("/source", str(place / "source")), image, "source")
    assert not any((place / "source").iterdir())
    (entry,) = words_of("ENTRYPOINT")
    command = entry.strip('[]"')
    table = shell(f"{command} models 'resnet2*'", image, "work")
    assert table.splitlines()[1].startswith("resnet20 ")
    assert (place / "venv" / "bin" / command).exists()
    if os.geteuid() == 0 and shutil.which("useradd"):
        for name in ("passwd", "group", "shadow", "gshadow"):
            (place / "etc" / name).touch()
        shell(user.replace("useradd", f"useradd --prefix {place}"), image, ".")
        assert (place / "home" / words_of("USER")[0]).is_dir()
