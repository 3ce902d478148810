"""Finding bad pictures before the first step, whatever they are called."""

import io
import struct
import zlib

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from pipelines.data import checks
from pipelines.data import images
from pipelines.data.checks import check_pictures
from pipelines.data.checks import check_sizes
from pipelines.data.checks import inspect
from zoo.errors import DataError


def chunk(kind, data):
    crc = struct.pack(">I", zlib.crc32(kind + data))
    return struct.pack(">I", len(data)) + kind + data + crc


def bomb(side):
    """A PNG that says it is huge, in 57 bytes."""
    header = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    start = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header)
    return start + chunk(b"IDAT", zlib.compress(b"")) + chunk(b"IEND", b"")


def saved(picture, kind, **options):
    file = io.BytesIO()
    picture.save(file, kind, **options)
    return file.getvalue()


@pytest.fixture(scope="module")
def picture(noise):
    return Image.fromarray(noise(20, 30))


def good(picture):
    return {
        "jpeg": saved(picture, "JPEG"),
        "progressive": saved(picture, "JPEG", progressive=True),
        "cmyk": saved(picture.convert("CMYK"), "JPEG"),
        "grey": saved(picture.convert("L"), "JPEG"),
        "png": saved(picture, "PNG"),
        "png with a palette": saved(picture.convert("P"), "PNG"),
        "png with alpha": saved(picture.convert("RGBA"), "PNG"),
        "gif": saved(picture, "GIF"),
        "bmp": saved(picture, "BMP"),
        "grey bmp": saved(picture.convert("L"), "BMP"),
        "webp": saved(picture, "WEBP"),
        "jpeg and garbage": saved(picture, "JPEG") + b"garbage",
        "png and garbage": saved(picture, "PNG") + b"garbage",
    }


def bad(picture):
    jpeg, png = saved(picture, "JPEG"), saved(picture, "PNG")
    flipped = bytearray(png)
    flipped[len(png) // 2] ^= 1
    sheer = picture.copy()
    sheer.putalpha(100)
    frames = {"save_all": True, "append_images": [Image.new("RGB", (30, 20))]}
    return {
        "nothing": (b"", "the file is empty"),
        "text": (b"this is no picture" * 9, "is no picture"),
        "zeros": (bytes(500), "is no picture"),
        "html": (b"<!DOCTYPE html><p>404", "is no picture"),
        "half a jpeg": (jpeg[: len(jpeg) // 2], "cannot be decoded"),
        "jpeg without an end": (jpeg[:-2], "truncated"),
        "jpeg's header": (jpeg[:25], "cannot be decoded"),
        "half a png": (png[: len(png) // 2], "truncated"),
        "png without an end": (png[:-12], "truncated PNG"),
        "png with a flipped bit": (bytes(flipped), "cannot be decoded"),
        "half a gif": (saved(picture, "GIF")[:-60], "truncated"),
        "half a webp": (saved(picture, "WEBP")[:99], "cannot be decoded"),
        "tiff": (saved(picture, "TIFF"), "is no picture"),
        "bmp with a palette": (saved(picture.convert("P"), "BMP"), "palette"),
        "bmp of one bit": (saved(picture.convert("1"), "BMP"), "palette"),
        "webp with alpha": (saved(sheer, "WEBP"), "transparency"),
        "moving webp": (saved(picture, "WEBP", **frames), "frames"),
        "large": (bomb(9_000), r"9000x9000 is over 64,000,000 pixels"),
        "huge": (bomb(30_000), r"has more than 64,000,000 pixels"),
    }


def test_good_pictures_pass_and_decode(picture):
    for name, encoded in good(picture).items():
        assert inspect(encoded) == (20, ""), name
        assert inspect(encoded, decode=False) == (20, ""), name
        assert images.decode(tf.constant(encoded)).shape == (20, 30, 3), name


def test_bad_pictures_are_told_apart(picture):
    for name, (encoded, problem) in bad(picture).items():
        found = inspect(encoded)[1]
        assert problem in found, name


def test_headers_alone_find_a_jpeg_that_is_cut(picture):
    encoded = good(picture)["jpeg"]
    side, problem = inspect(encoded[:-2], decode=False)
    assert side == 20
    assert problem == "is a truncated JPEG (it has no end marker)"


def test_the_shorter_sides_are_returned(held, encode, noise):
    shapes = [(7, 9), (30, 4), (5, 5)]
    pictures = [encode(noise(*shape)) for shape in shapes]
    pictures.append(encode(noise(12, 11), "JPEG"))
    done = []
    sides = check_pictures(
        held(pictures, [0] * 4, "a"), progress=lambda *n: done.append(n)
    )
    np.testing.assert_array_equal(sides, [7, 4, 5, 11])
    assert done == [(4, 4)]


def test_progress_counts_chunks(held, encode, noise, monkeypatch):
    monkeypatch.setattr(checks, "_CHUNK", 4)
    done = []
    examples = held([encode(noise(6, 5))] * 10, [0] * 10, "a")
    sides = check_pictures(examples, progress=lambda *n: done.append(n))
    assert done == [(4, 10), (8, 10), (10, 10)]
    np.testing.assert_array_equal(sides, [5] * 10)


def test_large_sets_are_not_decoded(held, encode, noise, monkeypatch):
    flipped = bytearray(encode(noise(20, 20)))
    flipped[len(flipped) // 2] ^= 1
    examples = held([bytes(flipped)], [0], "a")
    with pytest.raises(DataError, match="picture0: cannot be decoded"):
        check_pictures(examples)
    monkeypatch.setattr(checks, "DECODE_LIMIT", 0)
    np.testing.assert_array_equal(check_pictures(examples), [20])


@pytest.mark.parametrize("count", [1, 2, 5, 6, 8])
def test_the_first_five_problems_are_listed(held, encode, noise, count):
    pictures = [b"no picture"] * count + [encode(noise(4, 4))]
    examples = held(pictures, [0] * (count + 1), "a")
    with pytest.raises(DataError) as caught:
        check_pictures(examples)
    message = str(caught.value)
    problem = "is no picture (expected JPEG, PNG, GIF, BMP or WebP inside)"
    listed = [f"picture{i}: {problem}" for i in range(min(count, 5))]
    if count > 5:
        listed.append(f"and {count - 5} more")
    which = "this picture." if count == 1 else "these pictures."
    assert message == f"{'; '.join(listed)}. Remove or replace {which}"
    assert caught.value.exit_code == 3


def test_pictures_smaller_than_the_crop(held):
    examples, sides = held([b""] * 4, [0] * 4, "a"), np.array([9, 8, 12, 7])
    check_sizes(examples, sides, 7)
    with pytest.raises(DataError) as caught:
        check_sizes(examples, sides, 9)
    assert str(caught.value) == (
        "picture1: its shorter side has 8 pixels, the crop needs 9; "
        "picture3: its shorter side has 7 pixels, the crop needs 9. "
        "Give --image_size=7 or less, or --upscale; or remove these pictures."
    )
