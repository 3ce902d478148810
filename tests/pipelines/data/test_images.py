"""Operations on one picture: exact pixels, eagerly and inside tf.data."""

import functools
import io

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from pipelines.data import images
from pipelines.data.encoded_picture import EncodedPicture

AREA, ASPECT = (0.08, 1.0), (3 / 4, 4 / 3)


def seed(number):
    return np.array([7, number], "int64")


def seeds(count):
    return tf.data.Dataset.from_tensor_slices(
        np.stack([seed(i) for i in range(count)])
    )


def by_pillow(encoded):
    return np.asarray(Image.open(io.BytesIO(encoded)).convert("RGB"))


@pytest.mark.parametrize(
    ("kind", "options"),
    [
        ("JPEG", {"quality": 90}),
        ("JPEG", {"quality": 75, "subsampling": 0}),
        ("JPEG", {"progressive": True}),
        ("PNG", {}),
        ("GIF", {}),
        ("BMP", {}),
        ("WEBP", {"lossless": True}),
    ],
)
def test_decoding_equals_pillow_to_the_bit(
    both_ways, encode, smooth, kind, options
):
    encoded = encode(smooth(31, 45), kind, **options)
    pixels = both_ways(images.decode, encoded)
    assert pixels.dtype == np.uint8
    np.testing.assert_array_equal(pixels, by_pillow(encoded))


def test_the_first_frame_of_a_gif(both_ways, smooth):
    first = Image.fromarray(smooth(20, 30))
    file = io.BytesIO()
    black = Image.new("RGB", (30, 20))
    first.save(file, "GIF", save_all=True, append_images=[black])
    pixels = both_ways(images.decode, file.getvalue())
    np.testing.assert_array_equal(pixels, by_pillow(file.getvalue()))


@pytest.mark.parametrize("mode", ["L", "P", "RGBA"])
def test_other_pngs_become_rgb(both_ways, smooth, mode):
    file = io.BytesIO()
    Image.fromarray(smooth(20, 30)).convert(mode).save(file, "PNG")
    pixels = both_ways(images.decode, file.getvalue())
    np.testing.assert_array_equal(pixels, by_pillow(file.getvalue()))


WINDOWS = [(0, 0, 40, 60), (3, 5, 20, 31), (39, 59, 1, 1), (8, 16, 9, 40)]


@pytest.mark.parametrize("window", WINDOWS)
@pytest.mark.parametrize("kind", ["JPEG", "PNG"])
def test_decoding_a_window(both_ways, encode, smooth, kind, window):
    options = {"quality": 95, "subsampling": 0} if kind == "JPEG" else {}
    encoded = encode(smooth(40, 60), kind, **options)
    shape = both_ways(lambda e: EncodedPicture(e).shape, encoded)
    pixels = both_ways(
        lambda e: EncodedPicture(e).cut(tf.constant(window)), encoded
    )
    top, left, height, width = window
    whole = images.decode(tf.constant(encoded)).numpy()
    expected = whole[top : top + height, left : left + width]
    assert pixels.shape == (height, width, 3) and pixels.dtype == np.uint8
    # The fast integer transform of JPEG may be some levels off.
    off = np.abs(pixels.astype(int) - expected).max()
    assert off <= (4 if kind == "JPEG" else 0)
    np.testing.assert_array_equal(shape, [40, 60, 3])


@pytest.mark.parametrize("interpolation", ["bilinear", "bicubic"])
@pytest.mark.parametrize("size", [(13, 20), (40, 17), (31, 46), (80, 90)])
def test_resizing_is_close_to_pillow(both_ways, noise, interpolation, size):
    # Bicubic overshoots, which Pillow cuts off between its two passes.
    pixels = noise(32, 45) // 2 + 64
    method = getattr(Image.Resampling, interpolation.upper())
    resize = functools.partial(
        images.resize,
        height=size[0],
        width=size[1],
        interpolation=interpolation,
    )
    resized = both_ways(resize, pixels)
    expected = np.asarray(Image.fromarray(pixels).resize(size[::-1], method))
    assert resized.dtype == np.uint8 and resized.shape == (*size, 3)
    assert np.abs(resized.astype(int) - expected).max() <= 2
    assert np.abs(resized.astype(int) - expected).mean() < 0.3


def test_a_picture_of_the_right_size_is_untouched(both_ways, noise):
    pixels = noise(9, 14)
    for interpolation in ("bilinear", "bicubic"):
        resize = functools.partial(images.resize, interpolation=interpolation)
        np.testing.assert_array_equal(both_ways(resize, pixels, 9, 14), pixels)


def test_sizes_known_beforehand_are_in_the_static_shape(noise):
    dataset = tf.data.Dataset.from_tensors(noise(9, 14))
    dataset = dataset.map(lambda x: images.resize(x, 5, 6))
    assert dataset.element_spec.shape == (5, 6, 3)


def windows(shape, count=200, area=AREA):
    choose = functools.partial(
        images.random_resized_window,
        np.array([*shape, 3], "int32"),
        area=area,
        aspect_ratio=ASPECT,
    )
    return np.stack(list(seeds(count).map(choose).as_numpy_iterator()))


@pytest.mark.parametrize("area", [AREA, (0.35, 1.0)])
def test_windows_keep_their_promises(area):
    height, width = 300, 400
    found = windows((height, width), area=area)
    top, left, tall, wide = found.T
    assert (top >= 0).all() and (left >= 0).all()
    assert (top + tall <= height).all() and (left + wide <= width).all()
    # Rounding to pixels moves area and aspect a little.
    part = tall * wide / (height * width)
    assert area[0] - 0.01 < part.min() < area[0] + 0.1 and part.max() <= 1
    assert part.max() > 0.85
    ratio = wide / tall
    assert ASPECT[0] - 0.02 < ratio.min() < 0.8
    assert 1.25 < ratio.max() < ASPECT[1] + 0.02
    assert len({tuple(window) for window in found}) > 195


def test_one_seed_chooses_one_window(both_ways):
    choose = functools.partial(
        images.random_resized_window, area=AREA, aspect_ratio=ASPECT
    )
    shape = np.array([60, 80, 3], "int32")
    first = both_ways(choose, shape, seed(1))
    np.testing.assert_array_equal(first, both_ways(choose, shape, seed(1)))
    assert (first != both_ways(choose, shape, seed(2))).any()


@pytest.mark.parametrize("shape", [(1, 1), (1, 50), (50, 1), (2, 3), (1, 5000)])
def test_windows_of_the_smallest_pictures(encode, noise, shape):
    for top, left, tall, wide in windows(shape, 20):
        assert 0 <= top < top + tall <= shape[0]
        assert 0 <= left < left + wide <= shape[1]
    for kind in ("PNG", "JPEG"):
        encoded = tf.constant(encode(noise(*shape), kind))
        picture = EncodedPicture(encoded)
        window = images.random_resized_window(
            picture.shape, seed(3), area=AREA, aspect_ratio=ASPECT
        )
        cut = picture.cut(window)
        assert images.resize(cut, 8, 8).shape == (8, 8, 3)


def test_the_middle_window(both_ways):
    assert both_ways(images.middle_window, [30, 41, 3]).tolist() == [
        0, 5, 30, 30,
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("window", "ratio"),
    [
        ((0, 0, 160, 200), 4),
        ((16, 8, 79, 120), 1),
        ((16, 8, 80, 120), 2),
        ((0, 0, 39, 200), 1),
        ((0, 0, 320, 320), 8),
    ],
)
def test_large_windows_are_decoded_smaller(
    both_ways, encode, smooth, window, ratio
):
    pixels = smooth(320, 320)
    encoded = encode(pixels, "JPEG", quality=95, subsampling=0)
    decoded = both_ways(
        lambda e: EncodedPicture(e).cut(tf.constant(window), size=40),
        encoded,
    )
    top, left, height, width = (side // ratio for side in window)
    assert decoded.shape == (height, width, 3)
    small = pixels.reshape(320 // ratio, ratio, 320 // ratio, ratio, 3)
    expected = small.mean((1, 3))[top : top + height, left : left + width]
    assert np.abs(decoded - expected).mean() < 3


def test_rounding(both_ways):
    x = np.array([-7.0, -0.2, 0.49, 0.51, 7.49, 254.6, 255.4, 900], "float32")
    np.testing.assert_array_equal(
        both_ways(images.to_uint8, x), [0, 0, 0, 1, 7, 255, 255, 255]
    )
