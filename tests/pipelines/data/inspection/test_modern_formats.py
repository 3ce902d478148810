"""HEIF and AVIF: read as Pillow does where their libraries are installed."""

import io

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image
from PIL import ImageOps

from pipelines.data import images
from pipelines.data.checks import inspect
from pipelines.data.inspection import modern_formats
from pipelines.data.inspection.classification import classify
from pipelines.data.inspection.headers import sniff
from pipelines.data.inspection.modern_formats import AVIF
from pipelines.data.inspection.modern_formats import HEIF
from pipelines.data.inspection.modern_formats import register
from pipelines.data.inspection.refusal import Refused
from pipelines.data.packing.reencoding import reencode
from pipelines.pages.thumbnails import thumbnail

KINDS = [
    pytest.param(
        each.name,
        marks=pytest.mark.skipif(
            not each.is_read, reason=f"needs {each.module} (make test-extras)"
        ),
    )
    for each in modern_formats.MODERN
]


@pytest.fixture
def file(photo, saved):
    """Returns a function: a file of a kind that asks to be turned."""
    register()

    def make(kind, orientation=1, **options):
        exif = Image.Exif()
        exif[0x0112] = orientation
        return saved(photo(2, (70, 50)), kind, exif=exif, **options)

    return make


@pytest.mark.parametrize("orientation", [1, 3, 6, 8])
@pytest.mark.parametrize("kind", KINDS)
def test_the_pixels_of_pillow(file, kind, orientation):
    encoded = file(kind, orientation)
    picture = ImageOps.exif_transpose(Image.open(io.BytesIO(encoded)))
    expected = np.asarray(picture.convert("RGB"))
    pixels = images.decode(tf.constant(encoded))
    np.testing.assert_array_equal(pixels, expected)
    look = classify(encoded, f"a{'.avif' if kind == 'AVIF' else '.HEIC'}")
    assert (look.problem, look.format) == ("", kind)
    assert (look.height, look.width) == expected.shape[:2]
    assert "wrong_extension" not in look.notes
    assert inspect(encoded) == (50, "")
    assert thumbnail(encoded)
    small = Image.open(io.BytesIO(reencode(encoded, "a", 35, 90)))
    upright = ImageOps.exif_transpose(small)
    assert upright.size == tuple(side // 2 for side in picture.size)


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_cut_is_refused(file, kind):
    encoded = file(kind)
    for end in (20, 60, len(encoded) // 2, len(encoded) - 3):
        for decode in (True, False):
            assert classify(encoded[:end], decode=decode).problem
        assert inspect(encoded[:end])[1]


@pytest.mark.parametrize("kind", KINDS)
def test_a_bomb_is_known_by_its_header(file, kind):
    encoded = bytearray(file(kind))
    place = encoded.index(b"ispe") + 8
    encoded[place : place + 8] = b"\x00\x00\xff\xff" * 2
    look = classify(bytes(encoded))
    assert look.problem == "too_many_pixels"


def test_who_cannot_read_them_is_told_how(monkeypatch):
    for each, brand in ((HEIF, b"heic"), (AVIF, b"avif")):
        monkeypatch.setitem(vars(each), "is_read", False)
        with pytest.raises(Refused) as caught:
            sniff(b"\x00\x00\x00\x1cftyp" + brand * 4)
        assert caught.value.kind == "other_format"
        assert each.remedy in caught.value.detail
    assert "pip install 'keras-zoo[heif]'" in HEIF.remedy


def test_the_common_brand_is_told_by_the_others():
    head = b"\x00\x00\x00\x1cftypmif1\x00\x00\x00\x00mif1avifmiaf"
    if AVIF.is_read:
        assert sniff(head) == "AVIF"
