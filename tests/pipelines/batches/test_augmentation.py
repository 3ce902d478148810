"""Policies: what training does to a picture, and what evaluation sees."""

import functools

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from pipelines.batches.augmentation import AUGMENTATIONS
from pipelines.batches.augmentation import find_augmentation
from pipelines.batches.augmented_batches import augment
from pipelines.batches.cropping import crop_window
from pipelines.batches.transforms.lighting import Lighting
from pipelines.data.framing import whole_picture
from zoo.errors import RequestError
from zoo.preprocessing import Preprocessing

RECORD = Preprocessing(16, crop_fraction=1.0)


def seed(number):
    return np.array([3, number], "int64")


def augmented(encoded, policy, count):
    change = functools.partial(
        augment,
        tf.constant(encoded),
        augmentation=AUGMENTATIONS[policy],
        preprocessing=RECORD,
    )
    seeds = np.stack([seed(i) for i in range(count)])
    dataset = tf.data.Dataset.from_tensor_slices(seeds).map(change)
    assert dataset.element_spec.shape == (16, 16, 3)
    return np.stack(list(dataset.as_numpy_iterator()))


@pytest.mark.parametrize("kind", ["PNG", "JPEG"])
@pytest.mark.parametrize("policy", AUGMENTATIONS)
def test_a_seed_is_a_picture(both_ways, encode, noise, policy, kind):
    encoded = encode(noise(24, 31), kind)
    change = functools.partial(
        augment, augmentation=AUGMENTATIONS[policy], preprocessing=RECORD
    )
    picture = both_ways(change, encoded, seed(0))
    assert picture.shape == (16, 16, 3) and picture.dtype == np.uint8
    pictures = augmented(encoded, policy, 6)
    np.testing.assert_array_equal(pictures[0], picture)
    different = len({each.tobytes() for each in pictures})
    assert different == 1 if policy == "none" else different >= 5


def test_none_is_what_evaluation_sees(encode, noise):
    encoded = encode(noise(24, 31))
    seen = whole_picture(tf.constant(encoded), RECORD).numpy()
    np.testing.assert_array_equal(augmented(encoded, "none", 1)[0], seen)


def test_shift_moves_by_an_eighth_and_mirrors(encode, noise):
    pixels = noise(16, 16)
    padded = np.pad(pixels, [(2, 2), (2, 2), (0, 0)])
    cuts = [padded[y : y + 16, x : x + 16] for y in range(5) for x in range(5)]
    allowed = {c.tobytes() for c in cuts} | {c[:, ::-1].tobytes() for c in cuts}
    found = {p.tobytes() for p in augmented(encode(pixels), "shift", 100)}
    assert found <= allowed and len(found) > 30


@pytest.mark.parametrize(
    ("policy", "low"), [("crop", 0.08), ("gentle", 0.35), ("standard", 0.25)]
)
def test_crops_cover_what_the_policy_says(encode, policy, low):
    # The red level says the column, the green level the row.
    row, column = np.mgrid[:128, :128]
    pixels = np.stack([column, row, 0 * row], axis=-1).astype("uint8") + 64
    plain = dict(AUGMENTATIONS)[policy]
    parts = []
    for number in range(60):
        picture = augment(
            tf.constant(encode(pixels)),
            seed(number),
            type(plain)(area=plain.area, flip=False),
            RECORD,
        ).numpy()
        sides = np.ptp(picture[..., :2].reshape(-1, 2).astype(int), axis=0)
        parts.append(np.prod((sides + 1) * 16 / 15) / 128**2)
    assert low - 0.03 < min(parts) < low + 0.15 and 0.8 < max(parts) < 1.05


def test_alexnet_has_the_views_of_the_paper(encode):
    # The red level says the column, the green level the row.
    row, column = np.mgrid[:16, :16]
    pixels = np.stack([column, row, 0 * row], axis=-1).astype("uint8") * 8
    policy = AUGMENTATIONS["alexnet"]
    assert (policy.patch * 224, policy.transforms) == (256, (Lighting(0.1),))
    views = set()
    for number in range(100):
        view = augment(
            tf.constant(encode(pixels)),
            seed(number),
            type(policy)(patch=8 / 7),
            Preprocessing(14, crop_fraction=1.0),
        ).numpy()
        steps = np.diff(view.astype(int), axis=1)[..., 0]
        assert set(np.unique(steps)) in ({8}, {-8})
        views.add((*view[0, :, :2].min(0).tolist(), int(steps[0, 0])))
    # 16 - 14 = 2 places each way, and mirrored.
    assert views == {(x, y, s) for x in (0, 8) for y in (0, 8) for s in (8, -8)}


def test_the_window_decoded_is_the_one_said(encode):
    row, column = np.mgrid[:128, :128]
    pixels = np.stack([column, row, 0 * row], axis=-1).astype("uint8")
    policy = type(AUGMENTATIONS["crop"])(area=(0.3, 1.0), flip=False)
    for number in range(5):
        top, left, height, width = crop_window(
            [128, 128, 3], seed(number), policy
        ).numpy()
        picture = augment(
            tf.constant(encode(pixels)), seed(number), policy, RECORD
        ).numpy()
        (x, y), (right, bottom) = picture[0, 0, :2], picture[-1, -1, :2]
        # The outermost pixels stand for a sixteenth of the window each.
        near = max(height, width) / 16 + 1
        edges = [left, top, left + width, top + height]
        found = np.array([x, y, right, bottom], int)
        assert np.abs(found - edges).max() <= near


def test_the_whole_picture_by_hand(both_ways, encode, smooth):
    pixels = smooth(40, 60)
    for record, shorter in (
        (Preprocessing(32, crop_fraction=1.0), 32),
        (Preprocessing(28, crop_fraction=0.875), 32),
        (Preprocessing(24, crop_fraction=0.5, interpolation="bicubic"), 48),
    ):
        method = getattr(Image.Resampling, record.interpolation.upper())
        longer = round(60 * shorter / 40)
        resized = Image.fromarray(pixels).resize((longer, shorter), method)
        size = record.image_size
        top, left = (shorter - size) // 2, (longer - size) // 2
        expected = np.asarray(resized)[top : top + size, left : left + size]
        see = functools.partial(whole_picture, preprocessing=record)
        seen = both_ways(see, encode(pixels))
        assert seen.dtype == np.uint8 and seen.shape == (size, size, 3)
        assert np.abs(seen.astype(int) - expected).max() <= 2


def test_a_picture_of_the_right_size_is_untouched(both_ways, encode, noise):
    pixels = noise(16, 16)
    see = functools.partial(whole_picture, preprocessing=RECORD)
    np.testing.assert_array_equal(both_ways(see, encode(pixels)), pixels)


@pytest.mark.parametrize("shape", [(1, 1), (1, 50), (50, 1), (2, 3)])
@pytest.mark.parametrize("policy", list(AUGMENTATIONS)[:6])
def test_the_smallest_pictures(encode, noise, policy, shape):
    pictures = augmented(encode(noise(*shape), "JPEG"), policy, 3)
    assert pictures.shape == (3, 16, 16, 3)


@pytest.mark.parametrize(
    ("words", "nearest"),
    [
        ("rand-augment", "randaugment"),
        ("Standard", "standard"),
        ("grid-mask+keras.RandomFlip", "gridmask"),
    ],
)
def test_a_misspelt_name_is_answered_with_the_nearest(words, nearest):
    with pytest.raises(RequestError, match=f"is not known. Nearest: {nearest}"):
        find_augmentation(words)


def test_policies_by_name():
    assert list(AUGMENTATIONS) == [
        "none", "shift", "crop", "gentle", "standard", "alexnet",
        "randaugment", "randaugment_6_of_10", "trivialaugment", "augmix",
        "erasing", "gridmask",
    ]  # fmt: skip
    assert find_augmentation("crop").area == (0.08, 1.0)
    with pytest.raises(
        RequestError,
        match=r"`augmentation=autumn` is not known\. Nearest: augmix\. Expecte",
    ):
        find_augmentation("autumn")
