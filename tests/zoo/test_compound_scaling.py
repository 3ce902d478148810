"""Compound scaling, against the numbers of the paper and of its code."""

import dataclasses
import subprocess
import sys

import pytest

from zoo.compound_scaling import Scaling
from zoo.compound_scaling import compound_scaling
from zoo.compound_scaling import plan_blocks
from zoo.compound_scaling import round_filters
from zoo.compound_scaling import round_repeats
from zoo.efficientnet import B0_STAGES
from zoo.efficientnet import VARIANTS
from zoo.errors import RequestError

# stem | widths of the stages | top | repeats | blocks
GOLDEN = {
    "b0": "32 | 16 24 40 80 112 192 320 | 1280 | 1 2 2 3 3 4 1 | 16",
    "b1": "32 | 16 24 40 80 112 192 320 | 1280 | 2 3 3 4 4 5 2 | 23",
    "b2": "32 | 16 24 48 88 120 208 352 | 1408 | 2 3 3 4 4 5 2 | 23",
    "b3": "40 | 24 32 48 96 136 232 384 | 1536 | 2 3 3 5 5 6 2 | 26",
    "b4": "48 | 24 32 56 112 160 272 448 | 1792 | 2 4 4 6 6 8 2 | 32",
    "b5": "48 | 24 40 64 128 176 304 512 | 2048 | 3 5 5 7 7 9 3 | 39",
    "b6": "56 | 32 40 72 144 200 344 576 | 2304 | 3 6 6 8 8 11 3 | 45",
    "b7": "64 | 32 48 80 160 224 384 640 | 2560 | 4 7 7 10 10 13 4 | 55",
}


@pytest.mark.parametrize("size", GOLDEN)
def test_widths_and_repeats_are_the_published_ones(size):
    spec = VARIANTS[f"efficientnet_{size}"]
    blocks = plan_blocks(spec.stages, spec.scaling, 0.2)
    widths, repeats = [], []
    for stage in range(1, 8):
        own = [b for b in blocks if b.name.startswith(f"stage{stage}_")]
        assert {b.filters_out for b in own} == {own[0].filters_out}
        widths.append(own[0].filters_out)
        repeats.append(len(own))
    stem = round_filters(spec.stem_filters, spec.scaling.width)
    top = round_filters(spec.top_filters, spec.scaling.width)
    parts = ([stem], widths, [top], repeats, [len(blocks)])
    written = " | ".join(" ".join(map(str, part)) for part in parts)
    assert written == GOLDEN[size]


# widths of the stages | repeats, as the authors' code scales them: all but
# the stem, the last convolution, and the repeats of the first and last stage.
LITE = {
    "lite0": "16 24 40 80 112 192 320 | 1 2 2 3 3 4 1",
    "lite1": "16 24 40 80 112 192 320 | 1 3 3 4 4 5 1",
    "lite2": "16 24 48 88 120 208 352 | 1 3 3 4 4 5 1",
    "lite3": "24 32 48 96 136 232 384 | 1 3 3 5 5 6 1",
    "lite4": "24 32 56 112 160 272 448 | 1 4 4 6 6 8 1",
}


@pytest.mark.parametrize("size", LITE)
def test_the_ends_of_lite_are_not_scaled(size):
    spec = VARIANTS[f"efficientnet_{size}"]
    blocks = spec.plan()
    assert {b.activation for b in blocks} == {"relu6"}
    assert {b.se_filters for b in blocks} == {0}
    assert blocks[0].filters_in == spec.end_filters(32) == 32
    assert spec.end_filters(1280) == 1280
    numbers = [int(block.name[5]) for block in blocks]
    repeats = [numbers.count(stage) for stage in range(1, 8)]
    widths = {n: b.filters_out for n, b in zip(numbers, blocks, strict=True)}
    parts = (widths.values(), repeats)
    written = " | ".join(" ".join(map(str, part)) for part in parts)
    assert written == LITE[size]


def test_a_stage_may_have_an_activation_of_its_own():
    first = dataclasses.replace(B0_STAGES[0], activation="gelu")
    scaling = compound_scaling(0)
    blocks = plan_blocks((first, B0_STAGES[1]), scaling, activation="relu6")
    assert [b.activation for b in blocks] == ["gelu", "relu6", "relu6"]
    blocks = plan_blocks(B0_STAGES[:2], scaling)
    assert {b.activation for b in blocks} == {"silu"}


@pytest.mark.parametrize("size", GOLDEN)
def test_drop_path_grows_linearly_over_the_scaled_total(size):
    spec = VARIANTS[f"efficientnet_{size}"]
    blocks = plan_blocks(spec.stages, spec.scaling, 0.3)
    rates = [block.drop_path_rate for block in blocks]
    count = len(blocks)
    assert rates == pytest.approx([0.3 * b / count for b in range(count)])
    assert max(rates) == pytest.approx(0.3 * (count - 1) / count)


def test_only_b3_needs_the_rule_of_ten_percent():
    assert round_filters(16, 1.2) == 24
    plain = max(8, int(16 * 1.2 + 4) // 8 * 8)
    assert plain == 16
    assert [round_repeats(r, 1.1) for r in (1, 2, 3, 4)] == [2, 3, 4, 5]
    assert round_filters(2, 1.0) == 8


def test_blocks_follow_each_other():
    blocks = plan_blocks(B0_STAGES, Scaling(1.0, 1.0, 224, 0.2), 0.2)
    filters = 32
    for block in blocks:
        assert block.filters_in == filters
        assert block.se_filters == max(1, filters // 4)
        filters = block.filters_out
    assert [b.stride for b in blocks if b.name.endswith("block1")] == [
        *(1, 2, 2, 2, 1, 2, 1)
    ]
    assert sum(block.stride == 2 for block in blocks) == 4
    assert sum(block.is_identity for block in blocks) == 9


def test_compound_scaling_follows_the_formula():
    assert compound_scaling(0) == Scaling(1.0, 1.0, 224, 0.2)
    assert compound_scaling(1) == Scaling(1.1, 1.2, 258, 0.2)
    scaling = compound_scaling(phi=1.5)
    assert scaling.width == pytest.approx(1.1**1.5)
    assert scaling.depth == pytest.approx(1.2**1.5)
    assert scaling.image_size == round(224 * 1.15**1.5) == 276
    base = Scaling(0.5, 2.0, 100, 0.4)
    scaling = compound_scaling(2, base=base, alpha=1.0, beta=2.0, gamma=1.5)
    assert scaling == Scaling(2.0, 2.0, 225, 0.4)
    assert compound_scaling(-1).image_size == 195


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"phi": "1"}, "`phi` is a finite number. Received: '1'"),
        ({"phi": float("nan")}, "`phi` is a finite number. Received: nan"),
        ({"phi": True}, "`phi` is a finite number. Received: True"),
        ({"phi": 1, "alpha": 0.9}, "`alpha` is a growth rate, at least 1"),
        ({"phi": 1, "gamma": None}, "`gamma` is a growth rate, at least 1"),
        ({"phi": 1e6}, "No network is that large. Received: `phi=1000000.0"),
        ({"phi": -1e6}, "expected a number above 0. Received: 0.0"),
    ],
)
def test_bad_input_is_named(arguments, message):
    with pytest.raises(RequestError) as caught:
        compound_scaling(**arguments)
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ((0.0, 1.0, 224, 0.2), "`width` multiplies the base network"),
        ((1.0, -1.0, 224, 0.2), "`depth` multiplies the base network"),
        ((1.0, 1.0, 224.5, 0.2), "`image_size` is a whole number of pixels"),
        ((1.0, 1.0, 0, 0.2), "`image_size` is a whole number of pixels"),
        ((1.0, 1.0, 224, 1.0), "`dropout` is a rate in [0, 1)"),
    ],
)
def test_a_scaling_checks_its_values(values, message):
    with pytest.raises(RequestError) as caught:
        Scaling(*values)
    assert message in str(caught.value)


@pytest.mark.parametrize("rate", [1.0, -0.1, float("nan"), "0.2"])
def test_drop_path_rate_is_checked(rate):
    with pytest.raises(RequestError, match="`drop_path_rate` is in"):
        plan_blocks(B0_STAGES, compound_scaling(0), rate)


@pytest.mark.parametrize("missing", [("tensorflow", "jax"), ("keras",)])
def test_it_imports_where_no_backend_is_installed(missing):
    program = f"""
import sys
for name in {missing!r}:
    sys.modules[name] = None
from zoo.compound_scaling import compound_scaling
import zoo
print(compound_scaling(phi=1).image_size, len(zoo.list_models()))
print(zoo.model_info("resnet50").parameters)
"""
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == ["258", "60", "25557032"]
