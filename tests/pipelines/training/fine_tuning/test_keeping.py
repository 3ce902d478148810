"""Which epoch a run keeps, and what it says of it."""

import types

import pytest

from pipelines.tasks.classification import Classification
from pipelines.training.config import FinetuneConfig
from pipelines.training.fine_tuning.fine_tuning import finetune_run
from pipelines.training.fine_tuning.phases import _tell_best
from zoo.errors import RequestError


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ([0.5, 0.75, 0.25], "epoch 2 was the best by val_top1 (0.7500); the "),
        ([0.5, 0.25, 0.25], "epoch 1 was the best by val_top1 (0.5000); the "),
        ([0.75, 0.5, 0.75], None),
        ([0.5], None),
        ([], None),
    ],
)
def test_the_best_epoch_is_said_where_it_is_not_the_last(values, said):
    lines = []
    run = types.SimpleNamespace(
        task=Classification(("a", "b")), say=lines.append
    )
    history = [
        {"epoch": number, "val_top1": value}
        for number, value in enumerate(values, start=1)
    ]
    _tell_best(run, history)
    assert len(lines) == (said is not None)
    for line in lines:
        assert line.startswith(said) and "`keep=best` keeps the best" in line
        assert f"last one is kept ({values[-1]:.4f})" in line


@pytest.mark.parametrize("keep", ["last", "best"])
def test_what_is_kept_is_what_is_reported(picture_folder, tmp_path, keep):
    """At a rate so high that the accuracy jumps from epoch to epoch."""
    config = FinetuneConfig(
        data=str(picture_folder),
        model="alexnet_cifar",
        output=str(tmp_path / "run"),
        image_size=16,
        global_batch_size=4,
        precision="float32",
        weights=None,
        plan="head:6@30",
        keep=keep,
    )
    said = []
    run = finetune_run(config, say=said.append)
    values = [logs["val_top1"] for logs in run.history]
    assert len(values) == 6 and max(values) > values[-1]
    kept = max(values) if keep == "best" else values[-1]
    assert run.metrics["top1"] == pytest.approx(kept)
    assert ("the last one is kept" in "".join(said)) == (keep == "last")


def test_what_cannot_be_kept():
    with pytest.raises(RequestError, match="`keep` is one of last, best"):
        FinetuneConfig("d", "resnet20", "o", keep="first")
