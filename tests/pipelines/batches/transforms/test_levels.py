"""Colour operations against Pillow's, pixel by pixel."""

import numpy as np
import pytest
from PIL import Image
from PIL import ImageEnhance
from PIL import ImageOps

from pipelines.batches.transforms.autocontrast import autocontrast
from pipelines.batches.transforms.brightness import brightness
from pipelines.batches.transforms.contrast import contrast
from pipelines.batches.transforms.equalize import equalize
from pipelines.batches.transforms.jitter import jitter
from pipelines.batches.transforms.lighting import add
from pipelines.batches.transforms.lighting import lighting
from pipelines.batches.transforms.posterize import posterize
from pipelines.batches.transforms.saturation import saturation
from pipelines.batches.transforms.sharpness import sharpness
from pipelines.batches.transforms.solarize import solarize

FACTORS = (0.0, 0.1, 0.73, 1.0, 1.27, 1.9)


def changed(operation, pixels, *arguments):
    """Returns what an operation makes of a copy of a picture."""
    image = pixels.copy()
    if operation is sharpness:
        arguments = (np.empty_like(image), *arguments)
    operation(image, *arguments)
    return image


def assert_close(found, expected, levels=1):
    assert found.dtype == np.uint8
    difference = np.abs(found.astype(int) - np.asarray(expected).astype(int))
    assert difference.max() <= levels


@pytest.mark.parametrize("factor", FACTORS)
@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        (brightness, ImageEnhance.Brightness),
        (contrast, ImageEnhance.Contrast),
        (saturation, ImageEnhance.Color),
        (sharpness, ImageEnhance.Sharpness),
    ],
)
def test_enhancing_equals_pillow(smooth, noise, ours, theirs, factor):
    for pixels in (smooth(20, 31), noise(20, 31)):
        expected = theirs(Image.fromarray(pixels)).enhance(factor)
        # Pillow rounds the other picture first, which a factor enlarges.
        found = changed(ours, pixels, factor)
        assert_close(found, expected, levels=2)
        if factor == 1:
            np.testing.assert_array_equal(found, pixels)


@pytest.mark.parametrize("bits", range(1, 9))
def test_posterizing_equals_pillow(noise, bits):
    pixels = noise(9, 12)
    found = changed(posterize, pixels, bits)
    expected = ImageOps.posterize(Image.fromarray(pixels), bits)
    np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize("threshold", [0.0, 1.0, 100.5, 128.0, 255.0, 256.0])
def test_solarizing_equals_pillow(noise, threshold):
    pixels = noise(30, 12)
    expected = ImageOps.solarize(Image.fromarray(pixels), threshold)
    found = changed(solarize, pixels, threshold)
    np.testing.assert_array_equal(found, expected)


def test_levels_spread_as_pillow_spreads_them(smooth, noise):
    flat = np.full((6, 7, 3), (9, 200, 255), "uint8")
    for pixels in (
        smooth(20, 31),
        noise(20, 31) // 3 + 40,
        noise(40, 40),
        flat,
    ):
        picture = Image.fromarray(pixels)
        assert_close(
            changed(autocontrast, pixels),
            ImageOps.autocontrast(picture),
        )
        np.testing.assert_array_equal(
            changed(equalize, pixels), ImageOps.equalize(picture)
        )


def test_autocontrast_reaches_both_ends(noise):
    found = changed(autocontrast, noise(20, 20) // 3 + 40)
    assert found.min((0, 1)).tolist() == [0, 0, 0]
    assert found.max((0, 1)).tolist() == [255, 255, 255]


@pytest.mark.parametrize(
    ("light", "away", "colourful"),
    [(1.0, 1.0, 1.0), (0.7, 1.3, 1.2), (1.4, 0.6, 0.6), (1.2, 1.1, 1.4)],
)
def test_jitter(noise, light, away, colourful):
    pixels = noise(12, 15)
    x = pixels * light
    grey = x @ [[0.299], [0.587], [0.114]]
    x = (x - grey) * colourful + grey
    expected = (x - grey.mean()) * away + grey.mean()
    found = changed(jitter, pixels, light, away, colourful)
    assert_close(found, np.round(np.clip(expected, 0, 255)))


def test_grey_stays_grey():
    grey = np.full((5, 5, 3), 100, "uint8")
    for factor in FACTORS:
        for operation in (saturation, contrast):
            np.testing.assert_array_equal(
                changed(operation, grey, factor), grey
            )
        # Only brightness changes a flat picture.
        found = changed(jitter, grey, 1.2, factor, factor)
        np.testing.assert_array_equal(found, np.full_like(grey, 120))


def test_adding_rounds_and_stays_in_range(noise):
    pixels = noise(9, 8)
    found = changed(add, pixels, 3.4, -7.6, 200.0)
    expected = np.clip(pixels + np.array([3, -8, 200]), 0, 255)
    np.testing.assert_array_equal(found, expected)


def test_lighting_lies_along_the_components():
    np.testing.assert_array_equal(lighting(np.zeros((2, 3))), 0)
    factors = 0.1 * np.random.default_rng(0).normal(size=(4000, 3))
    colours = lighting(factors)
    # The first component has nearly all of the variance: 0.1 x 0.2175 x 255
    # levels, in about equal parts on R, G and B.
    spread = np.sqrt((colours**2).sum(1).mean())
    assert 0.95 < spread / (0.1 * 0.2175 * 255) < 1.05
    assert np.corrcoef(colours.T).min() > 0.9
    # Its components are at right angles, so that lengths are kept.
    lengths = 255 * np.array((0.2175, 0.0188, 0.0045)) * factors
    np.testing.assert_allclose(
        np.linalg.norm(colours, axis=1),
        np.linalg.norm(lengths, axis=1),
        rtol=1e-3,
    )


@pytest.mark.parametrize("shape", [(1, 1), (1, 5), (4, 1), (2, 2)])
def test_the_smallest_pictures(noise, shape):
    pixels = noise(*shape)
    for operation, *arguments in (
        (brightness, 1.3),
        (contrast, 1.3),
        (saturation, 1.3),
        (sharpness, 1.3),
        (autocontrast,),
        (equalize,),
    ):
        assert changed(operation, pixels, *arguments).shape == (*shape, 3)
    np.testing.assert_array_equal(changed(sharpness, pixels, 1.9), pixels)
