"""What epochs cost, so that the time that is left is told phase by phase."""

import io

import pytest

import zoo
from pipelines.training.callbacks import Progress
from pipelines.training.fine_tuning import feature_cache
from pipelines.training.fine_tuning.costs import macs_below
from pipelines.training.fine_tuning.costs import parts_of
from pipelines.training.fine_tuning.feature_cache import FeatureCache
from pipelines.training.fine_tuning.plan import parse_plan
from pipelines.training.remaining import Part
from zoo.profile import count_macs

# Of the folder of pictures.
LEARNED, JUDGED = 12, 6


@pytest.fixture
def run(prepared):
    names = [stage.name for stage in zoo.stages(prepared.model)]
    prepared.plan = parse_plan("head:2@1, stage3:3@1, all:4@1", names)
    return prepared


def test_epochs_cost_what_is_computed_in_them(run):
    whole, below = count_macs(run.model), macs_below(run.model)
    # A head of 64 by 3 weights.
    assert below["stem"] == 0 and whole - below["head"] == 192
    assert parts_of(run, lambda position: position < 2) == [
        Part(2, LEARNED * 3 * 192 + JUDGED * 192),
        Part(3, (LEARNED * 3 + JUDGED) * (whole - below["stage3"])),
        Part(4, (LEARNED * 3 + JUDGED) * whole),
    ]
    under = below["head"]
    assert parts_of(run)[0] == Part(
        2, LEARNED * (under + 3 * 192) + JUDGED * whole
    )


def test_growing_pictures_cost_more_and_more(run):
    run.config = run.config.resolved(progressive_from=8)
    parts = parts_of(run)
    assert sum(part.epochs for part in parts) == 9
    # The whole network learns from pictures of 12 and of 16 pixels.
    whole = count_macs(run.model)
    sides = [size.image_size for size in run.sizes]
    assert sides == [8, 12, 16]
    learned = [(part.macs / whole - JUDGED) / 3 for part in parts[-2:]]
    assert learned == pytest.approx([LEARNED * (12 / 16) ** 2, LEARNED])


def test_a_pass_over_the_pictures_says_how_fast_it_computes(run, monkeypatch):
    monkeypatch.setattr(feature_cache, "_WORTH", 1)
    clock = iter([100.0, 120.0])
    monkeypatch.setattr(feature_cache.time, "perf_counter", lambda: next(clock))
    cache = FeatureCache(run, run.plan)
    assert not cache.reads(0)
    assert cache.take(0) is not None
    monkeypatch.undo()
    assert (cache.reads(0), cache.reads(1), cache.reads(2)) == (
        True,
        True,
        False,
    )
    run.remaining.plan(parts_of(run, cache.reads))
    # One view of each picture, and of each that judges, in 20 seconds.
    speed = (LEARNED + JUDGED) * macs_below(run.model)["head"] / 20
    told = Progress(9, run.task, io.StringIO(), run.remaining)
    told.remaining.epoch(0, 0.5)
    stage3, everything = (part.macs / speed for part in run.remaining.parts[1:])
    left = 0.5 + 3 * stage3 + 4 * everything
    assert run.remaining.after(1) == pytest.approx(left)
    assert everything > 40
