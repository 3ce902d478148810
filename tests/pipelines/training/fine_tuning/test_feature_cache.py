"""One pass over the pictures takes what every phase of a plan reads."""

import numpy as np
import pytest

import zoo
from pipelines.batches.training_data import every_view
from pipelines.evaluation.extraction import Extractor
from pipelines.training.fine_tuning import feature_cache
from pipelines.training.fine_tuning.feature_cache import FeatureCache
from pipelines.training.fine_tuning.feature_cache import views_of
from pipelines.training.fine_tuning.plan import parse_plan

VIEWS = 2


@pytest.fixture
def run(prepared):
    return prepared


@pytest.fixture
def passes(monkeypatch):
    """How many features each pass over pictures has taken; passes are dear."""
    plain, found = Extractor.run, []

    def count(self, dataset, pictures, progress=None):
        features = plain(self, dataset, pictures, progress)
        found.append(len(features))
        return features

    monkeypatch.setattr(Extractor, "run", count)
    monkeypatch.setattr(feature_cache, "_WORTH", 1)
    return found


def plan_of(run, text):
    names = [stage.name for stage in zoo.stages(run.model)]
    return parse_plan(text, names)


def test_all_phases_from_one_pass(run, passes):
    plan = plan_of(run, "head:8@1, stage3:4@1, stage2:3@1, all:1@1")
    told = []
    cache = FeatureCache(run, plan, lambda *numbers: told.append(numbers))
    kept = [cache.take(position) for position in range(3)]
    assert cache.take(3) is None
    # Once what is judged, once what is learned.
    assert passes == [3, 3] and told[-1] == (24, 24)
    assert len(run.said) == 1 and run.said[0].startswith(
        "  cache: 2 view(s) of 12 pictures below head and stage3 and stage2"
    )
    views = every_view(
        run.splits.train,
        run.training_preprocessing(),
        augmentation=run.augmentation,
        batch_size=12,
        seed=run.config.seed,
        views=VIEWS,
    )
    learned = np.concatenate([batch[0] for batch in views])
    (judged, *_), *_ = run.validation_data().dataset
    for phase, features in zip(plan, kept, strict=False):
        below, _ = zoo.split(run.model, phase.stage)
        for pictures, found in (
            (learned, features.train),
            (judged, features.validation),
        ):
            np.testing.assert_allclose(
                found.values, below(pictures, training=False), atol=1e-5
            )
        assert features.train.views == VIEWS
        assert features.train.examples is run.splits.train


def test_what_has_learned_meanwhile_is_computed_anew(run, passes):
    plan = plan_of(run, "head:4@1, stage2:4@1, stage3:4@1, head:4@1")
    cache = FeatureCache(run, plan)
    held = []
    for position in range(4):
        cache.take(position)
        held.append(list(passes))
        passes.clear()
    # What lies below stage3 and the head learns in the second phase.
    assert held == [[2, 2], [], [1, 1], [1, 1]]


def test_a_decision_stands_when_the_run_goes_on(run, passes):
    plan = plan_of(run, "head:8@1, all:2@1, stage3:1@1")
    cache = FeatureCache(run, plan)
    found = [cache.take(position) is not None for position in range(3)]
    # The last phase shows each picture once.
    assert found == [True, False, False] and passes == [1, 1]
    assert run.said[1:] == ["  no cache: so few epochs show no picture twice"]
    run.said.clear()
    again = FeatureCache(run, plan)
    assert again.take(2) is None and again.take(0) is not None
    assert run.said == []


def test_how_far_up_a_pass_goes(run, passes):
    """Short phases above a long one cost what lies between, or look."""
    cache = FeatureCache(run, plan_of(run, "stage3:1@1, stage2:40@1"))
    # Ten views of what is between the two, or one epoch of all below.
    assert cache.take(0) is None and cache.take(1) is not None
    assert passes == [1, 1]
    # The usual plan: five views of the last stage, or four epochs of all.
    cache = FeatureCache(run, plan_of(run, "head:4@1, stage3:18@1, all:8@1"))
    assert cache.take(0) is not None and cache.take(1) is not None
    assert passes == [1, 1, 2, 2]


def test_as_many_phases_as_have_room(run, passes, monkeypatch):
    monkeypatch.setattr(
        Extractor, "has_room_for", lambda self, _: self.bytes_of(1) < 4096
    )
    plan = plan_of(run, "head:8@1, stage3:8@1, stage2:8@1")
    cache = FeatureCache(run, plan)
    found = [cache.take(position) is not None for position in range(3)]
    # 64 numbers, 8 x 8 x 32 and 16 x 16 x 16 of them.
    assert found == [True, False, False] and passes == [1, 1]
    assert [line.split(":")[0] for line in run.said] == [
        "  no cache",
        "  no cache",
        "  cache",
    ]


def test_what_saves_little_is_not_kept(run):
    cache = FeatureCache(run, plan_of(run, "head:3@1, stage3:3@1"))
    assert cache.take(0) is None and cache.take(1) is None
    assert len(run.said) == 1
    assert run.said[0].startswith("  no cache: it would save ")


def test_what_would_be_saved(run, passes):
    """12 and 6 pictures, twelve times."""
    cache = FeatureCache(run, plan_of(run, "head:12@1"))
    assert cache.take(0) is not None
    # Three views of the pictures to learn from are computed all the same.
    pictures = 12 * (12 + 6) - (3 * 12 + 6)
    # Of resnet20 as published, at half the side and without its head.
    below = (40_551_040 - 640) / 4
    saved = f"{pictures * below / 1e9:,.0f} G"
    assert run.said[0].endswith(f"; saves {saved} multiply-adds")


@pytest.mark.parametrize(
    ("name", "epochs", "views"),
    [("none", 40, 1), ("shift", 1, 1), ("shift", 5, 2), ("shift", 40, 10)],
)
def test_views(name, epochs, views):
    policy = feature_cache.AUGMENTATIONS[name]
    assert views_of(epochs, policy) == views
