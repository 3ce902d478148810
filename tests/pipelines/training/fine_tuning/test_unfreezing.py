"""Plans in words, the default plan, and freezing itself."""

import keras
import pytest

import zoo
from pipelines.devices.batch_norm import trainable_copy
from pipelines.training.fine_tuning.unfreezing import Phase
from pipelines.training.fine_tuning.unfreezing import default_plan
from pipelines.training.fine_tuning.unfreezing import freeze_below
from pipelines.training.fine_tuning.unfreezing import parse_plan
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
    plan = default_plan(dict.fromkeys(STAGES, 1), 30, 0.1)
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
    plan = default_plan(weights, epochs, 0.4)
    assert [(phase.stage, phase.epochs) for phase in plan] == phases
    for phase in plan:
        whole = phase.stage == next(iter(weights)) and len(weights) > 1
        assert phase.learning_rate == (0.2 if whole else 0.4)


@pytest.fixture(scope="module", params=["plain", "fused"])
def model(request, tiny):
    return tiny() if request.param == "plain" else trainable_copy(tiny())


@pytest.mark.parametrize("norm_frozen", [True, False])
@pytest.mark.parametrize("stage", ["stem", "stage1", "stage2", "head"])
def test_the_flags_of_every_layer(model, stage, norm_frozen):
    freeze_below(model, stage, freeze_batch_norm=norm_frozen)
    names = [each.name for each in zoo.stages(model)]
    for each in zoo.stages(model):
        above = names.index(each.name) >= names.index(stage)
        for layer in each.layers:
            norm = isinstance(layer, keras.layers.BatchNormalization)
            expected = above and not (norm and norm_frozen)
            assert layer.trainable == expected, layer.name


def test_what_learns_grows_from_the_head_down(model):
    sizes = []
    for stage in ("head", "stage2", "stage1", "stem"):
        freeze_below(model, stage, freeze_batch_norm=True)
        sizes.append([len(model.trainable_variables), model.name])
    assert [size for size, _ in sizes] == [2, 4, 6, 7]
    freeze_below(model, "stem")
    assert len(model.trainable_variables) == 7 + 2 * 5


def test_a_stage_that_there_is_not(model):
    message = r"'tiny' has no stage 'stage3'\. All: stem, stage1, stage2, head"
    with pytest.raises(RequestError, match=message):
        freeze_below(model, "stage3")
