"""Bytes to what an engine takes: as prediction does, or refused in words."""

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from pipelines.data.framing import whole_picture
from pipelines.data.inspection.classification import Limits
from pipelines.serving.reading import PictureError
from pipelines.serving.reading import Reader
from zoo.geometry import GEOMETRIES
from zoo.preprocessing import Preprocessing

RECORD = Preprocessing(24)
SIZES = ((24, 24), (40, 61), (61, 40), (33, 27), (20, 90))


@pytest.mark.parametrize("upright", [True, False])
def test_it_reads_what_evaluation_sees(sound, upright):
    reader = Reader(RECORD, upright=upright)
    for name, (encoded, _) in sound.items():
        expected = whole_picture(tf.constant(encoded), RECORD, upright)
        found = reader.read(encoded)
        np.testing.assert_array_equal(found, expected, name)


@pytest.mark.parametrize("geometry", GEOMETRIES)
@pytest.mark.parametrize("crop", [1.0, 0.875, 0.9])
def test_the_square_has_the_same_middle(noise, geometry, crop):
    """So that what cuts the middle out of it sees the same pixels."""
    record = Preprocessing(24, crop_fraction=crop, geometry=geometry)
    plain, whole = Reader(record), Reader(record, whole=True)
    for height, width in SIZES:
        pixels = noise(height, width)
        square = whole.frame(pixels)
        assert square.shape == (whole.side, whole.side, 3)
        np.testing.assert_array_equal(
            plain.frame(square), plain.frame(pixels), f"{height}x{width}"
        )


def test_decoded_pixels_are_framed_as_files(noise, encode):
    pixels, reader = noise(50, 31), Reader(RECORD)
    expected = reader.read(encode(pixels))
    np.testing.assert_array_equal(reader.frame(pixels), expected)


def test_sixty_malformed_pictures_are_refused_in_words(malformed):
    reader, statuses = Reader(RECORD), {}
    assert len(malformed) == 60
    for name, (encoded, kind) in malformed.items():
        with pytest.raises(PictureError, match="picture") as refused:
            reader.read(encoded)
        statuses.setdefault(refused.value.status, set()).add(kind)
        assert len(str(refused.value)) < 300, name
    # Where the library for HEIF is here its files are known, and damaged.
    statuses[422].discard("other_format")
    assert statuses == {
        415: {
            *("empty", "html", "lfs_pointer", "text", "zeros"),
            *("other_format", "no_picture"),
        },
        422: {
            *("truncated", "damaged", "cmyk_without_adobe", "palette_bmp"),
            *("unusual_bmp", "unusual_tiff", "low_bits", "webp_alpha"),
            *("webp_animation", "too_many_pixels", "too_many_frames"),
        },
    }


def test_limits_are_those_of_the_server(encode, noise):
    reader = Reader(RECORD, limits=Limits(pixels=1000))
    with pytest.raises(PictureError, match="over 1,000 pixels"):
        reader.read(encode(noise(40, 40)))
    with pytest.raises(PictureError, match="at most 1,000 pixels"):
        reader.frame(noise(40, 40))


def test_a_strip_does_not_become_a_huge_picture(encode):
    """1 x 60,000 pixels are 24 x 1,440,000 once resized."""
    reader = Reader(RECORD, limits=Limits(pixels=1_000_000))
    strip = np.zeros((1, 60_000, 3), "uint8")
    for ask, given in ((reader.frame, strip), (reader.read, encode(strip))):
        with pytest.raises(PictureError, match="too long") as refused:
            ask(given)
        assert refused.value.status == 422


@pytest.mark.parametrize("shape", [(5, 5, 1), (5, 5, 4), (0, 5, 3)])
def test_other_shapes_are_refused(shape):
    with pytest.raises(PictureError, match="shape"):
        Reader(RECORD).frame(np.zeros(shape, "uint8"))


def test_pictures_lie_as_their_exif_says(saved, photo):
    picture = photo(size=(60, 30))
    exif = Image.Exif()
    exif[274] = 6
    encoded = saved(picture, "JPEG", exif=exif)
    turned = Reader(RECORD).read(encoded)
    expected = whole_picture(tf.constant(encoded), RECORD, True)
    np.testing.assert_array_equal(turned, expected)
    stored = Reader(RECORD, upright=False).read(encoded)
    assert np.abs(stored.astype(int) - turned).max() > 20
