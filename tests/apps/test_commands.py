"""The commands as people use them, from pictures to answers."""

import csv
import hashlib
import importlib
import json
import pathlib
import re
import shutil
import subprocess
import sys

import keras
import pytest

import zoo
from apps import compare
from apps import curves
from apps import evaluate
from apps import finetune
from apps import models
from apps import predict
from apps import train
from pipelines.evaluation.prediction import predict as guesses_of
from pipelines.training.config import TrainConfig
from pipelines.training.finished import finished_run
from zoo.errors import RequestError

ROOT = pathlib.Path(__file__).parents[2]
COMMANDS = (
    "audit",
    "benchmark",
    "calibrate",
    "challenge",
    "compare",
    "convert",
    "curves",
    "doctor",
    "ensemble",
    "evaluate",
    "export",
    "explain",
    "features",
    "finetune",
    "models",
    "pack",
    "predict",
    "quantize",
    "search",
    "serve",
    "train",
)
HEAVY = ("tensorflow", "keras", "numba", "matplotlib")


@pytest.mark.parametrize("name", COMMANDS)
def test_help_is_light(name):
    """It imports nothing heavy, lists its flags and succeeds."""
    script = (
        "import runpy, sys\n"
        f"sys.argv = ['apps.{name}', '--help']\n"
        "try:\n"
        f"    runpy.run_module('apps.{name}', None, '__main__', True)\n"
        "except SystemExit as stop:\n"
        "    heavy = [m for m in sys.modules if m.split('.')[0] in "
        f"{HEAVY}]\n"
        "    sys.exit(stop.code or (9 if heavy else 0))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script],
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done
    assert "python -m apps." in done.stdout
    own = [line for line in done.stdout.splitlines() if line[:4] == "  --"]
    assert 1 <= len(own) <= 18, own


@pytest.fixture
def finished(command, photos, tmp_path):
    """A run of two seconds that has learnt its two colours."""
    output = tmp_path / "runs" / "first"
    answer = command(
        train,
        f"--data={photos}",
        "--model=resnet20",
        "--image_size=16",
        "--global_batch_size=8",
        "--epochs=6",
        "--learning_rate=0.5",
        f"--output={output}",
    )
    assert answer.code == 0, answer
    return output, answer.out


def test_a_run_is_a_folder(finished, photos, left_as_told):
    output, printed = finished
    left_as_told(output, "training.md", "What a run leaves")
    config = json.loads((output / "config.json").read_text())
    assert config["model"] == "resnet20"
    assert config["image_size"] == 16
    assert config["class_names"] == ["blue", "red"]
    assert config["versions"]["keras"] == keras.__version__
    metrics = json.loads((output / "metrics.json").read_text())
    assert metrics["examples"] == 8
    assert metrics["top1"] >= 0.75
    assert metrics["top5"] == 1.0
    assert metrics["seconds"] > 0
    assert len(json.loads((output / "history.json").read_text())) == 6
    checkpoints = output / "checkpoints"
    assert (checkpoints / "best.safetensors").is_file()
    assert len(list(checkpoints.glob("0*/MANIFEST.json"))) >= 1
    assert len(list(output.glob("*/events.out.tfevents.*"))) == 2
    for line in (f"run:         {output}", "tensorboard --logdir"):
        assert line in printed


def test_the_model_carries_names_and_preprocessing(finished):
    model = keras.models.load_model(finished[0] / "model.keras")
    assert zoo.class_names(model) == ("blue", "red")
    assert zoo.preprocessing(model).image_size == 16
    assert model.dtype_policy.name == "float32"


def test_a_run_is_repeated_to_the_bit(command, finished, photos, tmp_path):
    output, again = finished[0], tmp_path / "again"
    words = (f"--config={output}/config.json", f"--output={again}")
    assert command(train, *words).code == 0
    for name in ("history.json", "predictions.csv"):
        first, second = ((run / name).read_bytes() for run in (output, again))
        if name == "history.json":
            first, second = map(_without_times, (first, second))
        assert first == second, name
    held = [
        json.loads((run / "config.json").read_text()) for run in (output, again)
    ]
    for config in held:
        del config["output"], config["chosen"]
    assert held[0] == held[1]
    words = (f"--config={output}", "--epochs=1", "--seeds=2", "--seed=7")
    answer = command(train, *words, f"--output={tmp_path}/seeds")
    assert answer.code == 0, answer
    assert "2 seeds: top-1 " in answer.out
    runs = [tmp_path / "seeds" / f"seed-{seed}" for seed in (7, 8)]
    for run in runs:
        config = json.loads((run / "config.json").read_text())
        assert (config["epochs"], config["learning_rate"]) == (1, 0.5)
    answer = command(compare, *runs, f"--output={tmp_path}/both")
    assert answer.code == 0, answer
    assert "they differ in: seed\n" in answer.out


def _without_times(history):
    rows = json.loads(history)
    return [
        {name: row[name] for name in row if "loss" in name or "top" in name}
        for row in rows
    ]


def test_another_size_takes_its_own_size_to_learn_at(command, finished):
    output, _ = finished
    words = (f"--config={output}", "--image_size=12", "--global_batch_size=999")
    answer = command(train, *words)
    assert answer.code == 2 and "--train_size" not in answer.err
    assert "--global_batch_size=999 is more than" in answer.err


def test_what_is_no_run_is_not_repeated(command, finished, photos, tmp_path):
    other = tmp_path / "other.json"
    words = (f"--config={other}", f"--output={tmp_path}/new")
    answer = command(train, *words)
    assert answer.code == 2 and f"--config={other} cannot be read" in answer.err
    assert "Errno" not in answer.err
    other.write_text('{"model": "tiny"}')
    answer = command(train, *words)
    assert answer.code == 2 and "holds no settings of a run" in answer.err
    answer = command(finetune, f"--config={finished[0]}", words[1])
    assert answer.code == 2 and "of a run of the command train" in answer.err


def test_evaluate_repeats_the_runs_own_figures(
    command, finished, photos, tmp_path, left_as_told
):
    output, _ = finished
    answer = command(
        evaluate,
        f"--model={output}",
        f"--data={photos}",
        f"--output={tmp_path}/judged",
    )
    assert answer.code == 0, answer
    own = json.loads((output / "metrics.json").read_text())
    judged = json.loads((tmp_path / "judged" / "metrics.json").read_text())
    # How long it took and learned is the run's alone.
    del own["seconds"], own["epochs"], own["training_examples"]
    assert own == {key: judged[key] for key in own}
    assert set(own) == {"examples", "top1", "top5", "loss"}
    left_as_told(tmp_path / "judged", "evaluating.md", "How good a model is")
    pages = [
        (ROOT / "docs" / f"{name}.md").read_text()
        for name in ("training", "evaluating", "trust")
    ]
    for key in judged:
        assert any(f"`{key}`" in page for page in pages), key
    assert set(judged["top1_by_class"]) == {"blue", "red"}
    rows = (tmp_path / "judged" / "predictions.csv").read_text().splitlines()
    assert len(rows) == 1 + 8
    assert "8 pictures that the run held out" in answer.out
    assert f"report: {tmp_path}/judged/report.html" in answer.out
    file = output / "model.keras"
    assert json.loads((tmp_path / "judged" / "config.json").read_text())[
        "judged"
    ] == {
        "model": str(output),
        "weights": None,
        "sha256": {
            str(file): hashlib.sha256(file.read_bytes()).hexdigest(),
        },
    }
    page = (tmp_path / "judged" / "report.html").read_text()
    assert f"zoo predict --model={output} IMAGE" in page.replace(
        "python -m apps.", "zoo "
    )
    assert "top-5" not in page and "to judge them" in page


def test_evaluate_makes_a_folder_of_its_own(
    command, finished, photos, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    words = (f"--model={finished[0]}", str(photos), "--global_batch_size=3")
    answer = command(evaluate, *words)
    assert answer.code == 0, answer
    (folder,) = (tmp_path / "evaluations").iterdir()
    assert folder.name.startswith("photos-first-")
    assert f"report: evaluations/{folder.name}/report.html" in answer.out


def test_evaluate_does_not_write_into_a_file(
    command, finished, photos, tmp_path
):
    file = tmp_path / "mine.txt"
    file.write_text("mine")
    for output in (file, file / "deep" / "judged"):
        words = (f"--model={finished[0]}", photos, f"--output={output}")
        answer = command(evaluate, *words)
        assert answer.code == 2 and f"{file} is a file" in answer.err
        assert "judging" not in answer.out and file.read_text() == "mine"


def test_a_run_is_compared_with_its_own_evaluation(
    command, finished, photos, tmp_path
):
    output, judged = finished[0], tmp_path / "judged"
    words = (f"--model={output}", str(photos), f"--output={judged}")
    assert command(evaluate, *words).code == 0
    held = [
        list(csv.DictReader(text.splitlines()))
        for text in (
            (folder / "predictions.csv").read_text()
            for folder in (output, judged)
        )
    ]
    for own, other in zip(*held, strict=True):
        assert own == {name: other[name] for name in own}
    answer = command(compare, output, judged, f"--output={tmp_path}/both")
    assert answer.code == 0, answer
    assert answer.out.splitlines()[0] == "8 pictures that all have judged"
    assert "only judged is right on 0, only first on 0: p = 1" in answer.out
    assert "do not tell which is the best" in answer.out
    assert f"page: {tmp_path}/both/comparison.html" in answer.out
    differ = re.search("^they differ in: (.*)$", answer.out, re.M)[1]
    assert "seed" in differ.split(", ") and "task" not in differ.split(", ")
    answer = command(compare, output, judged, f"--output={tmp_path}/both")
    assert answer.code == 2 and "--output" in answer.err
    answer = command(compare, output, judged, f"--output={tmp_path}/photos/a")
    assert answer.code == 0, answer
    taken = f"--output={judged}/metrics.json/both"
    answer = command(compare, output, judged, taken)
    assert answer.code == 2 and "metrics.json is a file" in answer.err
    answer = command(compare, output, tmp_path / "none")
    assert answer.code == 2 and f"no folder {tmp_path}/none" in answer.err
    answer = command(compare, output)
    assert answer.code == 2 and "Give two or more folders" in answer.err


def test_evaluate_refuses_what_was_learned_from(
    command, finished, photos, tmp_path
):
    words = (f"--model={finished[0]}", f"--output={tmp_path}/judged")
    for learned in (f"--data={photos}/train", f"--data={photos}"):
        more = [] if learned.endswith("train") else ["--part=train"]
        answer = command(evaluate, *words, learned, *more)
        assert answer.code == 3
        (line,) = answer.err.splitlines()
        assert "24 of the 24 pictures were learned from" in line
        assert f"--data={finished[0]}/split.csv" in line
        assert "--allow_seen" in line
    answer = command(evaluate, *words, f"--data={photos}/val")
    assert answer.code == 0, answer
    assert "0 of the 8 pictures were learned from" in answer.out
    words = (words[0], f"--output={tmp_path}/seen", "--allow_seen")
    answer = command(evaluate, *words, f"--data={photos}/train")
    assert answer.code == 0, answer
    assert "24 of the 24 pictures were learned from" in answer.out
    answer = command(compare, finished[0], f"{tmp_path}/seen")
    assert answer.code == 3 and "judged by 24 pictures that its" in answer.err


def test_predict_answers_for_the_good_ones(command, finished, photos, tmp_path):
    good = sorted(photos.rglob("*.jpg"))[0]
    bad = tmp_path / "half.jpg"
    bad.write_bytes(good.read_bytes()[:400] + b"\xff\xd9")
    run = f"--model={finished[0]}"
    answer = command(predict, run, bad, good)
    assert answer.code == 3
    assert answer.out.splitlines()[0] == str(good)
    assert f"{bad}: is a " in answer.err and str(good) not in answer.err


def test_predict_as_text_and_as_json(command, finished, photos):
    pictures = [photos / "val" / name / "val1.jpg" for name in ("red", "blue")]
    run = f"--model={finished[0]}"
    text = command(predict, run, *pictures).out.splitlines()
    assert text[0] == str(pictures[0])
    assert len(text) == 6
    folder = command(predict, run, photos / "val").out.splitlines()
    assert len(folder) == 8 * 3
    lines = command(predict, run, "--format=json", *pictures).out.splitlines()
    answers = [json.loads(line) for line in lines]
    assert [answer["image"] for answer in answers] == list(map(str, pictures))
    for answer in answers:
        guesses = answer["predictions"]
        assert {guess["class"] for guess in guesses} == {"red", "blue"}
        total = sum(guess["probability"] for guess in guesses)
        assert total == pytest.approx(1, abs=1e-6)


def test_predict_writes_tables_pages_and_copies(
    command, finished, photos, tmp_path
):
    before = {path: path.read_bytes() for path in photos.rglob("*.jpg")}
    run, pattern = f"--model={finished[0]}", f"{photos}/val/**/*.jpg"
    answer = command(
        predict,
        run,
        pattern,
        photos / "val" / "red",
        "--format=csv",
        "--all_classes",
        "--threshold=0.5",
        f"--output={tmp_path}/answers.csv",
        f"--page={tmp_path}/answers.html",
        f"--sort_into={tmp_path}/sorted",
    )
    assert answer.code == 0, answer
    with open(tmp_path / "answers.csv", newline="") as file:
        rows = list(csv.DictReader(file))
    # Of two classes the likeliest always has half.
    assert len(rows) == 8 and {row["sure"] for row in rows} == {"true"}
    for row in rows:
        assert float(row["red"]) + float(row["blue"]) == pytest.approx(1)
        assert row["probability"] == row[row["predicted"]]
    copies = sorted((tmp_path / "sorted").rglob("*.jpg"))
    # Both classes have pictures of the same names: none is written over.
    assert sorted(path.read_bytes() for path in copies) == sorted(
        before[path] for path in before if path.parts[-3] == "val"
    )
    assert {path: path.read_bytes() for path in before} == before
    page = (tmp_path / "answers.html").read_text()
    assert page.count("data:image/jpeg") == 8
    words = (run, pattern, "--format=csv")
    answer = command(predict, *words, f"--output={tmp_path}/answers.csv")
    assert answer.code == 2 and "is there already" in answer.err
    both = (f"--output={tmp_path}/one", f"--page={photos}/../one")
    answer = command(predict, *words, *both)
    assert answer.code == 2 and "--output and --page are one" in answer.err
    for place in (f"{tmp_path}/answers.csv", f"{tmp_path}/answers.csv/more"):
        answer = command(predict, run, pattern, f"--sort_into={place}")
        assert answer.code == 2 and "answers.csv is a file" in answer.err
    answer = command(predict, *words, f"--page={tmp_path}/none/a.html")
    assert answer.code == 2 and f"no folder {tmp_path}/none" in answer.err
    answer = command(predict, run, f"{photos}/val/*.gif")
    assert answer.code == 2 and "There is no picture" in answer.err
    answer = command(predict, run, pattern, "--threshold=2")
    assert answer.code == 2 and "--threshold lies in 0…1" in answer.err
    answer = command(predict, run, pattern, "--threshold=1", "--top=1")
    assert answer.out.count("  not sure: below 100.00%") == 8


def test_answers_outlast_copies_that_fail(
    command, finished, photos, tmp_path, monkeypatch
):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(shutil, "copyfile", full)
    answer = command(
        predict,
        f"--model={finished[0]}",
        photos / "val",
        "--format=csv",
        f"--output={tmp_path}/answers.csv",
        f"--page={tmp_path}/answers.html",
        f"--sort_into={tmp_path}/sorted",
    )
    assert answer.code == 74 and "No space left" in answer.err
    with open(tmp_path / "answers.csv", newline="") as file:
        assert len(list(csv.DictReader(file))) == 8
    assert (tmp_path / "answers.html").is_file()


def test_predict_in_python(finished, photos):
    held = json.loads((finished[0] / "config.json").read_text())
    run = finished_run(TrainConfig.from_dict(held))
    picture = photos / "val" / "red" / "val1.jpg"
    ((path, guesses),) = run.predict(picture).items()
    assert path == str(picture) and len(guesses) == 2
    assert guesses == guesses_of(run.model, picture)
    found = run.predict([f"{photos}/val/*"], 1, threshold=0.99)
    assert len(found) == 8
    for guess in found.values():
        assert not guess or guess[0].probability >= 0.99
    with pytest.raises(RequestError, match="no picture"):
        run.predict("nowhere.jpg")


def test_finetune_prints_its_plan_first(command, finished, photos, tmp_path):
    weights = finished[0] / "checkpoints" / "best.safetensors"
    answer = command(
        finetune,
        f"--data={photos}",
        "--model=resnet20",
        f"--weights={weights}",
        "--image_size=16",
        "--global_batch_size=8",
        "--plan=head:1@0.1, stage3:1@0.05",
        f"--output={tmp_path}/tuned",
    )
    assert answer.code == 0, answer
    lines = answer.out.splitlines()
    plan = lines.index("plan: head:1@0.1,stage3:1@0.05 by sgd, cosine")
    first_epoch = next(i for i, x in enumerate(lines) if x[:5] == "epoch")
    assert plan < first_epoch
    assert "1. head (130 weights), 1 epoch(s)" in lines[plan + 1]
    assert "2. stage3 … head (204,418 weights)" in lines[plan + 2]


def test_curves_draws_what_the_events_hold(command, finished, tmp_path):
    picture = tmp_path / "curves.png"
    answer = command(curves, f"--runs={finished[0]}", f"--output={picture}")
    assert answer.code == 0, answer
    assert picture.read_bytes()[:4] == b"\x89PNG"
    answer = command(curves, f"--runs={tmp_path}/none")
    assert answer.code == 2
    assert "has no curve 'epoch_top1'" in answer.err


def test_models_as_a_table_and_in_detail(command):
    table = command(models, "--pattern=efficientnet_b*").out.splitlines()
    assert len(table) == 1 + 8
    assert table[1].split()[:2] == ["efficientnet_b0", "5,288,548"]
    detail = command(models, "--name=resnet20").out
    assert "40,551,040 at 32 px" in detail
    rows = [line.split()[0] for line in detail.splitlines()[-5:]]
    assert rows == ["stem", "stage1", "stage2", "stage3", "head"]


def test_console_scripts_exist():
    for name in COMMANDS:
        assert callable(importlib.import_module(f"apps.{name}").cli)
