"""Views at test time: which pixels, and in which order."""

import functools

import numpy as np
import pytest

from pipelines.data import images
from pipelines.data.framing import whole_picture
from pipelines.evaluation.tta import TTA
from pipelines.evaluation.views import views_data
from pipelines.evaluation.views import views_of
from zoo.errors import RequestError
from zoo.preprocessing import Preprocessing

# Pictures whose shorter side is 20 are not resized.
RECORD = Preprocessing(16, crop_fraction=0.8)


def see(both_ways, encoded, name):
    views = functools.partial(views_of, preprocessing=RECORD, tta=name)
    return both_ways(views, encoded)


def test_ten_crops(both_ways, encode, noise):
    pixels = noise(20, 25)
    found = see(both_ways, encode(pixels), "tencrop")
    corners = [(0, 0), (0, 9), (4, 0), (4, 9), (2, 4)]
    cut = [pixels[y : y + 16, x : x + 16] for y, x in corners]
    np.testing.assert_array_equal(found[:5], cut)
    np.testing.assert_array_equal(found[5:], [c[:, ::-1] for c in cut])
    assert found.dtype == np.uint8


def test_flip_is_what_evaluation_sees(both_ways, encode, noise):
    encoded = encode(noise(31, 25))
    found = see(both_ways, encoded, "flip")
    seen = whole_picture(encoded, RECORD).numpy()
    np.testing.assert_array_equal(found, [seen, seen[:, ::-1]])


def test_multi_scale(both_ways, encode, noise):
    encoded = encode(noise(20, 20))
    found = see(both_ways, encoded, "multiscale")
    assert found.shape == (6, 16, 16, 3)
    np.testing.assert_array_equal(found[0], whole_picture(encoded, RECORD))
    for view, side in zip(found[1:3], (23, 26), strict=True):
        resized = images.resize(images.decode(encoded), side, side)
        start = (side - 16) // 2
        expected = resized[start : start + 16, start : start + 16]
        np.testing.assert_array_equal(view, expected)
    np.testing.assert_array_equal(found[3:], found[:3, :, ::-1])


def test_views_that_are_not_known(encode, noise):
    with pytest.raises(RequestError, match=r"=eleven` is not known\..*tencrop"):
        views_of(encode(noise(8, 8)), RECORD, "eleven")


@pytest.mark.parametrize(("tta", "batch"), [("flip", 5), ("tencrop", 7)])
def test_every_view_of_every_example_in_turn(held, encode, noise, tta, batch):
    pictures = [encode(noise(20, 22, seed)) for seed in range(5)]
    examples = held(pictures, [0, 1, 2, 0, 1], ("a", "b", "c"))
    data = views_data(examples, RECORD, tta, batch_size=batch)
    expected = np.concatenate([views_of(p, RECORD, tta) for p in pictures])
    each = len(expected) // 5
    # Two whole pictures of five views; one of ten.
    assert (data.views, data.batch_size) == (each, {2: 4, 10: 10}[each])
    batches = list(data.dataset.as_numpy_iterator())
    assert len(batches) == data.steps == {2: 3, 10: 5}[each]
    found = np.concatenate([images for images, *_ in batches])
    np.testing.assert_array_equal(found[: len(expected)], expected)
    assert not found[len(expected) :].any()
    labels = np.concatenate([labels for _, labels, _ in batches])
    np.testing.assert_array_equal(labels[:5], examples.labels)


def test_none_is_what_evaluation_sees(both_ways, encode, noise):
    encoded = encode(noise(31, 25))
    (found,) = see(both_ways, encoded, "none")
    np.testing.assert_array_equal(found, whole_picture(encoded, RECORD))
    assert list(TTA) == ["none", "flip", "tencrop", "multiscale"]
