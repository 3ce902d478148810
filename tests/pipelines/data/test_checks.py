"""Finding bad pictures before the first step, whatever they are called."""

import io
import struct
import zlib

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from pipelines.batches.evaluation_data import evaluation_data
from pipelines.data import checks
from pipelines.data import images
from pipelines.data.checks import check_pictures
from pipelines.data.checks import check_sizes
from pipelines.data.checks import inspect
from pipelines.data.checks import name_bad_picture
from pipelines.data.checks import skip_bad_pictures
from pipelines.data.sources.folder import read_class_folders
from zoo.errors import DataError
from zoo.preprocessing import Preprocessing


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
        "tiff": saved(picture, "TIFF"),
        "packed tiff": saved(picture, "TIFF", compression="tiff_lzw"),
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
        "html": (b"<!DOCTYPE html><p>404", "is no picture but a web page"),
        "half a jpeg": (jpeg[: len(jpeg) // 2], "truncated"),
        "jpeg without an end": (jpeg[:-2], "truncated"),
        "jpeg's header": (jpeg[:25], "cut in its header"),
        "half a png": (png[: len(png) // 2], "truncated"),
        "png without an end": (png[:-12], "truncated PNG"),
        "png with a flipped bit": (bytes(flipped), "damaged"),
        "half a gif": (saved(picture, "GIF")[:-60], "truncated"),
        "half a webp": (saved(picture, "WEBP")[:99], "truncated"),
        "16-bit tiff": (
            saved(Image.fromarray(np.ones((20, 30), "uint16")), "TIFF"),
            "is a TIFF of the kind I;16",
        ),
        "bmp with a palette": (saved(picture.convert("P"), "BMP"), "palette"),
        "bmp of one bit": (saved(picture.convert("1"), "BMP"), "palette"),
        "webp with alpha": (saved(sheer, "WEBP"), "transparency"),
        "moving webp": (saved(picture, "WEBP", **frames), "frames"),
        "large": (bomb(9_000), r"9000x9000 is over 64,000,000 pixels"),
        "huge": (bomb(30_000), r"30000x30000 is over 64,000,000 pixels"),
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


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "GIF", "BMP", "WEBP"])
@pytest.mark.parametrize("part", [0.5, 0.9])
def test_headers_alone_find_a_picture_that_is_cut(picture, kind, part):
    encoded = saved(picture, kind)
    side, problem = inspect(encoded[: int(len(encoded) * part)], decode=False)
    assert side == 20
    assert problem.startswith(f"is a truncated {kind.replace('WEBP', 'WebP')}")


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
    with pytest.raises(DataError, match="picture0: is a damaged PNG"):
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
    problem = (
        "is no picture but text (expected JPEG, PNG, GIF, BMP, WebP or TIFF "
        "inside)"
    )
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
        "Give `image_size=7` or less, or `upscale`; or remove these pictures."
    )


def test_bad_pictures_are_skipped_and_named(held, encode, noise):
    good = [encode(noise(4 + i, 9)) for i in range(4)]
    train = held([good[0], b"", good[1], good[2]], [0, 0, 1, 0], "ab")
    validation = held([b"no picture", good[3]], [0, 1], "ab")
    kept = skip_bad_pictures(train, validation)
    assert [each.tolist() for each in kept.places] == [[0, 2, 3], [1]]
    np.testing.assert_array_equal(kept.sides, [4, 5, 6, 7])
    assert kept.skipped[0] == "picture1: the file is empty"
    assert kept.note == (
        "skipped 2 of 6 pictures: picture1: the file is empty; picture0: is "
        "no picture but text (expected JPEG, PNG, GIF, BMP, WebP or TIFF "
        "inside)"
    )


def test_nothing_is_skipped_where_nothing_is_bad(held, encode, noise):
    examples = held([encode(noise(4, 9))] * 3, [0, 1, 0], "ab")
    kept = skip_bad_pictures(examples)
    assert kept.places[0].tolist() == [0, 1, 2]
    assert kept.note == ""


def test_a_class_is_not_skipped_away(held, encode, noise):
    examples = held([encode(noise(4, 9)), b""], [0, 1], "ab")
    with pytest.raises(DataError, match="The class 'b' has no picture left"):
        skip_bad_pictures(examples)
    with pytest.raises(DataError, match="No picture is left"):
        skip_bad_pictures(held([b""], [0], "a"))


@pytest.fixture
def streamed(tmp_path, encode, noise, monkeypatch):
    """Files of two classes that are read when they are needed."""
    monkeypatch.setattr("pipelines.data.examples.MEMORY_LIMIT", 0)
    for label in "ab":
        (tmp_path / label).mkdir()
        for i in range(4):
            picture = encode(noise(20, 24), "JPEG")
            (tmp_path / label / f"{i}.jpg").write_bytes(picture)
    return read_class_folders(tmp_path, home=tmp_path)


def read_through(examples):
    data = evaluation_data(examples, Preprocessing(8), batch_size=4)
    return sum(1 for _ in data.dataset)


def cut(path):
    with open(path, "rb+") as file:
        file.truncate(len(file.read()) // 2)


def test_a_file_that_is_cut_after_the_check_is_named(streamed):
    check_pictures(streamed)
    assert read_through(streamed) == 2
    assert name_bad_picture(streamed, range(8)) is None
    bad = streamed.names[5]
    cut(bad)
    with pytest.raises(tf.errors.InvalidArgumentError) as caught:
        read_through(streamed)
    assert bad not in caught.value.message
    error = name_bad_picture(streamed, range(8))
    assert isinstance(error, DataError) and error.exit_code == 3
    message = str(error)
    assert message.startswith(f"{bad}: is a truncated JPEG")
    assert "passed the check before the run" in message
    assert "\n" not in message and message.count(bad) == 1


def test_only_the_pictures_asked_for_are_looked_at(streamed):
    cut(streamed.names[5])
    cut(streamed.names[2])
    assert name_bad_picture(streamed, [0, 1, 3]) is None
    assert streamed.names[5] in str(name_bad_picture(streamed, [7, 5, 2]))


def test_a_file_that_is_gone_is_named_once(streamed, tmp_path):
    assert read_through(streamed) == 2
    (tmp_path / "a" / "3.jpg").unlink()
    with pytest.raises(tf.errors.NotFoundError):
        read_through(streamed)
    message = str(name_bad_picture(streamed, np.arange(8)))
    assert message.count("3.jpg") == 1 and "cannot be read" in message


def test_what_the_pipeline_held_counts_not_what_came_later(
    held, encode, noise, monkeypatch
):
    """Above the limit the check reads headers alone; memory keeps damage."""
    flipped = bytearray(encode(noise(20, 20)))
    flipped[len(flipped) // 2] ^= 1
    examples = held([encode(noise(9, 9)), bytes(flipped)], [0, 0], "a")
    monkeypatch.setattr(checks, "DECODE_LIMIT", 0)
    check_pictures(examples)
    assert "picture1: is a damaged PNG" in str(
        name_bad_picture(examples, [0, 1])
    )


def test_what_only_tensorflow_refuses_is_named_too(held, encode, noise):
    examples = held([encode(noise(9, 9))], [0], "a")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(checks, "inspect", lambda encoded: (9, ""))
        assert name_bad_picture(examples, [0]) is None
        broken = held([b"no picture"], [0], "a")
        assert "cannot be decoded (" in str(name_bad_picture(broken, [0]))
