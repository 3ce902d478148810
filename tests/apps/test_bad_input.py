"""Every mistake: one line, what and where and what to do, an exit code."""

import re
import shutil
import subprocess
import sys

import numpy as np
import pytest
from PIL import Image

from apps import benchmark
from apps import curves
from apps import evaluate
from apps import finetune
from apps import models
from apps import predict
from apps import train
from apps.measuring import ON_PICTURES


def assert_refused(answer, code, *patterns):
    assert answer.code == code, answer
    assert "Traceback" not in answer.err
    lines = answer.err.strip().splitlines()
    assert len(lines) == 1, lines
    assert lines[0].startswith("error: ")
    for pattern in patterns:
        assert re.search(pattern, lines[0]), (pattern, lines[0])


@pytest.fixture
def training(command, photos, tmp_path):
    """Starts a run that would take seconds, with some flags changed."""

    def start(module=train, **changes):
        words = {
            "data": photos,
            "model": "resnet20",
            "output": tmp_path / "run",
            "epochs": 1,
            "global_batch_size": 8,
            "image_size": 16,
            **changes,
        }
        given = [
            f"--{key}={value}"
            for key, value in words.items()
            if value is not None
        ]
        return command(module, *given)

    return start


def test_missing_folder(training, tmp_path):
    answer = training(data=tmp_path / "nowhere")
    assert_refused(answer, 2, "no folder .*nowhere", "herbarium")


def test_empty_folder(training, tmp_path):
    (tmp_path / "empty").mkdir()
    answer = training(data=tmp_path / "empty")
    assert_refused(answer, 3, "empty has no class folders", "sub-folder")


def test_empty_class(training, photos):
    (photos / "train" / "green").mkdir()
    answer = training()
    assert_refused(answer, 3, "green holds no pictures", "Add some")


def test_one_class_only(training, photos):
    shutil.rmtree(photos / "train" / "blue")
    assert_refused(training(), 3, "one class only, 'red'", "at least two")


def test_text_file_named_jpg(training, photos):
    (photos / "train" / "red" / "notes.jpg").write_text("no picture")
    answer = training()
    assert_refused(answer, 3, r"red/notes\.jpg: is no picture", "Remove")


def test_truncated_jpeg(training, photos):
    path = photos / "val" / "red" / "val0.jpg"
    path.write_bytes(path.read_bytes()[:-200])
    assert_refused(training(), 3, r"red/val0\.jpg: is a truncated JPEG")


def test_empty_file(training, photos):
    (photos / "train" / "red" / "nothing.png").touch()
    assert_refused(training(), 3, r"nothing\.png: the file is empty")


def test_unknown_model(training):
    answer = training(model="resnet51")
    assert_refused(answer, 2, "'resnet51'", "Nearest: .*resnet50")


@pytest.mark.parametrize("subject", ["shots", "transfer"])
def test_unknown_part_of_a_benchmark(command, photos, subject):
    answer = command(
        benchmark, subject, f"--data={photos}", "--subjects=head,heat"
    )
    assert_refused(answer, 2, "--subjects=heat is not one of ", "head")


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["pipeline", "--subjects=gentel"], "--subjects=gentel is not one of"),
        (["train", "--models=resnet20,resnet5"], "--models=resnet5 is not one"),
        (["train", "--precisions=float8"], "--precisions=float8 is not one of"),
        (["step", "--subjects=head"], "step has no --subjects. Leave it out."),
        (["starts", "--output={0}/a.json"], "--output={0}/a.png is there"),
        (["pipeline", "--weights=a"], "--weights is for `subject=weights or "),
        (
            ["search", "--seconds=5"],
            "--seconds is for `subject=pipeline or ",
        ),
        (["manifest", "--data={0}"], "--data is for `subject=calibration or "),
    ],
)
def test_a_measurement_is_refused_before_it_begins(
    command, photos, tmp_path, monkeypatch, words, message
):
    monkeypatch.setattr(
        "apps.command.start_tensorflow", lambda: pytest.fail("too late")
    )
    (tmp_path / "a.png").touch()
    words = [word.format(tmp_path) for word in words]
    if words[0] in ON_PICTURES:
        words.append(f"--data={photos}")
    answer = command(benchmark, *words)
    assert_refused(answer, 2, message.format(tmp_path))


def test_words_of_checks_need_nothing_heavy():
    """A misspelt kind of run, or part of a measurement, is told at once."""
    program = (
        "import sys\n"
        "from apps import benchmark, doctor\n"
        "for module in (benchmark, doctor):\n"
        "    assert callable(module.check)\n"
        "assert not {'tensorflow', 'keras'} & set(sys.modules)\n"
    )
    subprocess.run([sys.executable, "-c", program], check=True)


def test_unknown_weights(training):
    answer = training(finetune, weights="imagenot")
    assert_refused(answer, 2, "'imagenot'", "resnet20", "cifar10")


def test_picture_smaller_than_the_crop(training, photos, tmp_path):
    small = np.zeros((12, 20, 3), "uint8")
    Image.fromarray(small).save(photos / "train" / "red" / "small.png")
    answer = training()
    assert_refused(
        answer,
        3,
        r"small\.png: its shorter side has 12 pixels, the crop needs 16",
        "--image_size=12",
    )
    assert not (tmp_path / "run").exists()
    assert training(upscale="true").code == 0


def test_batch_larger_than_the_set(training):
    answer = training(global_batch_size=25)
    assert_refused(answer, 2, "--global_batch_size=25", "24 pictures")


def test_folder_that_holds_a_run(training, tmp_path):
    run = tmp_path / "run"
    run.mkdir()
    (run / "config.json").write_text("{}")
    assert_refused(training(), 2, "already holds a run", "another folder")
    assert (run / "config.json").read_text() == "{}"


@pytest.mark.parametrize(
    ("flag", "value", "pattern"),
    [
        ("epochs", 0, "--epochs lies in 1…"),
        ("learning_rate", -1, "--learning_rate is above 0"),
        ("label_smoothing", 1.5, "--label_smoothing lies in 0…"),
        (
            "augmentation",
            "magic",
            "--augmentation is one of .*gentle.*magic",
        ),
        ("precision", "float8", "precision.*float32"),
        ("epochs", "many", "epochs.*many"),
        ("colour", "red", "colour"),
    ],
)
def test_flags_out_of_range(training, flag, value, pattern):
    assert_refused(training(**{flag: value}), 2, pattern)


def test_plan_that_names_no_stage(training):
    answer = training(
        finetune, weights="none", epochs=None, plan="head:1@0.1, stage9:1@0.1"
    )
    assert_refused(answer, 2, "no stage 'stage9'", "stage3")


def test_plan_beside_epochs(training):
    answer = training(finetune, weights="none", plan="head:1@0.1")
    assert_refused(answer, 2, "either --plan, or")


def test_model_that_is_no_run(command, photos, tmp_path):
    answer = command(
        evaluate,
        f"--model={tmp_path}/none",
        f"--data={photos}",
        f"--output={tmp_path}/judged",
    )
    assert_refused(answer, 2, r"none holds no model\.keras")


def test_a_run_has_one_size(command, photos, tmp_path):
    answer = command(
        evaluate,
        *("--model=run", f"--data={photos}", "--test_size"),
        f"--output={tmp_path}/judged",
    )
    assert_refused(answer, 2, "run says its own size. Give --weights and")


def test_damaged_model(command, photos, tmp_path):
    (tmp_path / "model.keras").write_bytes(b"PK damaged")
    answer = command(
        predict,
        f"--model={tmp_path}",
        photos / "val" / "red" / "val0.jpg",
    )
    assert_refused(answer, 4, r"model\.keras is damaged")


def test_network_without_weights(command, photos):
    answer = command(predict, "--model=resnet50", photos / "any.jpg")
    assert_refused(answer, 2, "untrained network without --weights")


def test_no_picture_named(command):
    answer = command(predict, "--model=resnet20", "--weights=cifar10")
    assert_refused(answer, 2, "No picture was named")


def test_pattern_that_matches_nothing(command):
    assert_refused(command(models, "--pattern=vgg*"), 2, "vgg")


def test_argument_that_is_no_flag(command):
    answer = command(models, "resnet50", "resnet18")
    assert_refused(answer, 2, "unexpected word 'resnet18'")


def test_the_shell_sees_one_line_and_the_code(tmp_path):
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "apps.train",
            f"--data={tmp_path}/none",
            f"--output={tmp_path}/run",
        ],
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr.startswith("error: --data: there is no folder")
    assert done.stderr.count("\n") == 1


def test_all_bad_pictures_are_named_at_once(training, photos):
    (photos / "train" / "red" / "one.jpg").write_text("no picture")
    (photos / "val" / "blue" / "two.jpg").write_text("no picture")
    assert_refused(training(), 3, r"red/one\.jpg: .*blue/two\.jpg: ", "these")


def test_a_picture_is_not_drawn_over_another(command, tmp_path):
    (tmp_path / "mine.png").write_text("mine")
    answer = command(
        curves, f"--runs={tmp_path}", f"--output={tmp_path}/mine.png"
    )
    assert_refused(answer, 2, r"mine\.png is there already", "another name")
    assert (tmp_path / "mine.png").read_text() == "mine"
