"""Thumbnails: small, upright, and never a reason to stop."""

import base64
import io

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from pipelines.data import images
from pipelines.data import thumbnails as module
from pipelines.data.thumbnails import thumbnail
from pipelines.data.thumbnails import thumbnails


def shown(uri):
    head, data = uri.split(",")
    assert head == "data:image/jpeg;base64"
    return Image.open(io.BytesIO(base64.b64decode(data)))


def file_of(pixels, kind="PNG", **options):
    file = io.BytesIO()
    Image.fromarray(np.asarray(pixels, "uint8")).save(file, kind, **options)
    return file.getvalue()


def flat(height, width, *colour):
    return np.full((height, width, len(colour)), colour, "uint8")


@pytest.mark.parametrize(
    ("size", "expected"),
    [
        ((600, 300), (256, 128)),
        ((200, 100), (200, 100)),
        ((32, 16), (256, 128)),
    ],
)
def test_sizes(size, expected):
    for kind in ("PNG", "JPEG"):
        picture = shown(thumbnail(file_of(flat(*size[::-1], 9, 9, 9), kind)))
        assert picture.size == expected


def test_colours_survive_and_what_is_seen_through_is_white():
    red = shown(thumbnail(file_of(flat(99, 99, 200, 30, 40))))
    np.testing.assert_allclose(np.asarray(red)[50, 50], (200, 30, 40), atol=4)
    clear = shown(thumbnail(file_of(flat(99, 99, 0, 0, 0, 0))))
    np.testing.assert_allclose(np.asarray(clear)[50, 50], 255, atol=2)


def test_it_is_upright_where_its_model_sees_it_so():
    exif = Image.Exif()
    exif[0x0112] = 6
    turned = file_of(flat(60, 120, 1, 2, 3), "JPEG", exif=exif)
    picture = shown(thumbnail(turned))
    assert picture.size == (60, 120) and not picture.getexif()
    assert shown(thumbnail(turned, upright=False)).size == (120, 60)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_it_lies_as_what_is_learned_from(kind, orientation):
    exif = Image.Exif()
    exif[0x0112] = orientation
    quarters = np.zeros((60, 120, 3), "uint8")
    quarters[:30, :60], quarters[30:, :60] = (200, 0, 0), (0, 200, 0)
    quarters[:30, 60:] = 0, 0, 200
    encoded = file_of(quarters, kind, exif=exif)
    seen = np.asarray(shown(thumbnail(encoded)), int)
    learned = images.decode(tf.constant(encoded)).numpy().astype(int)
    assert seen.shape == learned.shape
    assert np.abs(seen - learned)[5::10, 5::10].max() < 40


@pytest.mark.parametrize(
    "encoded",
    [None, b"", b"no picture", file_of(flat(90, 90, 1, 2, 3))[:60]],
    ids=["none", "empty", "text", "cut"],
)
def test_what_cannot_be_shown_is_empty(encoded):
    assert thumbnail(encoded) == ""


def test_too_many_pixels(monkeypatch):
    monkeypatch.setattr(module, "MAXIMUM_PIXELS", 80 * 80)
    assert thumbnail(file_of(flat(81, 80, 1, 2, 3))) == ""
    assert thumbnail(file_of(flat(80, 80, 1, 2, 3)))


def test_many_keep_their_order():
    pictures = [file_of(flat(50, 50 + i, i, i, i)) for i in range(6)]
    pictures[3] = b"broken"
    widths = [uri and shown(uri).size[0] for uri in thumbnails(pictures)]
    assert widths == [50, 51, 52, "", 54, 55]
