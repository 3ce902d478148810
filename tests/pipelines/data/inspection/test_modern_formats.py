"""HEIF and AVIF: read as Pillow does where their libraries are installed."""

import io
import pathlib
import re
import struct

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image
from PIL import ImageOps

from pipelines.data import images
from pipelines.data.checks import inspect
from pipelines.data.copies import grouping
from pipelines.data.inspection import modern_formats
from pipelines.data.inspection import pillow_opening
from pipelines.data.inspection.classification import classify
from pipelines.data.inspection.headers import sniff
from pipelines.data.inspection.modern_formats import AVIF
from pipelines.data.inspection.modern_formats import HEIF
from pipelines.data.inspection.modern_formats import register
from pipelines.data.inspection.orientation import orientation_of
from pipelines.data.inspection.refusal import Refused
from pipelines.data.packing.reencoding import reencode
from pipelines.data.thumbnails import thumbnail

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
    assert "pip install 'pillow-heif>=1" in HEIF.remedy


def test_the_common_brand_is_told_by_the_others():
    head = b"\x00\x00\x00\x1cftypmif1\x00\x00\x00\x00mif1avifmiaf"
    if AVIF.is_read:
        assert sniff(head) == "AVIF"


@pytest.mark.parametrize("kind", KINDS[1:])
def test_pixels_that_look_like_a_size_are_none(file, kind):
    box = b"ispe" + b"\xff" * 12
    free = struct.pack(">I4s", 8 + len(box), b"free") + box
    look = classify(file(kind) + free)
    assert (look.problem, look.width, look.height) == ("", 70, 50)
    assert classify(file(kind) + free[:5]).problem == "truncated"


@pytest.mark.parametrize("kind", KINDS[1:])
def test_an_avif_of_the_common_brand_is_turned(file, kind):
    encoded = file(kind, 6)
    common = encoded[:8] + b"mif1" + encoded[12:]
    assert sniff(common) == "AVIF" and orientation_of(common) == 6
    look = classify(common)
    assert (look.orientation, look.width, look.height) == (6, 50, 70)


LOOKS = {
    "copies": grouping._print_of,
    "pack": lambda encoded: reencode(encoded, "a", 35, 90),
    "pages": thumbnail,
}


@pytest.mark.parametrize("name", LOOKS)
def test_whatever_opens_a_picture_registers_what_reads_it(
    name, monkeypatch, photo, saved
):
    called = []
    monkeypatch.setattr(pillow_opening, "register", lambda: called.append(1))
    assert LOOKS[name](saved(photo(2, (70, 50)), "BMP"))
    assert called == [1]


def test_pictures_are_opened_in_one_place():
    root = pathlib.Path(pillow_opening.__file__).parents[3]
    found = {
        path.name
        for room in ("apps", "pipelines", "zoo")
        for path in (root / room).rglob("*.py")
        if re.search(r"^[^#>]*(?<!`)Image\.open\(", path.read_text(), re.M)
    }
    # The other does what torchvision does.
    assert found == {"pillow_opening.py", "torch_loader.py"}
