"""The preprocessing record."""

import dataclasses

import numpy as np
import pytest

from zoo.geometry import Geometry
from zoo.preprocessing import Preprocessing
from zoo.preprocessing import cifar10
from zoo.preprocessing import imagenet


def test_records_are_values():
    record = imagenet(288, crop_fraction=0.95)
    assert record.at(224) == imagenet(224, crop_fraction=0.95)
    unit = np.array([[0.485, 0.456, 0.406], [0.229, 0.224, 0.225]])
    np.testing.assert_allclose([record.mean, record.std], 255 * unit)
    assert cifar10().image_size == 32 and cifar10().crop_fraction == 1
    with pytest.raises(dataclasses.FrozenInstanceError):
        record.image_size = 1
    copy = Preprocessing(**dataclasses.asdict(record))
    assert copy == record


def test_a_record_of_before_there_was_a_geometry_is_read_as_then():
    values = dataclasses.asdict(imagenet())
    for name in ("geometry", "test_size", "test_crop_fraction"):
        del values[name]
    old = Preprocessing(**values)
    assert old == imagenet() and old.geometry == "zoo"
    assert old.rules == Geometry(True, "round", "round", "floor", False)
    # Tables of features hold a hash of this text.
    assert repr(imagenet(geometry="timm", test_size=288)) == (
        "Preprocessing(image_size=224, mean=(123.675, 116.28, 103.53), "
        "std=(58.395, 57.12, 57.375), crop_fraction=0.875, "
        "interpolation='bilinear')"
    )


def test_the_size_that_weights_are_tested_at():
    record = imagenet(224, geometry="timm", test_size=288)
    assert record.at_test_size() == imagenet(288, geometry="timm")
    record = dataclasses.replace(record, test_crop_fraction=1.0)
    tested = imagenet(288, geometry="timm", crop_fraction=1.0)
    assert record.at_test_size() == tested == tested.at_test_size()
    assert record.with_own_geometry() == imagenet(224)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"image_size": 0}, "`image_size` is a whole number of pixels"),
        ({"image_size": 8, "std": (1, 0, 1)}, "no std is 0 or less"),
        (
            {"image_size": 8, "mean": (1, 0)},
            "one finite number for each",
        ),
        ({"image_size": 8, "crop_fraction": 0}, "`crop_fraction` is in (0, 1]"),
        ({"image_size": 8, "interpolation": "x"}, "one of bilinear, bicubic"),
        (
            {"image_size": 8, "geometry": "x"},
            "`geometry` is one of zoo, torchvision, timm, timm_squash",
        ),
        ({"image_size": 8, "test_size": 0}, "`test_size` is a whole number"),
        (
            {"image_size": 8, "test_crop_fraction": 2},
            "`test_crop_fraction` is in (0, 1]",
        ),
    ],
)
def test_values_out_of_range_are_named(values, message):
    with pytest.raises(ValueError, match="Received") as caught:
        Preprocessing(**values)
    assert message in str(caught.value)
