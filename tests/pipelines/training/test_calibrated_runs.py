"""A run that sets pictures aside for the temperature of its logits."""

import numpy as np
import pytest

import zoo
from pipelines.data.examples import Splits
from pipelines.data.joining import as_several
from pipelines.data.sources.opening import open_splits
from pipelines.runs.config import RunConfig
from pipelines.runs.split_list import read_split
from pipelines.tasks.classification import Classification
from pipelines.training.config import FinetuneConfig
from pipelines.training.fine_tuning.fine_tuning import finetune_run
from pipelines.training.setting_aside import set_aside
from pipelines.training.several_classes import as_asked
from zoo.errors import RequestError


def test_pictures_are_set_aside_of_each_class(picture_folder):
    splits = open_splits(str(picture_folder))
    data = str(picture_folder)
    config = RunConfig(data, "resnet20", "run", calibration_part=0.25)
    found = set_aside(config, splits)
    assert found.aside.counts().tolist() == [1, 1, 1]
    assert found.train.counts().tolist() == [3, 3, 3]
    names = {*found.aside.names, *found.train.names}
    assert names == {*splits.train.names}
    again = set_aside(config, splits)
    assert list(again.aside.names) == list(found.aside.names)
    plain = RunConfig(data, "resnet20", "run")
    assert set_aside(plain, splits) is splits


def test_a_task_is_calibrated_and_says_so_to_the_model(tiny):
    random = np.random.default_rng(0)
    logits = random.normal(0, 3, (500, 2))
    right = random.random(500) < 0.8
    labels = np.where(right, logits.argmax(axis=1), logits.argmin(axis=1))
    task = Classification(("blue", "green")).tuned(logits, labels)
    assert task.scaling.temperature > 1
    model = tiny()
    task.note_in(model)
    assert zoo.logit_scaling(model) == task.scaling


def test_what_says_nothing_costs_no_run(tiny, caplog):
    """All answers right: no temperature, and the model as it is."""
    task = Classification(("blue", "green"))
    same = task.tuned(np.eye(2), np.array([0, 1]))
    assert same is task and "Not calibrated: All 2 pictures" in caplog.text


def test_a_run_records_what_it_set_aside(picture_folder, tmp_path, monkeypatch):
    """Its pictures may not judge, and it was not learned from them."""
    seen = []

    def tuned(self, outputs, targets):
        seen.append(len(targets))
        return self

    monkeypatch.setattr(Classification, "tuned", tuned)
    config = FinetuneConfig(
        data=str(picture_folder),
        model="resnet20",
        weights="cifar10",
        output=str(tmp_path / "run"),
        probe=True,
        calibration_part=0.25,
    )
    finished = finetune_run(config, say=lambda line: None)
    assert seen == [3]
    assert finished.metrics["training_examples"] == 9
    listed = read_split(str(tmp_path / "run"))
    assert listed.learned.sum() == 12


def test_several_classes_have_no_temperature(picture_folder):
    splits = open_splits(str(picture_folder))
    several = Splits(as_several(splits.train), as_several(splits.validation))
    config = RunConfig("photos", "resnet20", "run", calibration_part=0.1)
    with pytest.raises(RequestError, match="`calibration_part` is for one"):
        as_asked(config, several)
