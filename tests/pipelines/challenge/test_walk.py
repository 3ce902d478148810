"""The walk of docs/challenge.md, command by command, on a few pictures."""

import json
import pathlib
import re
import shlex

import keras
import numpy as np
import pytest
from PIL import Image

import zoo
from apps.challenge import Contest
from apps.challenge import check
from apps.challenge import run
from pipelines.challenge.board import as_json
from pipelines.challenge.board import read_judgements
from pipelines.challenge.places import ChallengeFolder
from pipelines.challenge.prizes import stand
from pipelines.runs.run_folder import RunFolder
from pipelines.training.config import FinetuneConfig
from pipelines.training.fine_tuning.plan import parse_plan

PAGE = pathlib.Path(__file__).parents[3] / "docs" / "challenge.md"
CIFAR = ("airplane", "automobile", "bird", "cat", "dog", "truck")


def commands():
    lines = re.findall(r"^    (zoo .*)$", PAGE.read_text(), re.M)
    return [shlex.split(line) for line in lines]


def flags(words):
    return dict(word[2:].split("=", 1) for word in words if word[:2] == "--")


def draw(path, seed):
    random = np.random.default_rng(seed)
    pixels = random.integers(0, 256, (40, 40, 3), "uint8")
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels).save(path)


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """The folders that the walk begins with, with few pictures in each."""
    monkeypatch.chdir(tmp_path)
    seed = 0
    for data, parts, names in (
        ("cifar10", ("train", "test"), CIFAR),
        ("scene15", ("train", "test"), ("bedroom", "coast", "forest")),
        ("monkeys", ("train", "val"), ("howler", "langur")),
    ):
        for part in parts:
            for name in names:
                for i in range(2):
                    seed += 1
                    draw(tmp_path / data / part / name / f"{i}.png", seed)
    draw(tmp_path / "coco128/images/a.png", 999)
    labels = tmp_path / "coco128" / "labels" / "a.txt"
    labels.parent.mkdir()
    # A car, a dog, and a cup that no task knows.
    labels.write_text("2 .5 .5 .9 .9\n16 .5 .5 1 1\n41 .5 .5 1 1\n")
    (rules,) = re.findall(r"```json\n(.*?)```", PAGE.read_text(), re.S)
    json.loads(rules)
    (tmp_path / "rules.json").write_text(rules)
    return tmp_path


def finetune(words):
    """Stands for a fine-tuning: the command's network, as it was built."""
    data, *rest = words
    said = flags(rest)
    given = {name: said[name] for name in ("model", "weights", "output")}
    FinetuneConfig(data=data, **given)
    if "plan" in said:
        parse_plan(said["plan"])
    folder = pathlib.Path(data).parent
    names = json.loads((folder / "classes.json").read_text())
    side = int(said.get("image_size", 32))
    keras.utils.set_random_seed(int(said.get("seed", 0)))
    model = zoo.create_model(
        said["model"], classes=len(names), input_shape=(side, side, 3)
    )
    zoo.set_class_names(model, names)
    with RunFolder(said["output"]) as opened:
        opened.save_model(model)


def test_the_walk(folder, capsys):
    typed = commands()
    assert len(typed) == 29
    for program, name, *words in typed:
        assert program == "zoo"
        if name == "finetune":
            finetune(words)
            continue
        assert name == "challenge"
        said = flags(words)
        if "task" in said:
            said["task"] = tuple(said["task"].split(","))
        plain = tuple(word for word in words if word[:2] != "--")
        asked = Contest(words=plain, **said)
        check(asked)
        run(asked)
    printed = capsys.readouterr().out
    assert "cifar10: 6 classes, 12 pictures to learn from, 12 that" in printed
    assert "2 of another source" in printed and "12 entries judged" in printed
    challenge = ChallengeFolder("contest")
    judgements, waiting = read_judgements(challenge)
    assert (len(judgements), waiting) == (12, 0)
    # Two teams, two families, three tasks, and all of them count.
    assert len({each.entry.key for each in judgements}) == 12
    assert all(each.entry.final for each in judgements)
    families = [each.entry.family for each in judgements]
    assert families.count("alexnet") == families.count("resnet") == 6
    cross = {
        each.entry.task: each.score.cross.pictures
        for each in judgements
        if each.score.cross
    }
    assert cross == {"cifar10": 2}
    written = json.loads((folder / "contest/board/board.json").read_text())
    board = stand(judgements[::-1], challenge.rules)
    assert written == json.loads(json.dumps(as_json(board)))
    assert len(list((folder / "contest/board/entries").iterdir())) == 12
    page = (folder / "contest/board/index.html").read_text()
    for link in re.findall(r'href="(entries/[^"]+)"', page):
        assert (folder / "contest/board" / link).is_file()
