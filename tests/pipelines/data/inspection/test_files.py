"""Files that once went wrong: the verdict and the pixels of each."""

import io
import pathlib

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image
from PIL import ImageOps

from pipelines.data import images
from pipelines.data.checks import inspect
from pipelines.data.inspection.classification import classify

FILES = pathlib.Path(__file__).parent / "files"
REFUSED = {
    "gif_frame_bomb.gif": "too_many_pixels",
    "jpeg_half_with_eoi.jpg": "truncated",
    "jpeg_taller_header.jpg": "truncated",
    "jpeg_tf_refuses_1.jpg": "damaged",
    "jpeg_tf_refuses_2.jpg": "damaged",
    "png_bad_compression_method.png": "damaged",
    "png_fewer_rows.png": "truncated",
    "png_gray16_12bit.png": "low_bits",
    "png_la16_12bit.png": "low_bits",
    "png_no_palette.png": "damaged",
    "png_rgb16_12bit.png": "low_bits",
    "png_tall.png": "too_many_pixels",
}
READ = sorted(path.name for path in FILES.iterdir() if path.name not in REFUSED)
NOTED = {
    "gif_black_logo_on_transparent_white.gif": "alpha",
    "gif_transparent.gif": "alpha",
    "jpeg_trailing_ffda.jpg": "trailing_bytes",
}


@pytest.mark.parametrize("name", REFUSED)
def test_refused_by_name_in_training_and_in_the_audit(name):
    encoded = (FILES / name).read_bytes()
    look = classify(encoded, name)
    assert look.problem == REFUSED[name]
    assert inspect(encoded)[1] == look.detail


@pytest.mark.parametrize("name", READ)
def test_read_as_everybody_else_does(name):
    encoded = (FILES / name).read_bytes()
    look = classify(encoded, name)
    assert look.problem == "" and inspect(encoded)[1] == ""
    assert NOTED.get(name, "small") in (*look.notes, "small")
    picture = ImageOps.exif_transpose(Image.open(io.BytesIO(encoded)))
    expected = np.asarray(picture.convert("RGB"))
    eager = images.decode(tf.constant(encoded)).numpy()
    dataset = tf.data.Dataset.from_tensors(encoded).map(images.decode)
    (graph,) = dataset.as_numpy_iterator()
    np.testing.assert_array_equal(eager, expected)
    np.testing.assert_array_equal(graph, expected)
    assert expected.shape[:2] == (look.height, look.width)


@pytest.mark.parametrize("name", ["bmp_masks_abgr.bmp", "bmp_masks_rgba.bmp"])
def test_the_masks_of_a_bmp_say_which_colour_is_which(name):
    pixels = images.decode(tf.constant((FILES / name).read_bytes())).numpy()
    assert (pixels == (200, 30, 60)).all(axis=-1).any()


def test_exif_counts_alike_before_and_behind_the_rows():
    before, behind = (
        (FILES / f"png_exif_{each}_idat.png").read_bytes()
        for each in ("before", "after")
    )
    first, second = (images.decode(tf.constant(e)) for e in (before, behind))
    np.testing.assert_array_equal(first, second)
    for encoded in (before, behind):
        look = classify(encoded)
        assert (look.orientation, look.notes) == (6, ("rotated",))


def test_the_canvas_of_a_gif_is_its_size():
    encoded = (FILES / "gif_frame_smaller_than_canvas.gif").read_bytes()
    assert images.decode(tf.constant(encoded)).shape == (48, 64, 3)


@pytest.mark.parametrize(
    "options", [{}, {"progressive": True}, {"restart_marker_blocks": 2}]
)
def test_a_part_of_a_jpeg_with_an_end_is_refused(photo, saved, options):
    encoded = saved(photo(size=(96, 96)), "JPEG", **options)
    scan = encoded.rindex(b"\xff\xda")
    for part in (0.3, 0.5, 0.7):
        cut = encoded[: int(len(encoded) * part)].rstrip(b"\xff")
        look = classify(cut + b"\xff\xd9")
        assert look.problem in ("truncated", "damaged"), (part, scan)


def test_a_grey_picture_is_whole(saved):
    for options in ({}, {"progressive": True}):
        grey = saved(
            Image.new("RGB", (90, 70), (128, 128, 128)), "JPEG", **options
        )
        assert classify(grey).problem == ""


def test_one_bright_pixel_hides_no_dark_ones(saved):
    levels = np.linspace(0, 4095, 48 * 64).reshape(48, 64).astype("uint16")
    levels[3, 5] = 65535
    assert classify(saved(Image.fromarray(levels), "PNG")).problem == "low_bits"


def test_stars_at_night_are_no_dark_picture(saved):
    sky = np.zeros((48, 64), "uint16")
    sky[3, 5] = 65535
    assert classify(saved(Image.fromarray(sky), "PNG")).problem == ""


@pytest.mark.parametrize("packing", [None, "tiff_lzw", "jpeg", "tiff_deflate"])
def test_the_first_page_of_a_tiff(photo, saved, packing):
    more = {"save_all": True, "append_images": [photo(2)]}
    encoded = saved(photo(), "TIFF", compression=packing, **more)
    look = classify(encoded, "scan.tif")
    assert (look.problem, look.notes) == ("", ("several_pictures",))
    expected = np.asarray(Image.open(io.BytesIO(encoded)).convert("RGB"))
    pixels = images.decode(tf.constant(encoded)).numpy()
    np.testing.assert_array_equal(pixels, expected)
    assert classify(encoded[: len(encoded) // 3]).problem
