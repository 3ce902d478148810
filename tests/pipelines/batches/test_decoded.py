"""Pictures held decoded: the same batches, to the bit, as without."""

import numpy as np
import pytest

from pipelines.batches import decoded
from pipelines.batches.augmentation import AUGMENTATIONS
from pipelines.batches.cropping import regions_of
from pipelines.batches.decoded import decoded_once
from pipelines.batches.decoded import made_once
from pipelines.batches.evaluation_data import evaluation_data
from pipelines.batches.training_data import Reading
from pipelines.batches.training_data import Sampling
from pipelines.batches.training_data import training_data
from pipelines.data.examples import Examples
from pipelines.data.framing import whole_picture
from zoo.preprocessing import Preprocessing

RECORD = Preprocessing(16, crop_fraction=1.0)
# Crops of up to an eighth, a quarter, a half and the whole size; sides that
# are no multiples of anything; not only JPEG.
SHAPES = ((150, 170), (67, 81), (33, 49), (17, 23), (140, 160), (31, 24))
KINDS = ("JPEG", "JPEG", "JPEG", "JPEG", "PNG", "PNG")


@pytest.fixture
def examples(encode, noise):
    pictures = [
        encode(noise(*shape), kind)
        for shape, kind in zip(SHAPES, KINDS, strict=True)
    ]
    return Examples(
        [f"picture {i}" for i in range(len(pictures))],
        np.arange(len(pictures), dtype="int32") % 2,
        ("a", "b"),
        lambda wanted: [pictures[i] for i in wanted],
    )


def held(examples, policy):
    """Where the regions of samples lie; None for each by itself."""
    policy = AUGMENTATIONS[policy]
    return regions_of(examples, policy, RECORD, hold=True).pixels


def batches(examples, policy, hold, count=8):
    data = training_data(
        examples,
        RECORD,
        augmentation=AUGMENTATIONS[policy],
        batch_size=len(examples),
        sampling=Sampling(seed=1),
        reading=Reading(hold=hold),
    )
    pictures, labels = zip(*data.dataset.take(count), strict=True)
    return np.concatenate(pictures), np.concatenate(labels)


@pytest.mark.parametrize("policy", AUGMENTATIONS)
def test_held_pictures_are_trained_on_to_the_bit(examples, policy):
    with_them, labels = batches(examples, policy, hold=True)
    assert held(examples, policy) is not None
    without, same_labels = batches(examples, policy, hold=False)
    np.testing.assert_array_equal(with_them, without)
    np.testing.assert_array_equal(labels, same_labels)


def test_every_scale_is_held_and_used(examples):
    pyramids = decoded_once(examples, RECORD.image_size)
    scales = (pyramids.starts.numpy() >= 0).sum(1)
    assert scales.tolist() == [4, 3, 2, 1, 1, 1]
    shapes = pyramids.shapes.numpy()[0].tolist()
    assert shapes == [[150, 170], [75, 85], [38, 43], [19, 22]]


def test_held_pictures_are_judged_to_the_bit(examples):
    found = [
        evaluation_data(examples, RECORD, batch_size=4, hold=hold).dataset
        for hold in (True, False)
    ]
    for ours, theirs in zip(*found, strict=True):
        for one, other in zip(ours, theirs, strict=True):
            np.testing.assert_array_equal(one, other)


def test_pictures_are_decoded_once(examples):
    def see(encoded):
        seen.append(encoded)
        return whole_picture(encoded, RECORD)

    seen = []
    first = made_once(examples, see, 16, RECORD)
    assert made_once(examples, see, 16, RECORD) is first
    assert made_once(examples, see, 16, "otherwise") is not first
    # Traced once each.
    assert len(seen) == 2
    assert decoded_once(examples, 16) is decoded_once(examples, 16)
    assert held(examples, "crop") is decoded_once(examples, 16).pixels


@pytest.mark.parametrize("policy", ["crop", "shift", "alexnet"])
def test_nothing_is_held_where_there_is_no_room(examples, policy, monkeypatch):
    monkeypatch.setattr(decoded, "_MOST", 100)
    assert held(examples, policy) is None
    batches(examples, policy, hold=True, count=1)


def test_room_is_found_out_while_decoding(examples, monkeypatch):
    monkeypatch.setattr(decoded, "_estimate", lambda examples: 0)
    monkeypatch.setattr(decoded, "_MOST", 100_000)
    assert held(examples, "crop") is None


@pytest.mark.parametrize("policy", ["crop", "shift"])
def test_a_broken_picture_is_left_to_who_can_name_it(encode, noise, policy):
    whole = encode(noise(40, 40), "JPEG")
    broken = Examples(
        ("good", "bad"),
        np.zeros(2, "int32"),
        ("a",),
        lambda wanted: [(whole, whole[:300])[i] for i in wanted],
    )
    assert held(broken, policy) is None
