"""The framing that is exported is that of evaluation, and of Pillow."""

import dataclasses
import json
import pathlib

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image
from random_tensors import picture

import pipelines
from pipelines.data.framing import middle
from pipelines.data.framing import resized
from pipelines.data.framing import resized_sides
from pipelines.export.framing import framed
from zoo.preprocessing import INTERPOLATIONS
from zoo.preprocessing import Preprocessing
from zoo.weights.sources import find_source

_PARITY = pathlib.Path(pipelines.__file__).parents[1] / "tests" / "parity"
_STORED = json.loads((_PARITY / "geometry.json").read_text())
_SIZES = ((375, 500), (333, 499), (1, 1), (17, 230), (288, 289), (700, 90))


def _record(row):
    record = find_source(row["model"], row["weights"]).preprocessing
    return record.at_test_size() if row["tested"] else record


def _program(record):
    """As it is exported: traced once, for pictures of any size."""
    spec = tf.TensorSpec((None, None, None, 3), tf.uint8)
    return tf.function(lambda x: framed(x, record), input_signature=[spec])


def _apart(record, sizes):
    """How far exported and evaluated pixels are apart, in levels."""
    program = _program(record)
    for height, width in sizes:
        pixels = tf.constant(picture(height, width))
        ours = program(pixels[tf.newaxis])[0]
        theirs = middle(resized(pixels, record), record)
        yield np.abs(ours - tf.cast(theirs, tf.float32))


def _name(row):
    return f"{row['model']}-{row['weights']}{'-tested' * row['tested']}"


@pytest.mark.parametrize("row", _STORED, ids=map(_name, _STORED))
def test_every_publisher_sees_what_evaluation_shows(row):
    record = _record(row)
    sizes = [tuple(height_width) for height_width, *_ in row["pictures"]]
    for apart in _apart(record, sizes):
        # Rounded twice, a level may be two away; nearly all are the same, save
        # where the sides' ratio puts many values halfway between two levels.
        assert apart.max() <= 2 and (apart > 0).mean() < 0.1


@pytest.mark.parametrize("geometry", ["torchvision", "timm_squash"])
@pytest.mark.parametrize("interpolation", INTERPOLATIONS)
def test_pillow_begins_with_either_side(interpolation, geometry):
    """Pixels without a slope between them, where the order tells most."""
    record = dataclasses.replace(
        Preprocessing(32, crop_fraction=0.875, interpolation=interpolation),
        geometry=geometry,
    )
    program = _program(record)
    generator = np.random.default_rng(0)
    black_or_white = np.array([0, 255], "uint8")
    method = Image.Resampling[interpolation.upper()]
    for height, width, rows_first in (
        (150, 60, True),
        (60, 150, False),
        (99, 45, True),
        (90, 70, False),
    ):
        pixels = generator.choice(black_or_white, (height, width, 3))
        tall, wide = (int(x) for x in resized_sides((height, width), record))
        given = Image.fromarray(pixels)
        whole = given.resize((wide, tall), method)
        between = (width, tall) if rows_first else (wide, height)
        in_two = given.resize(between, method).resize((wide, tall), method)
        np.testing.assert_array_equal(whole, in_two)
        shown = middle(tf.constant(np.asarray(whole)), record).numpy()
        ours = program(pixels[np.newaxis])[0].numpy()
        # Rounded twice, a level may be two away.
        apart = np.abs(ours - shown)
        assert apart.max() <= 2 and (apart > 0).mean() < 0.1


@pytest.mark.parametrize("interpolation", INTERPOLATIONS)
@pytest.mark.parametrize(
    ("size", "part"), [(32, 1.0), (61, 0.93), (160, 0.875)]
)
def test_our_own_geometry(interpolation, size, part):
    record = Preprocessing(
        size, crop_fraction=part, interpolation=interpolation
    )
    for apart in _apart(record, _SIZES):
        assert apart.max() <= 1 and (apart > 0).mean() < 0.02


@pytest.mark.parametrize("method", INTERPOLATIONS)
@pytest.mark.parametrize("sides", [(300, 400), (50, 61)])
def test_before_rounding_it_is_the_formula(method, sides, monkeypatch):
    """And TensorFlow's and Pillow's, also where it enlarges."""
    from pipelines.export import framing

    monkeypatch.setattr(framing, "_levels", lambda x: x)
    record = Preprocessing(100, crop_fraction=1.0, interpolation=method)
    generator = np.random.default_rng(0)
    small = generator.integers(60, 196, (*sides, 3), "uint8")
    height, width = (int(side) for side in resized_sides(sides, record))
    top, left = (height - 100) // 2, (width - 100) // 2
    window = np.s_[top : top + 100, left : left + 100]
    ours = framed(small[np.newaxis], record)[0].numpy()
    exact = _resized_in_float64(small, (height, width), method)[window]
    np.testing.assert_allclose(ours, exact, atol=9e-5)
    # Whose positions are in float32, and ours are not.
    theirs = tf.image.resize(small, (height, width), method, antialias=True)
    np.testing.assert_allclose(ours, theirs[window], atol=5e-4)
    pillow = Image.fromarray(small).resize(
        (width, height), Image.Resampling[method.upper()]
    )
    assert np.abs(ours - np.asarray(pillow, "float32")[window]).max() < 1.2


def _resized_in_float64(pixels, sides, method):
    """The formula, one output pixel after the other."""
    reach = {"bilinear": 1, "bicubic": 2}[method]
    for side in sides:
        count = len(pixels)
        scale = max(count / side, 1)
        rows = []
        for i in range(side):
            x = (np.arange(count) + 0.5 - (i + 0.5) * count / side) / scale
            x = np.abs(x)
            worth = 1 - x
            if method == "bicubic":
                far = -0.5 * x**3 + 2.5 * x**2 - 4 * x + 2
                worth = np.where(x < 1, 1.5 * x**3 - 2.5 * x**2 + 1, far)
            worth = np.where(x < reach, worth, 0)
            rows.append(np.tensordot(worth / worth.sum(), pixels, 1))
        pixels = np.stack(rows).swapaxes(0, 1)
    return pixels


def test_a_picture_of_that_size_is_left_as_it_is():
    for interpolation in INTERPOLATIONS:
        record = Preprocessing(
            48, crop_fraction=1.0, interpolation=interpolation
        )
        pixels = picture(48, 48)
        np.testing.assert_array_equal(
            framed(pixels[np.newaxis], record)[0], pixels
        )


def test_the_largest_pictures_keep_their_positions():
    """Positions are whole numbers: float32 would be off by a thousandth."""
    record = Preprocessing(32, crop_fraction=1.0)
    ramp = np.repeat(np.arange(16384)[np.newaxis, :, np.newaxis] // 64, 3, 2)
    wide = np.repeat(ramp.astype("uint8"), 16, 0)
    (found,) = _apart(record, [(1, 1)])
    assert found.max() == 0
    ours = framed(wide[np.newaxis], record)[0].numpy()
    theirs = middle(resized(tf.constant(wide), record), record).numpy()
    assert np.abs(ours - theirs).max() <= 1


def test_several_pictures_are_framed_as_each_alone():
    record = Preprocessing(20, interpolation="bicubic")
    both = np.stack([picture(50, 70), picture(50, 70)[:, ::-1]])
    alone = [framed(each[np.newaxis], record)[0] for each in both]
    np.testing.assert_array_equal(framed(both, record), alone)
