"""Colour operations against Pillow's, pixel by pixel."""

import functools

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image
from PIL import ImageEnhance
from PIL import ImageOps

from pipelines.data.augmenting import colour

FACTORS = (0.0, 0.1, 0.73, 1.0, 1.27, 1.9)


def seed(number):
    return np.array([7, number], "int64")


def assert_close(found, expected, levels=1):
    assert found.dtype == np.uint8
    difference = np.abs(found.astype(int) - np.asarray(expected).astype(int))
    assert difference.max() <= levels


@pytest.mark.parametrize("factor", FACTORS)
@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        (colour.brightness, ImageEnhance.Brightness),
        (colour.contrast, ImageEnhance.Contrast),
        (colour.saturation, ImageEnhance.Color),
        (colour.sharpness, ImageEnhance.Sharpness),
    ],
)
def test_enhancing_equals_pillow(
    both_ways, smooth, noise, ours, theirs, factor
):
    for pixels in (smooth(20, 31), noise(20, 31)):
        change = functools.partial(ours, factor=factor)
        expected = theirs(Image.fromarray(pixels)).enhance(factor)
        # Pillow rounds the other picture first, which a factor enlarges.
        assert_close(both_ways(change, pixels), expected, levels=2)
        if factor == 1:
            np.testing.assert_array_equal(both_ways(change, pixels), pixels)


@pytest.mark.parametrize("bits", range(1, 9))
def test_posterizing_equals_pillow(both_ways, noise, bits):
    pixels = noise(9, 12)
    found = both_ways(functools.partial(colour.posterize, bits=bits), pixels)
    expected = ImageOps.posterize(Image.fromarray(pixels), bits)
    np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize("threshold", [0.0, 1.0, 100.5, 128.0, 255.0, 256.0])
def test_solarizing_equals_pillow(both_ways, noise, threshold):
    pixels = noise(30, 12)
    solarize = functools.partial(colour.solarize, threshold=threshold)
    expected = ImageOps.solarize(Image.fromarray(pixels), threshold)
    np.testing.assert_array_equal(both_ways(solarize, pixels), expected)


def test_levels_spread_as_pillow_spreads_them(both_ways, smooth, noise):
    flat = np.full((6, 7, 3), (9, 200, 255), "uint8")
    for pixels in (
        smooth(20, 31),
        noise(20, 31) // 3 + 40,
        noise(40, 40),
        flat,
    ):
        picture = Image.fromarray(pixels)
        assert_close(
            both_ways(colour.autocontrast, pixels),
            ImageOps.autocontrast(picture),
        )
        np.testing.assert_array_equal(
            both_ways(colour.equalize, pixels), ImageOps.equalize(picture)
        )


def test_autocontrast_reaches_both_ends(both_ways, noise):
    found = both_ways(colour.autocontrast, noise(20, 20) // 3 + 40)
    assert found.min((0, 1)).tolist() == [0, 0, 0]
    assert found.max((0, 1)).tolist() == [255, 255, 255]


def test_jitter(both_ways, noise):
    pixels = noise(12, 15)

    def jitter(strength, number=0):
        change = functools.partial(colour.jitter, strength=strength)
        return both_ways(change, pixels, seed(number))

    assert_close(jitter(0.0), pixels)
    np.testing.assert_array_equal(jitter(0.4), jitter(0.4))
    assert (jitter(0.4) != jitter(0.4, 1)).any()
    light, away, colourful = tf.random.stateless_uniform(
        (3,), seed(0), 0.6, 1.4
    ).numpy()
    x = pixels * light
    grey = x @ [[0.299], [0.587], [0.114]]
    x = (x - grey) * colourful + grey
    expected = (x - grey.mean()) * away + grey.mean()
    assert_close(jitter(0.4), np.round(np.clip(expected, 0, 255)))


def test_grey_stays_grey_and_its_levels_scale():
    grey = tf.fill((5, 5, 3), tf.constant(100, tf.uint8))
    levels = set()
    for number in range(60):
        picture = colour.jitter(grey, seed(number), 0.2).numpy()
        assert np.ptp(picture) <= 1
        levels.add(int(picture[0, 0, 0]))
    # Only brightness changes a flat picture: 0.8 to 1.2 times 100.
    assert 79 <= min(levels) < 86 and 114 < max(levels) <= 120


def test_lighting_adds_one_colour_along_the_components(both_ways, smooth):
    pixels = smooth(8, 9) // 2 + 60
    light = functools.partial(colour.lighting, strength=0.1)
    found = both_ways(light, pixels, seed(1)).astype(int) - pixels
    assert np.ptp(found.reshape(-1, 3), axis=0).max() <= 1
    np.testing.assert_array_equal(
        both_ways(
            functools.partial(colour.lighting, strength=0.0), pixels, seed(1)
        ),
        pixels,
    )
    # The first component has nearly all of the variance: 0.1 x 0.2175 x 255
    # levels, in about equal parts on R, G and B.
    shifts = np.stack(
        [
            light(tf.constant(pixels), seed(n)).numpy().astype(int)[0, 0]
            - pixels[0, 0]
            for n in range(200)
        ]
    )
    spread = np.sqrt((shifts**2).sum(1).mean())
    assert 0.9 < spread / (0.1 * 0.2175 * 255) < 1.15
    assert np.corrcoef(shifts.T).min() > 0.9
