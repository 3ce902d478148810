"""What a file is told as, and that it agrees with what TensorFlow decodes."""

import io
import os
import struct
import time
import tracemalloc

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from pipelines.data import images
from pipelines.data.inspection.classification import Limits
from pipelines.data.inspection.classification import classify
from pipelines.data.inspection.kinds import KINDS
from pipelines.data.inspection.kinds import REFUSE


def test_sixty_malformed_files_are_told_apart(malformed):
    assert len(malformed) == 60
    told = {n: classify(e, n).problem for n, (e, _) in malformed.items()}
    assert told == {name: kind for name, (_, kind) in malformed.items()}


def test_every_problem_has_a_row_and_is_to_be_refused(malformed):
    assert {KINDS[kind].level for _, kind in malformed.values()} == {REFUSE}


def test_sound_files_pass_with_their_notes(sound):
    for name, (encoded, notes) in sound.items():
        for decode in (True, False):
            look = classify(encoded, name, decode=decode)
            assert (look.problem, look.notes) == ("", notes), name


def test_tensorflow_decodes_what_passes(sound):
    for name, (encoded, _) in sound.items():
        look = classify(encoded, name)
        shape = images.decode(tf.constant(encoded)).shape
        assert tuple(shape) == (look.height, look.width, 3), name


def test_what_tensorflow_refuses_is_refused(malformed):
    for name, (encoded, kind) in malformed.items():
        if kind.startswith("too_many") or len(encoded) > 10**6:
            continue
        try:
            images.decode(tf.constant(encoded))
        except tf.errors.InvalidArgumentError:
            assert classify(encoded, name).problem, name


def test_headers_alone_miss_only_damaged_contents(malformed):
    missed = {
        name
        for name, (encoded, _) in malformed.items()
        if not classify(encoded, name, decode=False).problem
    }
    assert missed == {"flipped.png", "twelve_bits.png", "ten_bits.png"}


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "GIF", "BMP", "WEBP"])
def test_no_prefix_passes_or_hangs(photo, saved, kind):
    encoded = saved(photo(size=(16, 12)), kind)
    slowest = 0.0
    for length in range(len(encoded)):
        start = time.perf_counter()
        whole = classify(encoded[:length])
        header = classify(encoded[:length], decode=False)
        slowest = max(slowest, time.perf_counter() - start)
        assert whole.problem, length
        assert header.problem, length
    assert slowest < 1


def test_flipped_bits_neither_crash_nor_pass_unlike_tensorflow(photo, saved):
    random = np.random.default_rng(0)
    for kind in ("JPEG", "PNG", "GIF", "BMP", "WEBP"):
        encoded = saved(photo(), kind)
        for _ in range(60):
            broken = bytearray(encoded)
            place = random.integers(len(encoded))
            broken[place] ^= 1 << random.integers(8)
            if classify(bytes(broken)).problem:
                continue
            images.decode(tf.constant(bytes(broken)))


def test_bombs_are_refused_on_their_header(malformed):
    bombs = {n: e for n, (e, k) in malformed.items() if k.startswith("too_")}
    assert len(bombs) == 5
    for name, encoded in bombs.items():
        tracemalloc.start()
        start = time.process_time()
        look = classify(encoded, name)
        seconds = time.process_time() - start
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert seconds < 0.05, name
        assert peak < 20 * 2**20, name
        assert "over 64,000,000 pixels" in look.detail, name
    assert len(bombs["bomb.webp"]) <= 40


def test_the_limits_are_the_ones_given(photo, saved):
    encoded = saved(photo(), "PNG")
    pixels = classify(encoded, limits=Limits(pixels=48 * 40 - 1))
    assert pixels.detail == "48x40 is over 1,919 pixels"
    size = classify(encoded, limits=Limits(bytes=len(encoded) - 1))
    assert size.problem == "too_many_bytes"
    assert not classify(encoded, limits=Limits(48 * 40, len(encoded))).problem


@pytest.mark.parametrize("orientation", [0, 9, 99])
def test_a_senseless_orientation_is_upright(photo, saved, orientation):
    exif = Image.Exif()
    exif[0x0112] = orientation
    assert classify(saved(photo(), "JPEG", exif=exif)).orientation == 1


def test_broken_exif_is_no_problem(photo, saved):
    broken = b"Exif\x00\x00II*\x00" + struct.pack("<I", 2**31) + os.urandom(9)
    look = classify(saved(photo(), "JPEG", exif=broken))
    assert (look.problem, look.orientation) == ("", 1)


@pytest.mark.parametrize("size", [(1, 1), (1, 5000), (5000, 1)])
def test_strange_shapes_pass(saved, size):
    look = classify(saved(Image.new("RGB", size, "red"), "JPEG"))
    assert (look.width, look.height) == size
    assert look.problem == ""
    assert ("long" in look.notes) == (size != (1, 1))


def test_a_thumbnail_in_the_header_hides_no_cut(photo, saved):
    exif = Image.Exif()
    exif[0x010E] = "x" * 200
    inside = saved(photo(1, (20, 20)), "JPEG")
    encoded = saved(photo(), "JPEG", exif=exif.tobytes() + inside)
    assert classify(encoded, decode=False).problem == ""
    assert classify(encoded[:-2], decode=False).problem == "truncated"


def test_several_pictures_in_one_file_are_noted(photo):
    file = io.BytesIO()
    photo().save(file, "MPO", save_all=True, append_images=[photo(1)])
    look = classify(file.getvalue(), "a.jpg")
    assert look.notes == ("several_pictures",)
    assert images.decode(tf.constant(file.getvalue())).shape == (40, 48, 3)
