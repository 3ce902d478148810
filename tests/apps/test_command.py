"""One name for all commands: how they are called, what they show."""

import dataclasses
import pathlib

import pytest

import apps
from apps import __main__ as main
from apps import audit
from apps import benchmark
from apps import challenge
from apps import compare
from apps import convert
from apps import curves
from apps import doctor
from apps import ensemble
from apps import evaluate
from apps import features
from apps import finetune
from apps import models
from apps import pack
from apps import predict
from apps import search
from apps.command import as_flags
from apps.command import prefix_of
from apps.help_page import as_called
from apps.help_page import example
from apps.help_page import help_page
from apps.shared_settings import Repeating
from pipelines.pages.commands import called_as
from pipelines.pages.commands import command as typed
from pipelines.runs.config import RunConfig
from pipelines.runs.options import RunOptions
from pipelines.runs.settings import changed
from pipelines.runs.settings import settings_of
from pipelines.serving.settings import ServingConfig
from pipelines.training.config import FinetuneConfig
from pipelines.training.config import TrainConfig

CONFIGS = (
    TrainConfig,
    FinetuneConfig,
    RunOptions,
    finetune.Mode,
    Repeating,
    audit.Auditing,
    benchmark.Measuring,
    challenge.Contest,
    compare.RunComparison,
    convert.Converting,
    curves.CurveDrawing,
    doctor.Examination,
    ensemble.Combining,
    evaluate.Judging,
    features.Computing,
    models.ModelListing,
    pack.Sharding,
    predict.Predicting,
    search.Searching,
    ServingConfig,
)


@pytest.fixture(autouse=True)
def installed():
    yield
    called_as("zoo ")


@pytest.mark.parametrize(
    ("program", "prefix"),
    [
        ("/opt/venv/bin/zoo", "zoo "),
        ("C:\\Scripts\\zoo.exe", "zoo "),
        ("/opt/venv/bin/zoo-finetune", "zoo-"),
        ("/home/me/apps/__main__.py", "python -m apps "),
        ("/home/me/apps/finetune.py", "python -m apps."),
    ],
)
def test_a_command_is_shown_as_it_was_called(program, prefix):
    assert prefix_of(program.replace("\\", "/")) == prefix
    called_as(prefix)
    assert typed("predict", "IMAGE", model="r") == (
        f"{prefix}predict --model=r IMAGE"
    )


def test_docstrings_are_shown_as_called():
    text = (
        "Trains.\n\n    zoo train photos/ \\\n        --seed=1\n\nA zoo of.\n"
    )
    shown = as_called(text, "python -m apps.")
    assert "    python -m apps.train photos/" in shown and "A zoo of." in shown
    assert example(text, "zoo-") == "zoo-train photos/"


def test_every_command_has_its_line():
    folder = pathlib.Path(apps.__file__).parent
    files = {
        path.stem
        for path in folder.glob("*.py")
        if "\ndef cli()" in path.read_text() and path.stem != "__main__"
    }
    assert files == set(main.COMMANDS) and len(files) == 21
    assert [*main.GROUPS] == ["Train", "Look", "Ship", "Check"]


def test_the_page_of_all_commands(monkeypatch, capsys):
    for words in ([], ["--help"], ["help"]):
        monkeypatch.setattr("sys.argv", ["/bin/zoo", *words])
        main.cli()
        page = capsys.readouterr().out
        assert "\n    zoo finetune photos/ --output=runs/first\n" in page
        assert "\n    zoo predict --model=runs/first new.jpg\n" in page
        lines = page.splitlines()
        assert len(lines) < 40 and max(map(len, lines)) < 80


def test_help_has_groups_common_flags_first():
    configs = (FinetuneConfig, RunOptions, finetune.Mode)
    text = finetune.__doc__
    page = help_page(text, configs, "zoo ", full=False)
    full = help_page(text, configs, "zoo ", full=True)
    assert page.startswith("Fine-tunes a pretrained network")
    headings = [line for line in page.splitlines() if line.endswith(":")]
    assert headings[:2] == [
        "What it learns, and from what:",
        "How long and how fast:",
    ]
    assert page.index("--data=…") < page.index("--epochs=N")
    assert "--weight_decay" not in page and "--weight_decay=X" in full
    assert "--[no]resume" in page and "true.\n\n--helpfull" in page
    flags = [line for line in full.splitlines() if line.startswith("  --")]
    rows = [row for c in configs for row in settings_of(c).values()]
    assert len(flags) == sum(row.is_flag for row in rows)
    hidden = len(flags) - sum(row.is_flag and row.common for row in rows)
    assert page.endswith(f"\n\n--helpfull lists {hidden} more.")
    assert max(len(line) for line in full.splitlines()) < 80


# Settings that say more where they mean a narrower thing, and why.
SEVERAL = {
    # What learns may have any name; what has learned is a run as well; what is
    # handed in is a file; what is served may be several, with names.
    "model": 4,
    # Networks that are timed, and finished ones that become one.
    "models": 2,
    # What a run learns, and which one a team enters.
    "task": 2,
    # What to start from, what a model has, what is converted, timed, listed,
    # served.
    "weights": 6,
    # A number to try, too, where a command can look for it.
    "learning_rate": 2,
    # Of the run, and of each phase of a plan.
    "warmup": 2,
    # Only the split, where nothing is trained.
    "seed": 2,
    # Each command writes something else; all of it is new.
    "output": 14,
    # A folder of runs, and folders of runs.
    "runs": 2,
    # Of shards, of an answer.
    "format": 2,
    "top": 2,
}


def test_a_flag_of_one_name_means_one_thing():
    said = {}
    for config in CONFIGS:
        for name, row in settings_of(config).items():
            if row.is_flag:
                said.setdefault(name, set()).add(row.help)
    several = {name: len(each) for name, each in said.items() if len(each) > 1}
    assert several.keys() <= SEVERAL.keys(), several
    assert all(count <= SEVERAL[name] for name, count in several.items())
    assert all("new" in text.lower() for text in said["output"])


def test_settings_become_flags(monkeypatch):
    known = {"epochs": 1, "plan": 2}
    monkeypatch.setattr("apps.command.flags.FLAGS", known)
    text = "`epochs=3` and `plan` but `finetune` and `x=1`; `epochs"
    assert as_flags(text) == (
        "--epochs=3 and --plan but `finetune` and `x=1`; `epochs"
    )


def test_words_are_data_or_names(command, tmp_path):
    answer = command(finetune, f"{tmp_path}/none")
    assert "--data: there is no folder" in answer.err
    answer = command(finetune, "a", "--data=b")
    assert "unexpected word 'a'" in answer.err
    answer = command(models, "efficientnet_b*")
    assert len(answer.out.splitlines()) == 1 + 8
    assert command(models, "resnet20", "--weights").out.count("resnet20") == 1
    answer = command(search, "a.jpg", "b.jpg", "--query=c.jpg", "--index=i")
    assert "no file of features i" in answer.err
    answer = command(curves, "x/run", "y/run")
    assert "--names: expected 2 different names" in answer.err
    answer = command(models, "resnet20", "--name=resnet18")
    assert "and so do --name and --pattern" in answer.err


def test_a_command_may_change_a_row():
    @dataclasses.dataclass(frozen=True)
    class Other:
        seed: int = changed(RunConfig, "seed", default=3, high=5)

    assert settings_of(Other)["seed"].range == "0…5"
    assert Other().seed == 3
