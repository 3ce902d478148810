"""Stages of growing pictures."""

import pytest

from pipelines.batches.progressive import SizeStage
from pipelines.batches.progressive import progressive_stages
from zoo.errors import RequestError


def test_stages_by_hand():
    assert progressive_stages(128, 300, 10, stages=3) == (
        SizeStage(0, 3, 128),
        SizeStage(3, 3, 224),
        SizeStage(6, 4, 300),
    )
    assert progressive_stages(64, 64, 7) == (SizeStage(0, 7, 64),)
    assert progressive_stages(128, 224, 1) == (SizeStage(0, 1, 224),)


@pytest.mark.parametrize("epochs", [1, 2, 5, 90])
@pytest.mark.parametrize("stages", [1, 3, 8])
def test_stages_cover_the_run_and_grow(epochs, stages):
    found = progressive_stages(96, 224, epochs, stages=stages)
    seen = [s.first_epoch + i for s in found for i in range(s.epochs)]
    assert seen == list(range(epochs))
    sizes = [stage.image_size for stage in found]
    assert sizes == sorted(set(sizes)) and sizes[-1] == 224


@pytest.mark.parametrize("wrong", [(0, 9, 5), (64, 32, 5), (32, 64, 0)])
def test_sizes_that_make_no_sense(wrong):
    with pytest.raises(RequestError, match="Received: "):
        progressive_stages(*wrong)
