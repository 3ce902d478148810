"""Which pixels other libraries show their networks; see `export_pictures.py`.

Their sides and crops are stored; what Pillow makes of a picture with those is
what they show.
"""

import json
import pathlib

import numpy as np
import pytest
from PIL import Image
from random_tensors import picture

from pipelines.data.framing import crop_start
from pipelines.data.framing import middle
from pipelines.data.framing import resized
from pipelines.data.framing import resized_sides
from zoo.geometry import GEOMETRIES
from zoo.geometry import OWN
from zoo.weights.sources import WEIGHTS
from zoo.weights.sources import find_source

_STORED = json.loads(
    pathlib.Path(__file__).with_name("geometry.json").read_text()
)
# One for each rule and way of resizing, small ones that are enlarged as well.
_DRAWN = (
    ("resnet50", "imagenet/torchvision_v2", False),
    ("resnet18", "imagenet/timm_a1", False),
    ("resnet18", "imagenet/timm_a1", True),
    ("efficientnet_b0", "imagenet/torchvision_v1", False),
    ("efficientnetv2_m", "imagenet/timm_tf", False),
    ("mobilenetv3_small", "imagenet/timm_tf", False),
)


def _name(row):
    return f"{row['model']}-{row['weights']}{'-tested' * row['tested']}"


def _record(row):
    record = find_source(row["model"], row["weights"]).preprocessing
    return record.at_test_size() if row["tested"] else record


def _shown(pixels, record):
    return middle(resized(pixels, record), record).numpy()


@pytest.mark.parametrize("row", _STORED, ids=map(_name, _STORED))
def test_sides_and_crops_are_those_of_the_library(row):
    record = _record(row)
    for sides, theirs, start in row["pictures"]:
        ours = [int(side) for side in resized_sides(sides, record)]
        assert ours == theirs, sides
        assert [int(at) for at in crop_start(ours, record)] == start, sides


def test_a_set_of_each_geometry_and_fraction_is_stored():
    def kinds(record):
        return record.geometry, record.image_size, record.crop_fraction

    stored = {kinds(_record(row)) for row in _STORED}
    published = [row.preprocessing for row in WEIGHTS]
    for record in published:
        for each in (record, record.at_test_size()):
            assert each.geometry == OWN or kinds(each) in stored
    assert {record.geometry for record in published} == set(GEOMETRIES)


@pytest.mark.parametrize("which", _DRAWN, ids=map(str, _DRAWN))
def test_pixels_are_those_of_pillow(which):
    (row,) = (
        row
        for row in _STORED
        if (row["model"], row["weights"], row["tested"]) == which
    )
    record = _record(row)
    method = Image.Resampling[record.interpolation.upper()]
    for (height, width), (tall, wide), (top, left) in row["pictures"]:
        pixels = picture(height, width)
        larger = Image.fromarray(pixels).resize((wide, tall), method)
        side = record.image_size
        cut = larger.crop((left, top, left + side, top + side))
        ours = _shown(pixels, record)
        assert ours.shape == (side, side, 3)
        np.testing.assert_array_equal(ours, np.asarray(cut))


@pytest.mark.parity
def test_pixels_are_those_of_the_library(shown):
    record, found = _record(shown), np.load(shown["file"])
    names = [name.removesuffix(" given") for name in found if "given" in name]
    assert names
    for name in names:
        ours = _shown(found[f"{name} given"], record)
        np.testing.assert_array_equal(ours, found[f"{name} shown"], name)
