"""The command that makes one model of several, from runs to answers."""

import json

import keras
import numpy as np
import pytest

import zoo
from apps import compare
from apps import ensemble
from apps import evaluate
from apps import predict
from pipelines.runs.model_loading import load_model
from pipelines.runs.run_folder import RunFolder
from pipelines.runs.split_list import read_split
from pipelines.training.config import FinetuneConfig
from pipelines.training.fine_tuning.fine_tuning import finetune_run

SIDE = 16


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    """Three relatives that know two colours, each more noisy than the last."""
    keras.utils.set_random_seed(0)
    ancestor = zoo.create_model(
        "resnet20", classes=2, input_shape=(SIDE, SIDE, 3)
    )
    zoo.set_class_names(ancestor, ("blue", "red"))
    root = tmp_path_factory.mktemp("runs")
    random = np.random.default_rng(1)
    for number in range(3):
        child = keras.models.clone_model(ancestor)
        child.set_weights(
            [
                each + 0.05 * number * np.abs(random.normal(size=each.shape))
                for each in ancestor.get_weights()
            ]
        )
        with RunFolder(root / f"run{number}") as folder:
            folder.save_model(child)
    return [str(root / f"run{number}") for number in range(3)]


@pytest.mark.parametrize("how", ["probabilities", "soup", "greedy"])
def test_a_folder_that_is_a_run(command, photos, runs, tmp_path, how):
    output = tmp_path / "one"
    answer = command(
        *(ensemble, *runs, f"--data={photos}/val", f"--how={how}"),
        f"--output={output}",
    )
    assert answer.code == 0, answer.err
    assert "half of 8 pictures chooses" in answer.out
    facts = json.loads((output / "ensemble.json").read_text())
    metrics = json.loads((output / "metrics.json").read_text())
    assert facts["top1"] == metrics["top1"] and metrics["examples"] == 4
    assert [each["model"] for each in facts["members"]] == runs
    if how == "soup":
        assert {tuple(each["models"]) for each in facts["tried"]} == {
            tuple(runs)
        }
        assert {each["fresh_statistics"] for each in facts["tried"]} == {
            True,
            False,
        }
    if how == "greedy":
        best = max(each["choosing_top1"] for each in facts["members"])
        assert facts["chosen"]["choosing_top1"] >= best
    model = load_model(output)
    single = load_model(runs[0])
    larger = model.count_params() / single.count_params()
    assert larger == (pytest.approx(3, abs=0.01) if how[0] == "p" else 1)
    if how == "probabilities":
        _is_used_as_a_run(command, photos, output, metrics)


def _is_used_as_a_run(command, photos, output, metrics):
    picture = photos / "val" / "red" / "val0.jpg"
    answer = command(predict, picture, f"--model={output}")
    assert answer.code == 0 and "blue" in answer.out
    again = output.parent / "again"
    # Of its own data what judged it judges it again, and not what chose.
    answer = command(
        *(evaluate, f"{photos}/val", f"--model={output}", f"--output={again}")
    )
    assert answer.code == 0, answer.err
    assert "4 pictures that the run held out" in answer.out
    found = json.loads((again / "metrics.json").read_text())
    assert found["top1"] == metrics["top1"]
    answer = command(compare, output, again, f"--output={output.parent}/both")
    assert answer.code == 0, answer.err
    learned = read_split(str(output)).learned
    assert (learned.sum(), len(learned)) == (4, 8)


def test_pictures_that_choose_do_not_judge(command, photos, runs, tmp_path):
    words = (ensemble, *runs, f"--output={tmp_path}/one")
    answer = command(*words, f"--data={photos}/val", f"--judge={photos}/val")
    assert answer.code == 3
    assert "8 of the pictures of --judge=" in answer.err
    assert not (tmp_path / "one").exists()
    answer = command(*words, f"--data={photos}/train", f"--judge={photos}/val")
    assert answer.code == 0, answer.err
    assert "24 pictures choose, 8 judge" in answer.out


def test_what_was_learned_does_not_judge(command, photos, runs, tmp_path):
    """Whichever of the models has learned it."""
    finetune_run(
        FinetuneConfig(
            data=str(photos),
            model="resnet20",
            weights=None,
            image_size=SIDE,
            plan="head:1@0.1",
            # Another beginning than that of the others.
            seed=7,
            output=str(tmp_path / "learned"),
        ),
        say=lambda line: None,
    )
    words = (runs[0], tmp_path / "learned", f"--output={tmp_path}/one")
    answer = command(ensemble, *words, f"--data={photos}/train")
    assert answer.code == 3 and "learned from" in answer.err
    answer = command(ensemble, *words, f"--data={photos}/val")
    assert answer.code == 0, answer.err
    # Unrelated networks have no soup.
    words = (*words[:2], f"--output={tmp_path}/soup")
    answer = command(ensemble, *words, f"--data={photos}/val", "--how=soup")
    assert answer.code == 2 and "no ancestor in common" in answer.err
    assert "--how=probabilities" in answer.err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ([], "--models is missing"),
        (["{0}", "{0}"], "two or more, each once"),
        (["{0}", "nowhere"], "model=nowhere holds no model.keras"),
        (["{0}", "{1}", "--how=soups"], "Nearest: soup"),
        (["{0}", "{1}", "--judge=nowhere"], "there is no folder nowhere"),
    ],
)
def test_wrong_words(command, photos, runs, tmp_path, words, said):
    words = [word.format(*runs) for word in words]
    answer = command(
        ensemble, *words, f"--data={photos}", f"--output={tmp_path}/one"
    )
    assert answer.code == 2 and said in answer.err.replace("`", ""), answer
    assert not (tmp_path / "one").exists()
