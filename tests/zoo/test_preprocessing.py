"""The preprocessing record."""

import dataclasses

import numpy as np
import pytest

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
    ],
)
def test_values_out_of_range_are_named(values, message):
    with pytest.raises(ValueError, match="Received") as caught:
        Preprocessing(**values)
    assert message in str(caught.value)
