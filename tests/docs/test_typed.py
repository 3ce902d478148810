"""What pages say to type is what the commands take, and would be carried out.

Nothing is run: a command reads its words, and looks whether what they name is
there. What pages call a folder, a picture or a run is laid out beforehand.
"""

import importlib
import importlib.util
import itertools
import json
import pathlib
import re
import shlex

import pytest
from absl import flags

from apps import command as shared
from apps import run_flags
from apps.__main__ import COMMANDS
from apps.words import ALIASES
from apps.words import understood
from pipelines.runs.places import CONFIG
from pipelines.runs.places import MODEL
from pipelines.runs.settings import settings_of
from pipelines.training.config import TrainConfig
from zoo.errors import RequestError

ROOT = pathlib.Path(__file__).parents[2]
PAGES = {
    path.name: path.read_text()
    for path in [
        *(ROOT / name for name in ("README.md", "CONTRIBUTING.md")),
        *sorted((ROOT / "docs").glob("*.md")),
    ]
}
_CALLED = r"(?:zoo |(?:\S*/)?python -m apps[. ])"
_TYPED = re.compile(rf"^ {{4,}}{_CALLED}(.+)$", re.M)
_IN_A_LINE = re.compile(rf"`{_CALLED}([^`]+)`")
_FLAG = re.compile(r"(?<![\w-])--(\w[\w-]*)")
# Flags of other programs, by a word of the paragraph that names the program.
OTHERS = {
    "curl": {"data-binary", "form"},
    "docker": {"publish", "tag", "rm", "volume", "build-arg", "gpus", "user"},
    "does not run as root": {"user"},
    "git": {"detach"},
    "OpenVINO Model Server": {"config_path"},
    "parity": {"parity_files", "parity_pictures"},
    "timm show": {"pictures"},
    "SBATCH": {
        *("gpus-per-node", "job-name", "nodes", "ntasks-per-node"),
        *("open-mode", "requeue", "signal", "time"),
    },
    "tensorboard": {"logdir"},
    "TensorFlow Serving": {"model_base_path"},
    "Triton": {"model-repository"},
    "TensorRT": {"fp16"},
    "trtexec": {
        *("onnx", "fp16", "minShapes", "optShapes", "maxShapes", "saveEngine"),
    },
}
# Of every command.
_HELP = {"help", "helpfull"}
MISSING = (" is missing.", "Missing value for flag", "Received: none.")


def typed_in(text):
    """Yields each command of a page: its words, whether it stands alone."""
    text = re.sub(r"\\\n\s*", " ", text)
    for match in _TYPED.finditer(text):
        yield match[1], True
    for match in _IN_A_LINE.finditer(re.sub(r"(?<!\n)\n(?!\n)", " ", text)):
        in_a_table = text.count(match[0]) and f"| {match[0]} |" in text
        yield match[1], in_a_table


def launched_by(name):
    """Returns what a command hands to `launch`."""
    module, found = importlib.import_module(f"apps.{name}"), []

    def launch(run, *configs, word="", check=None, tensorflow=True):
        found.append((run, configs, word, check))

    plain, module.launch = module.launch, launch
    try:
        module.cli()
    finally:
        module.launch = plain
    return found[0]


def read_by(name, words):
    """Returns what a command makes of words, and its check."""
    run, configs, word, check = launched_by(name)
    before = set(flags.FLAGS)
    run_flags.define(*configs)
    try:
        names = list(flags.FLAGS)
        switches = [each for each in names if flags.FLAGS[each].boolean]
        rest = flags.FLAGS([name, *understood(words, names, switches)])
        asked = shared._read(rest[1:], configs, word, run)
        return asked, check
    finally:
        for each in set(flags.FLAGS) - before:
            delattr(flags.FLAGS, each)
        flags.FLAGS.unparse_flags()


def lay_out_run(place):
    """What is looked at before a run's model is opened."""
    pathlib.Path("photos").mkdir(exist_ok=True)
    place.mkdir(parents=True, exist_ok=True)
    (place / MODEL).touch()
    held = TrainConfig("photos", "resnet20", str(place)).as_dict()
    (place / CONFIG).write_text(json.dumps(held))


def lay_out(words):
    """Makes what a command names: folders, runs in capitals, files."""
    for word in words:
        name, _, value = word.rpartition("=")
        if name.startswith(("--output", "--write")):
            continue
        for each in value.split(","):
            place = pathlib.Path(each.replace("**", "a").replace("*", "a"))
            if place.suffix and re.fullmatch(r"[\w./*-]+", each):
                place.parent.mkdir(parents=True, exist_ok=True)
                place.touch()
            elif "/" in each or each.rstrip("0123456789").isupper():
                lay_out_run(place)


def filled_in(words):
    """Puts something in the place of what is for whoever types it."""
    runs = itertools.count()
    for word in words:
        word = re.sub(r"=N$", "=1", word.rstrip("…"))
        word = re.sub(r"=MODEL$", "=resnet20", word)
        yield f"RUN{next(runs)}" if word == "RUN" else word


COMMANDS_OF_PAGES = [
    pytest.param(words, alone, id=f"{page}: {words}")
    for page, text in PAGES.items()
    for words, alone in dict.fromkeys(typed_in(text))
]


def test_there_are_many_commands():
    assert len(COMMANDS_OF_PAGES) > 100
    told = {each.values[0].split()[0] for each in COMMANDS_OF_PAGES}
    assert set(COMMANDS) <= told


@pytest.mark.parametrize(("typed", "alone"), COMMANDS_OF_PAGES)
def test_a_command_would_be_carried_out(typed, alone, tmp_path, monkeypatch):
    name, *words = shlex.split(typed, comments=True)
    if name == "help" or "--help" in words:
        return
    words = list(filled_in(words))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: name)
    lay_out(words)
    try:
        asked, check = read_by(name, words)
        if check:
            check(*asked)
    except (flags.Error, RequestError) as error:
        # A sentence may name a command by some of its words.
        missing = any(each in str(error) for each in MISSING)
        assert missing and not alone, f"{typed}: {error}"


def known_flags():
    found = set(ALIASES) | _HELP
    for name in COMMANDS:
        for config in launched_by(name)[1]:
            own = settings_of(config)
            found |= {each for each in own if own[each].is_flag}
    return found


def test_every_flag_is_one_of_some_command():
    known = known_flags()
    for page, text in PAGES.items():
        for paragraph in re.split(r"\n\s*\n|(?<=\|)\n(?=\|)", text):
            others = set().union(
                *(OTHERS[word] for word in OTHERS if word in paragraph)
            )
            for flag in _FLAG.findall(paragraph):
                plain = flag.removeprefix("no")
                there = {flag, plain} & (known | others)
                assert there, f"{page}: --{flag} in {paragraph[:200]}"
