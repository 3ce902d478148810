"""The installed command, in a project that has folders named as ours."""

import os
import pathlib
import subprocess
import sys
import sysconfig
import venv

import pytest

ROOT = pathlib.Path(__file__).parents[2]


@pytest.fixture
def project(photos):
    """A folder with packages of our names, which must not be imported."""
    for name in ("apps", "pipelines", "zoo"):
        package = photos.parent / name
        package.mkdir()
        (package / "__init__.py").write_text("raise SystemExit('wrong one')")
    return photos.parent


def run(project, *words):
    """Runs a command in a project, as its shell would."""
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONPATH"}
    return subprocess.run(
        list(map(str, words)),
        capture_output=True,
        text=True,
        cwd=project,
        env=environment,
        timeout=600,
    )


def test_the_script_takes_ours(project):
    """As pip writes it: the folder of the script comes first, not this one."""
    script = project.parent / "bin" / "zoo"
    script.parent.mkdir()
    script.write_text(
        f"import sys\nsys.path.append({str(ROOT)!r})\n"
        "from apps.__main__ import cli\nsys.exit(cli())\n"
    )
    done = run(project, sys.executable, script, "finetune", "photo")
    assert done.returncode == 2, done
    assert "there is no folder photo. Nearest: photos" in done.stderr
    done = run(project, sys.executable, script, "help")
    assert done.stdout.startswith("Usage: zoo COMMAND"), done


def test_every_script_is_there():
    lines = (ROOT / "setup.cfg").read_text().splitlines()
    assert "    zoo = apps.__main__:cli" in lines
    assert sum(line.startswith("    zoo-") for line in lines) == 20


@pytest.fixture
def installed(tmp_path):
    """The scripts of a fresh environment that has the wheel and our others."""
    wheels, home = tmp_path / "wheels", tmp_path / "venv"
    pip = [sys.executable, "-m", "pip", "wheel", "--no-deps", "-w", wheels]
    done = run(tmp_path, *pip, ROOT)
    assert done.returncode == 0, done
    venv.create(home, with_pip=True)
    scripts = home / "bin"
    (wheel,) = wheels.glob("keras_zoo-*.whl")
    done = run(
        tmp_path, *(scripts / "python", "-m", "pip", "install"), "--no-deps",
        wheel,
    )  # fmt: skip
    assert done.returncode == 0, done
    (site,) = home.glob("lib/python*/site-packages")
    others = sysconfig.get_path("purelib")
    (site / "others.pth").write_text(f"{others}\n")
    return scripts


def unasked(text):
    """Lines of the error stream, but for those of what takes long."""
    return [line for line in text.splitlines() if " … " not in f"{line} "]


@pytest.mark.slow
def test_the_wheel(installed, project):
    done = run(project, installed / "zoo", "models", "resnet2*")
    assert (done.returncode, done.stderr) == (0, ""), done
    assert done.stdout.splitlines()[1].startswith("resnet20 ")
    words = ("--model=resnet20", "--image_size=16", "--epochs=1")
    done = run(
        project, *(installed / "zoo", "finetune", "photos", *words),
        *("--weights=none", "--global_batch_size=8", "--output=run"),
    )  # fmt: skip
    assert done.returncode == 0, done
    assert "predict:     zoo predict --model=run IMAGE" in done.stdout
    picture = "photos/val/red/val0.jpg"
    done = run(project, installed / "zoo-predict", "--model=run", picture)
    assert (done.returncode, unasked(done.stderr)) == (0, []), done
    # What starts processes of its own.
    words = ("--nolabels", "--workers=2", "--output=audited")
    done = run(project, installed / "zoo", "audit", "photos", *words)
    assert done.returncode == 0, done
    assert done.stdout.startswith("32 pictures of 2 classes")
    words = ("faults", "--kills=1", "--runs=there")
    done = run(project, installed / "zoo", "doctor", *words)
    assert (done.returncode, unasked(done.stderr)) == (0, []), done
