"""Which epoch a run keeps, and what it says of it."""

import types

import numpy as np
import pytest

from pipelines.tasks.classification import Classification
from pipelines.training.config import FinetuneConfig
from pipelines.training.fine_tuning.fine_tuning import finetune_run
from pipelines.training.fine_tuning.phases import _tell_best
from pipelines.training.trainer import Trainer
from zoo.errors import RequestError


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ([0.5, 0.75, 0.25], "epoch 2 was the best by val_top1 (0.7500), the "),
        ([0.5, 0.25, 0.25], "epoch 1 was the best by val_top1 (0.5000), the "),
        ([0.75, 0.5, 0.75], None),
        ([0.5], None),
        ([], None),
    ],
)
def test_the_best_epoch_is_said_where_it_is_not_the_last(values, said):
    lines = []
    run = types.SimpleNamespace(
        task=Classification(("a", "b")),
        say=lines.append,
    )
    history = [
        {"epoch": number, "val_top1": value}
        for number, value in enumerate(values, start=1)
    ]
    _tell_best(run, history)
    assert len(lines) == (said is not None)
    for line in lines:
        assert line.startswith(said) and "`keep=best` keeps the best" in line
        assert f"the last one has {values[-1]:.4f};" in line


@pytest.mark.parametrize(("keep", "epoch"), [("last", 3), ("best", 2)])
def test_the_finished_model_is_that_of_the_epoch_kept(
    picture_folder, tmp_path, monkeypatch, keep, epoch
):
    told, weights = [0.25, 0.75, 0.5], []
    plain = Trainer._validate

    def validate(self, *args):
        weights.append(self.model.get_layer("head_logits").kernel.numpy())
        value = told[len(weights) - 1]
        return {**plain(self, *args), "val_top1": value}

    monkeypatch.setattr(Trainer, "_validate", validate)
    config = FinetuneConfig(
        data=str(picture_folder),
        model="alexnet_cifar",
        output=str(tmp_path / "run"),
        image_size=16,
        global_batch_size=4,
        precision="float32",
        weights=None,
        plan="head:3@1",
        keep=keep,
    )
    said = []
    run = finetune_run(config, say=said.append)
    assert not (weights[1] == weights[2]).all()
    kernel = run.model.get_layer("head_logits").kernel.numpy()
    np.testing.assert_array_equal(kernel, weights[epoch - 1])
    line = {
        "last": "epoch 2 was the best by val_top1 (0.7500), the last one has",
        "best": "weights of epoch 2 taken, the best by val_top1 (0.7500)",
    }
    assert [each for each in said if each.startswith(line[keep])]


def test_what_cannot_be_kept():
    with pytest.raises(RequestError, match="`keep` is one of last, best"):
        FinetuneConfig("d", "resnet20", "o", keep="first")
