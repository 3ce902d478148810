"""Pictures that lie on their side, turned upright wherever they are read.

What `PIL.ImageOps.exif_transpose` makes of a file is right, to the pixel.
"""

import io
import json
import struct
import zlib

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image
from PIL import ImageOps

from pipelines.batches.augmentation import AUGMENTATIONS
from pipelines.batches.evaluation_data import evaluation_data
from pipelines.batches.training_data import Reading
from pipelines.batches.training_data import Sampling
from pipelines.batches.training_data import training_data
from pipelines.data import images
from pipelines.data.copies.fingerprints import fingerprint
from pipelines.data.copies.grouping import find_groups
from pipelines.data.encoded_picture import EncodedPicture
from pipelines.data.encoded_picture import decode_fast
from pipelines.data.examples import Examples
from pipelines.data.inspection.classification import classify
from pipelines.data.inspection.orientation import orientation_of
from pipelines.data.inspection.orientation import turned
from pipelines.data.packing.reencoding import reencode
from pipelines.evaluation.views import views_of
from pipelines.runs.lying import orientation_for
from zoo.preprocessing import Preprocessing

EVERY = range(1, 9)
RECORD = Preprocessing(16, crop_fraction=1.0)
KINDS = {
    "JPEG": {},
    "PNG": {},
    "WEBP": {"lossless": True},
    "TIFF": {},
}


def exif_of(orientation):
    exif = Image.Exif()
    exif[0x010F] = "A phone"
    exif[0x0112] = orientation
    return exif


@pytest.fixture
def lying(encode, noise):
    """Returns a function: a file of a kind that lies in a way."""

    def make(orientation, kind="JPEG", shape=(37, 53), **options):
        exif = exif_of(orientation)
        return encode(noise(*shape), kind, exif=exif, **KINDS[kind], **options)

    return make


def opened(encoded):
    return Image.open(io.BytesIO(encoded))


def upright(encoded):
    return np.asarray(ImageOps.exif_transpose(opened(encoded)))


def examples_of(pictures, **options):
    return Examples(
        [f"picture {i}" for i in range(len(pictures))],
        np.arange(len(pictures), dtype="int32") % 2,
        ("a", "b"),
        lambda wanted: [pictures[i] for i in wanted],
        **options,
    )


@pytest.mark.parametrize("kind", KINDS)
def test_all_eight_are_turned_as_pillow_does(lying, kind):
    files = [lying(each, kind) for each in EVERY]
    dataset = tf.data.Dataset.from_tensor_slices(files).map(images.decode)
    for encoded, graph in zip(files, dataset, strict=True):
        expected = upright(encoded)
        eager = images.decode(tf.constant(encoded))
        np.testing.assert_array_equal(eager, expected)
        np.testing.assert_array_equal(graph, expected)
        as_stored = images.decode(tf.constant(encoded), upright=False)
        np.testing.assert_array_equal(as_stored, np.asarray(opened(encoded)))


@pytest.mark.parametrize("kind", KINDS)
def test_the_audit_says_how_it_lies_and_what_size_it_is(lying, kind):
    for orientation in EVERY:
        encoded = lying(orientation, kind)
        for decode in (True, False):
            look = classify(encoded, decode=decode)
            assert (look.height, look.width) == upright(encoded).shape[:2]
            # Pillow turns a TIFF, of which nothing is left to say.
            told = 1 if kind == "TIFF" else orientation
            assert look.orientation == told
            assert ("rotated" in look.notes) == (told > 1)


def with_chunk(encoded, data, behind):
    """Puts a chunk eXIf before or behind the rows of a PNG."""
    place = encoded.index(b"IEND" if behind else b"IDAT") - 4
    body = b"eXIf" + data
    chunk = struct.pack(">I", len(data)) + body
    chunk += struct.pack(">I", zlib.crc32(body))
    return encoded[:place] + chunk + encoded[place:]


@pytest.mark.parametrize("behind", [False, True])
def test_a_png_may_say_it_before_and_behind_its_rows(encode, noise, behind):
    plain = encode(noise(20, 30))
    for orientation in EVERY:
        data = exif_of(orientation).tobytes()[6:]
        encoded = with_chunk(plain, data, behind)
        found = images.decode(tf.constant(encoded))
        np.testing.assert_array_equal(found, upright(encoded))
        assert classify(encoded).orientation == orientation


@pytest.mark.parametrize("behind", [False, True])
@pytest.mark.parametrize("second", [3, 8, None])
def test_of_two_notes_in_a_png_the_one_that_counts_for_pillow(
    encode, noise, behind, second
):
    said = [exif_of(6), Image.Exif() if second is None else exif_of(second)]
    first, last = (each.tobytes()[6:] for each in said)
    encoded = with_chunk(encode(noise(20, 30)), first, False)
    encoded = with_chunk(encoded, last, behind)
    picture = opened(encoded)
    # As `ImageOps.exif_transpose` does first.
    picture.load()
    assert orientation_of(encoded) == picture.getexif().get(0x0112, 1)
    found = images.decode(tf.constant(encoded))
    np.testing.assert_array_equal(found, upright(encoded))


def test_what_only_an_editors_notes_say_counts_as_for_pillow(encode, noise):
    notes = b'<x:xmpmeta xmlns:x="adobe:ns:meta/" tiff:Orientation="6"/>'
    for kind in ("JPEG", "WEBP"):
        encoded = encode(noise(20, 30), kind, xmp=notes, **KINDS[kind])
        assert orientation_of(encoded) == 6
        assert images.decode(tf.constant(encoded)).shape == (30, 20, 3)
    both = encode(noise(20, 30), "JPEG", xmp=notes, exif=exif_of(3))
    assert orientation_of(both) == 3


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize(
    ("kind", "value", "expected"),
    [(3, 6, 6), (4, 6, 6), (3, 9, 1), (3, 0, 1), (2, 6, 1)],
    ids=["short", "long", "nine", "zero", "text"],
)
def test_how_the_tag_may_be_written(
    encode, noise, order, kind, value, expected
):
    word = {3: "HH", 4: "I", 2: "I"}[kind]
    numbers = (value, 0) if kind == 3 else (value,)
    tiff = struct.pack(f"{order}2sHI", *_start(order), 8)
    tiff += struct.pack(f"{order}HHHI{word}I", 1, 0x0112, kind, 1, *numbers, 0)
    encoded = encode(noise(9, 9), "JPEG", exif=b"Exif\x00\x00" + tiff)
    assert orientation_of(encoded) == expected
    found = opened(encoded).getexif().get(0x0112, 1)
    assert (found if found in EVERY else 1) == expected


def _start(order):
    return (b"II" if order == "<" else b"MM"), 42


@pytest.mark.parametrize("size", [None, 4, 9])
def test_a_window_is_cut_upright_at_every_scale(lying, size):
    window = [3, 5, 20, 30]
    for orientation in EVERY:
        encoded = lying(orientation, shape=(67, 91))
        level = sum(2**i * size <= 20 for i in (1, 2, 3)) if size else 0
        whole = decode_fast(tf.constant(encoded), 2**level).numpy()
        top, left, height, width = (each >> level for each in window)
        expected = turned(whole, orientation)
        expected = expected[top : top + height, left : left + width]
        picture = EncodedPicture(tf.constant(encoded))
        assert tuple(picture.shape) == upright(encoded).shape
        cut = picture.cut(tf.constant(window), size)
        np.testing.assert_array_equal(cut, expected)


def batches(examples, policy, hold, count=3):
    data = training_data(
        examples,
        RECORD,
        augmentation=AUGMENTATIONS[policy],
        batch_size=len(examples),
        sampling=Sampling(seed=1),
        reading=Reading(hold=hold),
    )
    return np.concatenate([each for each, _ in data.dataset.take(count)])


@pytest.mark.parametrize("policy", ["crop", "alexnet"])
def test_training_sees_them_upright(lying, encode, policy):
    files = [lying(i, "PNG", (30 + i, 57)) for i in EVERY]
    right = examples_of([encode(upright(each)) for each in files])
    expected = batches(right, policy, hold=True)
    for hold in (True, False):
        found = batches(examples_of(files), policy, hold)
        np.testing.assert_array_equal(found, expected)


def test_held_and_unheld_photos_are_the_same_to_the_bit(lying):
    # Crops of up to a half, a quarter and an eighth; sides of no multiple.
    files = [lying(i, "JPEG", (31 * (1 + i % 5), 43 + 17 * i)) for i in EVERY]
    examples = examples_of(files)
    held, unheld = (batches(examples, "crop", hold) for hold in (True, False))
    np.testing.assert_array_equal(held, unheld)


def test_ignored_means_the_bits_of_the_same_files_without_a_tag(encode, noise):
    pixels = [noise(30 + i, 57, i) for i in EVERY]
    plain = [encode(each, "JPEG") for each in pixels]
    tagged = [
        encode(each, "JPEG", exif=exif_of(i))
        for i, each in zip(EVERY, pixels, strict=True)
    ]
    expected = batches(examples_of(plain, upright=False), "crop", False)
    # Plain pictures are the same in both ways.
    for examples in (examples_of(tagged, upright=False), examples_of(plain)):
        for hold in (True, False):
            found = batches(examples, "crop", hold)
            np.testing.assert_array_equal(found, expected)
    assert (batches(examples_of(tagged), "crop", True) != expected).any()


def test_evaluation_and_its_views_see_them_upright(lying, encode):
    files = [lying(i, "PNG", (30 + i, 57)) for i in EVERY]
    right = [encode(upright(each)) for each in files]

    def seen(pictures, hold, **options):
        data = evaluation_data(
            examples_of(pictures, **options), RECORD, batch_size=8, hold=hold
        )
        return next(iter(data.dataset))[0]

    expected = seen(right, False)
    for hold in (True, False):
        np.testing.assert_array_equal(seen(files, hold), expected)
    assert (seen(files, False, upright=False) != expected).numpy().any()
    record = Preprocessing(16)
    for each, same in zip(files, right, strict=True):
        found = views_of(tf.constant(each), record, "tencrop")
        straight = views_of(tf.constant(same), record, "tencrop")
        np.testing.assert_array_equal(found, straight)


def test_parts_of_a_set_are_read_alike(lying):
    examples = examples_of([lying(6), lying(1)], upright=False)
    assert not examples.subset(np.array([0])).upright


def test_copies_are_found_upright(photo, saved):
    stored = photo(3, (96, 72)).transpose(Image.Transpose.ROTATE_90)
    copy = saved(stored, "JPEG", exif=exif_of(6), quality=80)
    pictures = [saved(photo(3, (96, 72)), "PNG"), copy]
    pictures += [saved(photo(i, (96, 72)), "PNG") for i in (5, 6)]
    groups = find_groups(examples_of(pictures))
    assert groups.near.tolist() == [0, 0, 2, 3]
    upright_too = fingerprint(opened(copy), orientation_of(copy)).hashes[0]
    plain = fingerprint(opened(pictures[0])).hashes[0]
    assert (plain ^ upright_too).bit_count() <= 4


def test_a_pack_keeps_how_pictures_lie(lying):
    for orientation in EVERY:
        encoded = lying(orientation, "JPEG", (60, 90))
        assert reencode(encoded, "a", 200, 90) == encoded
        small = reencode(encoded, "a", 30, 90)
        assert opened(small).size == (30, 20)
        assert orientation_of(small) == orientation
        # Without a tag it is what it was before.
        if orientation == 1:
            assert b"Exif" not in small


def test_a_model_reads_as_its_run_did(tmp_path):
    def run(name, **settings):
        folder = tmp_path / name
        folder.mkdir()
        config = {"commit": "", **settings}
        (folder / "config.json").write_text(json.dumps(config))
        return folder

    new = run("new", orientation="upright")
    same = run("same", orientation="ignore")
    old = run("old")
    assert orientation_for(str(new)) == "upright"
    assert orientation_for(str(same / "config.json")) == "ignore"
    assert orientation_for(str(old)) == "ignore"
    assert orientation_for(str(old), "upright") == "upright"
    assert orientation_for("resnet20") == "upright"
    # The one that is chosen later.
    assert orientation_for(None) == "upright"


def test_published_weights_are_judged_as_they_were(capsys):
    from apps.evaluate import Judging
    from apps.evaluate import _orientation

    def chosen(**asked):
        given = {"model": "resnet50", "data": "d", "output": "o"} | asked
        return _orientation(Judging(**given))

    assert chosen(weights="imagenet") == "ignore"
    assert "published weights: pictures are taken as" in capsys.readouterr().out
    assert chosen(weights="imagenet", orientation="upright") == "upright"
    assert chosen(weights="./mine.safetensors") == "upright"
    assert capsys.readouterr().out == ""
