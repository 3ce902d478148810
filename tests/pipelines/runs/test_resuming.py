"""Whether a run is the one that was begun, also by an older version."""

import pytest

from pipelines.runs.options import RunOptions
from pipelines.runs.resuming import check_same_run
from pipelines.runs.resuming import identity
from pipelines.runs.resuming import several_runs
from pipelines.training.config import FinetuneConfig
from pipelines.training.config import TrainConfig
from zoo.errors import RequestError


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
    check_same_run(
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


def test_runs_that_belong_together(tmp_path):
    def config(**changes):
        return FinetuneConfig("d", "resnet20", str(tmp_path / "o"), **changes)

    several_runs(config(), RunOptions(), folds=3).release()
    several_runs(config(), RunOptions(), folds=3).release()
    with pytest.raises(RequestError, match="`folds` was 3, now 4"):
        several_runs(config(), RunOptions(), folds=4)
    with pytest.raises(RequestError, match="`seed` was 0, now 1"):
        several_runs(config(seed=1), RunOptions(), folds=3)
