"""Whether a run is the one that was begun, also by an older version."""

import json
import pathlib
import shutil

import keras
import numpy as np
import pytest
import safetensors.numpy

from pipelines.runs.checkpoints import Checkpoint
from pipelines.runs.options import RunOptions
from pipelines.runs.places import Longer
from pipelines.runs.places import length_of
from pipelines.runs.places import refuse_if_taken
from pipelines.runs.resuming import WITH_VELOCITY
from pipelines.runs.resuming import check_same_run
from pipelines.runs.resuming import identity
from pipelines.runs.state import STATE
from pipelines.runs.state import WEIGHTS
from pipelines.runs.state import check_weights_fit
from pipelines.training.config import FinetuneConfig
from pipelines.training.config import TrainConfig
from pipelines.training.fine_tuning.several_runs import open_several
from pipelines.training.going_on import in_steps
from pipelines.training.optimizers.table import OPTIMIZERS
from zoo.errors import RequestError
from zoo.weights.files import as_safetensors

SGD, ADAM = {"optimizer": "sgd"}, {"optimizer": "adamw"}


@pytest.fixture
def begun(coloured):
    """Returns a function: what a run of some settings is known by."""
    from pipelines.data.examples import Splits

    splits = Splits(coloured(2), coloured(1))

    def of(kind=FinetuneConfig, **changes):
        settings = {
            "model": "resnet20",
            "weights": "cifar10",
            "output": "o",
            **changes,
        }
        return identity(kind("d", **settings), splits, replicas=1)

    return of


def same(then, now, kind=FinetuneConfig, **options):
    return check_same_run(
        then, now, **{"kind": kind, "allow_inexact": False} | options
    )


def test_the_same_is_the_same(begun):
    same(begun(), begun())
    same(begun(output="a"), begun(output="b"))


def test_what_differs_is_named(begun):
    with pytest.raises(RequestError, match=r"`mixup` \(0\.0 then, 0\.5 now\)"):
        same(begun(), begun(mixup=0.5))
    said = []
    same(begun(), begun(mixup=0.5), allow_inexact=True, say=said.append)
    assert "`mixup` (0.0 then, 0.5 now)" in said[0]


def test_a_setting_of_later_is_its_default(begun):
    """Fine-tuning once knew neither optimizers nor sizes that grow."""
    then, now = (
        begun(stage_lr_decay=1.0),
        begun(stage_lr_decay=1.0, optimizer="sgd"),
    )
    for name in ("optimizer", "progressive_from", "mixup", "milestones"):
        del then["settings"][name]
    same(then, now)
    with pytest.raises(RequestError, match=r"`optimizer` \(sgd then, adamw no"):
        same(then, begun(stage_lr_decay=1.0, optimizer="adamw"))
    with pytest.raises(RequestError, match=r"`mixup` \(0\.0 then, 0\.2 now\)"):
        same(then, begun(stage_lr_decay=1.0, optimizer="sgd", mixup=0.2))
    # It once turned no picture upright.
    del then["settings"]["orientation"]
    with pytest.raises(RequestError, match=r"`orientation` \(ignore then, up"):
        same(then, now)
    scratch = begun(TrainConfig)
    del scratch["settings"]["progressive_from"]
    same(scratch, begun(TrainConfig), kind=TrainConfig)


def test_a_plan_written_otherwise_is_the_same_plan(begun):
    then, now = begun(), begun(plan="head:3@0.1, all:2@0.05")
    then["settings"]["plan"] = "head:3@.1,  all:2@5e-2"
    same(then, now)


@pytest.mark.parametrize(
    ("then", "now", "goes_on"),
    [
        ({"optimizer": "sgd"}, {"optimizer": "adamw"}, False),
        ({}, {"model": "resnet32"}, False),
        ({}, {"ema": 0.9}, False),
        ({"ema": 0.9}, {}, False),
        ({"ema": 0.9}, {"ema": 0.99}, True),
        ({"precision": "float16"}, {"precision": "float32"}, False),
        ({"precision": "bfloat16"}, {"precision": "float32"}, True),
        (SGD, {"momentum": 0.0, **SGD}, False),
        ({"momentum": 0.0, **SGD}, SGD, False),
        (SGD, {"momentum": 0.5, **SGD}, True),
        (ADAM, {"momentum": 0.0, **ADAM}, True),
        ({}, {"task": "multilabel"}, False),
        ({"epochs": 3}, {"epochs": 5}, True),
        ({}, {"mixup": 0.5, "global_batch_size": 4}, True),
    ],
)
def test_inexactly_where_the_state_fits(begun, then, now, goes_on):
    usual = {"stage_lr_decay": 1.0}
    said, both = [], (begun(**usual | then), begun(**usual | now))
    if goes_on:
        other = same(*both, allow_inexact=True, say=said.append)
        assert other == {name for name in now if now[name] != then.get(name)}
        assert len(said) == 1
        return
    with pytest.raises(RequestError) as caught:
        same(*both, allow_inexact=True, say=said.append)
    name = next(n for n in {**now, **then} if now.get(n) != then.get(n))
    assert f"cannot be taken over with `{name}` (" in str(caught.value)
    assert "goes on with other pictures, devices, rates" in str(caught.value)
    assert not said


def test_the_usual_task_is_one_whether_it_is_said_or_not(begun):
    assert same(begun(), begun(task="classification")) == set()
    assert same(begun(task="classification"), begun()) == set()


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_which_optimizers_have_a_velocity(name):
    def variables(momentum):
        optimizer = OPTIMIZERS[name].build(0.1, 0.0, momentum)
        optimizer.build([keras.Variable([1.0])])
        return len(optimizer.variables)

    more = 1 if name in WITH_VELOCITY else 0
    assert variables(0.9) - variables(0.0) == more


def test_other_classes_and_devices(begun):
    other = begun() | {"classes": ["blue", "red"]}
    with pytest.raises(RequestError, match="taken over with classes"):
        same(begun(), other, allow_inexact=True)
    said = []
    more = begun() | {"devices": 2}
    assert same(begun(), more, allow_inexact=True, say=said.append)
    assert said == [
        "going on as another run, as asked: devices (1 then, 2 now)"
    ]


def test_steps_of_another_length():
    """Half of the second epoch was over, and is in batches of any size."""
    progress = {"epoch": 1, "batch": 5, "global_step": 15}
    facts = {"progress": {**progress, "steps_per_epoch": 10}, "run": 1}
    then = Checkpoint(pathlib.Path("p"), 15, facts, {})
    assert in_steps(then, 10) is then
    now = in_steps(then, 4)
    assert now.step == 6 and now.facts["run"] == 1
    told = {"epoch": 1, "batch": 2, "global_step": 6, "steps_per_epoch": 10}
    assert now.facts["progress"] == told
    old = Checkpoint(pathlib.Path("p"), 15, {"progress": progress}, {})
    assert in_steps(old, 4) is old


def test_a_network_of_other_weights(tiny):
    files = {
        WEIGHTS: as_safetensors(tiny()),
        STATE: safetensors.numpy.save({"seed/0": np.zeros(1)}),
    }
    check_weights_fit(tiny(), files)
    with pytest.raises(RequestError, match=r"'head_logits/bias' has .*\(2,\)"):
        check_weights_fit(tiny(("a", "b", "c")), files)


@pytest.fixture
def several(picture_folder, tmp_path):
    """Returns a function that opens the folder of several runs."""

    def begin(what="folds=3", options=None, **changes):
        settings = {"data": str(picture_folder), "output": str(tmp_path / "o")}
        config = FinetuneConfig(model="resnet20", **settings | changes)
        said = []
        options = options or RunOptions()
        open_several(config, options, what, say=said.append).release()
        return said

    return begin


def test_runs_that_belong_together(several):
    several()
    assert several(checkpoint_steps=7) == []
    for what, changes, message in (
        ("folds=4", {}, "runs \\(folds=3 then, folds=4 now\\)"),
        ("compare_scratch", {}, "runs \\(folds=3 then"),
        ("folds=3", {"seed": 1}, "`seed` \\(0 then, 1 now\\)"),
    ):
        with pytest.raises(RequestError, match=message):
            several(what, **changes)
    # Refused, it lets go of the folder, and has changed nothing.
    several()
    assert several(options=RunOptions(allow_inexact=True), seed=1)
    with pytest.raises(RequestError, match="already holds a run"):
        several(options=RunOptions(resume=False))


def test_pictures_that_moved_are_the_same(several, picture_folder, tmp_path):
    several()
    moved = tmp_path / "moved"
    shutil.copytree(picture_folder, moved)
    assert several(data=str(moved)) == []
    assert several(data=f"{picture_folder}/") == []
    picture = next(moved.rglob("*.png"))
    picture.write_bytes(picture.read_bytes() + b"\0")
    with pytest.raises(RequestError, match="pictures"):
        several(data=str(moved))


def test_other_pictures_are_listed_where_they_were_asked_for(
    several, picture_folder, tmp_path
):
    data, inexact = tmp_path / "data", RunOptions(allow_inexact=True)
    shutil.copytree(picture_folder, data)
    several(data=str(data))
    picture = next(data.rglob("*.png"))
    picture.write_bytes(picture.read_bytes() + b"\0")
    assert several(data=str(data), options=inexact) != []
    # The same command is not another run any more.
    assert several(data=str(data)) == []


def test_a_misspelt_name_leaves_no_folder_behind(several, tmp_path):
    with pytest.raises(RequestError, match="cifar9"):
        several(weights="cifar9")
    assert not (tmp_path / "o").exists()


def test_several_runs_use_one_host(several, monkeypatch):
    cluster = {"cluster": {"worker": ["a:1", "b:1"]}}
    monkeypatch.setenv("TF_CONFIG", json.dumps(cluster))
    several()
    for kind in ("auto", "tf_config"):
        with pytest.raises(RequestError, match="`folds=3` uses one host"):
            several(options=RunOptions(cluster=kind))


@pytest.mark.parametrize(
    "settings", [{"epochs": 8}, {"epochs": None, "plan": "head:3@.1,all:5@.1"}]
)
def test_a_finished_run_may_become_longer(tmp_path, settings):
    (tmp_path / "checkpoints").mkdir()
    held = {"commit": None, **settings}
    (tmp_path / "config.json").write_text(json.dumps(held))
    (tmp_path / "metrics.json").write_text("{}")
    for longer in (None, Longer(8), Longer(8, allowed=True)):
        with pytest.raises(RequestError, match="already holds a finished run"):
            refuse_if_taken(tmp_path, resume=True, longer=longer)
    with pytest.raises(
        RequestError, match="finished run of 8 epochs"
    ) as caught:
        refuse_if_taken(tmp_path, resume=True, longer=Longer(9))
    assert "`allow_inexact` goes on with it, up to 9" in str(caught.value)
    longer = Longer(9, allowed=True)
    refuse_if_taken(tmp_path, resume=True, longer=longer)
    with pytest.raises(RequestError, match="already holds a finished run"):
        refuse_if_taken(tmp_path, resume=False, longer=longer)


def test_how_long_it_shall_be():
    def of(**settings):
        config = FinetuneConfig("d", "resnet20", "o", **settings)
        return length_of(config, RunOptions(allow_inexact=True))

    assert of() is None
    assert of(epochs=4) == Longer(4, allowed=True)
    assert of(plan="head:3@.1,all:5@.1") == Longer(8, allowed=True)
