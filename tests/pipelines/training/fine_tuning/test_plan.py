"""Plans in words and as records, and the default plan."""

import pytest

from pipelines.training.fine_tuning.plan import Phase
from pipelines.training.fine_tuning.plan import default_plan
from pipelines.training.fine_tuning.plan import epochs_of
from pipelines.training.fine_tuning.plan import fitted
from pipelines.training.fine_tuning.plan import in_words
from pipelines.training.fine_tuning.plan import parse_plan
from zoo.errors import RequestError

STAGES = ["stem", "stage1", "stage2", "stage3", "head"]


@pytest.mark.parametrize(
    ("text", "phases"),
    [
        ("head:3@0.1", [("head", 3, 0.1)]),
        ("head:1@1e-3,all:12@5e-4", [("head", 1, 1e-3), ("stem", 12, 5e-4)]),
        (" stage2 : 2 @ .5,stem:1@2. ", [("stage2", 2, 0.5), ("stem", 1, 2.0)]),
        ("all:4@1e+1,head:1@3", [("stem", 4, 10.0), ("head", 1, 3.0)]),
    ],
)
def test_a_plan_is_read(text, phases):
    assert parse_plan(text, STAGES) == tuple(Phase(*each) for each in phases)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", r"'' is no phase\. Expected STAGE:EPOCHS@RATE, such as head:3@0"),
        ("head", "'head' is no phase"),
        ("head:3", "'head:3' is no phase"),
        ("head:3@", "'head:3@' is no phase"),
        ("head:3@.", "is no phase"),
        ("head:3@0.1.2", "is no phase"),
        ("head:3@1..2", "is no phase"),
        ("head:-3@0.1", "is no phase"),
        ("head:3@-0.1", "is no phase"),
        ("head:1.5@0.1", "is no phase"),
        ("head:3@0.1,,all:1@1", "'' is no phase"),
        ("head:0@0.1", "'head:0@0.1' needs at least 1 epoch and a rate above"),
        ("head:1@0", "needs at least 1 epoch and a rate above 0"),
        ("stage4:1@1", r"no stage 'stage4'\. Nearest: stage\d.* All: stem, st"),
        ("body:1@1", r"no stage 'body'\."),
    ],
)
def test_a_plan_that_cannot_be_read(text, message):
    with pytest.raises(RequestError, match=message) as caught:
        parse_plan(text, STAGES)
    assert caught.value.exit_code == 2


def test_a_phase_is_written_as_it_is_read():
    plan = default_plan(dict.fromkeys(STAGES, 1), 30, 0.1, steps_per_epoch=25)
    text = ", ".join(map(str, plan))
    assert text == "head:4@0.1, stage2:18@0.1, stem:8@0.05"
    assert parse_plan(text, STAGES) == plan


# A ResNet's weights: half of those below the head are in its last stage.
WEIGHTS = dict(zip(STAGES, [500, 15_000, 50_000, 200_000, 130], strict=True))


@pytest.mark.parametrize(
    ("weights", "epochs", "phases"),
    [
        (WEIGHTS, 30, [("head", 4), ("stage3", 18), ("stem", 8)]),
        (WEIGHTS, 15, [("head", 2), ("stage3", 9), ("stem", 4)]),
        (WEIGHTS, 4, [("head", 1), ("stage3", 2), ("stem", 1)]),
        (WEIGHTS, 2, [("head", 1), ("stage3", 1)]),
        (WEIGHTS, 1, [("head", 1)]),
        # Stages of one size: half of them.
        (
            {"stem": 1, "stage1": 9, "stage2": 9, "stage3": 9, "head": 1},
            30,
            [("head", 4), ("stage2", 18), ("stem", 8)],
        ),
        # Nothing between the head and the whole network.
        ({"stem": 9, "stage1": 1, "head": 1}, 30, [("head", 4), ("stem", 26)]),
        ({"head": 1}, 5, [("head", 5)]),
    ],
)
def test_the_default_plan(weights, epochs, phases):
    plan = default_plan(weights, epochs, 0.4, steps_per_epoch=200)
    assert [(phase.stage, phase.epochs) for phase in plan] == phases
    for phase in plan:
        whole = phase.stage == next(iter(weights)) and len(weights) > 1
        assert phase.learning_rate == (0.2 if whole else 0.4)


def test_weights_that_have_learned_may_learn_slower():
    plan = default_plan(WEIGHTS, 30, 1e-3, below_head=0.2, steps_per_epoch=25)
    assert [phase.learning_rate for phase in plan] == [1e-3, 2e-4, 1e-4]


@pytest.mark.parametrize(
    ("epochs", "steps", "rates"),
    [
        # 245 pictures: 7 steps an epoch. Whole network: 1, 3, 8, 26 epochs.
        (6, 7, [0.4, 0.4]),
        (12, 7, [0.4, 0.4]),
        (30, 7, [0.4, 0.4, 0.0622]),
        (97, 7, [0.4, 0.4, 0.2]),
        # 800 pictures: 25 steps.
        (6, 25, [0.4, 0.4]),
        (12, 25, [0.4, 0.4, 0.0833]),
        (30, 25, [0.4, 0.4, 0.2]),
        (300, 25, [0.4, 0.4, 0.2]),
    ],
)
def test_a_short_run_moves_the_whole_network_less(epochs, steps, rates):
    """In proportion below 180 steps of the last phase, below 45 not at all."""
    plan = default_plan(WEIGHTS, epochs, 0.4, steps_per_epoch=steps)
    assert [phase.learning_rate for phase in plan] == rates
    assert epochs_of(plan) == epochs
    falling = [phase.learning_rate for phase in plan]
    assert falling == sorted(falling, reverse=True)


def test_no_digit_of_a_rate_is_lost():
    plan = (Phase("head", 1, 0.1 + 0.2), Phase("all", 2, 1 / 3))
    assert parse_plan(in_words(plan)) == plan
    assert in_words(plan).startswith("head:1@0.30000000000000004,all:2@0.3333")
    assert epochs_of(plan) == 3
    assert fitted(plan, STAGES)[1] == Phase("stem", 2, 1 / 3)


@pytest.mark.parametrize(("epochs", "rate"), [(0, 1.0), (1, float("nan"))])
def test_a_phase_that_does_nothing(epochs, rate):
    with pytest.raises(RequestError, match="at least 1 epoch and a rate above"):
        Phase("head", epochs, rate)
