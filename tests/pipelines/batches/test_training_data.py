"""The two pipelines: order, repeatability, nothing lost, nothing doubled."""

import dataclasses
import itertools

import numpy as np
import pytest
import tensorflow as tf

from pipelines.batches.augmentation import AUGMENTATIONS
from pipelines.batches.evaluation_data import evaluation_batch
from pipelines.batches.evaluation_data import evaluation_data
from pipelines.batches.mixing import Mixing
from pipelines.batches.order import sample_order
from pipelines.batches.training_data import Reading
from pipelines.batches.training_data import Sampling
from pipelines.batches.training_data import training_data
from pipelines.data import examples as module
from pipelines.data.checks import check_pictures
from zoo.errors import RequestError
from zoo.preprocessing import Preprocessing

RECORD = Preprocessing(8, crop_fraction=1.0)


def train(
    examples,
    batch_size,
    policy="none",
    *,
    mixing=None,
    first_step=0,
    **options,
):
    return training_data(
        examples,
        RECORD,
        augmentation=AUGMENTATIONS[policy],
        batch_size=batch_size,
        sampling=Sampling(**options),
        mixing=mixing,
        reading=Reading(first_step=first_step),
    )


def take(data, count):
    return list(itertools.islice(data.dataset.as_numpy_iterator(), count))


def indices(images):
    """Reads the indices that the pictures' colours say."""
    corner = images[:, 0, 0].astype(int)
    return corner[:, 0] + 251 * corner[:, 1]


def epochs(data, count):
    """Returns the order of the examples in each of some epochs."""
    seen = take(data, count * data.steps_per_epoch)
    order = np.concatenate([indices(images) for images, _ in seen])
    return order.reshape(count, -1)


def assert_same(first, second):
    for (images, labels), (others, more) in zip(first, second, strict=True):
        np.testing.assert_array_equal(images, others)
        np.testing.assert_array_equal(labels, more)


@pytest.mark.parametrize(("count", "batch"), [(24, 4), (24, 24), (300, 20)])
def test_every_epoch_is_a_permutation(coded, count, batch):
    data = train(coded(count), batch)
    assert data.steps_per_epoch == count // batch
    for order in epochs(data, 3):
        np.testing.assert_array_equal(np.sort(order), np.arange(count))


def test_an_epoch_that_does_not_divide_repeats_nothing(coded):
    data = train(coded(23), 5)
    assert data.steps_per_epoch == 4
    orders = epochs(data, 6)
    for order in orders:
        assert len(set(order)) == 20
    assert set(orders.flatten()) == set(range(23))


def test_the_order_depends_on_epoch_and_seed_only(coded):
    examples = coded(24)
    ours = epochs(train(examples, 4, seed=5), 3)
    np.testing.assert_array_equal(epochs(train(examples, 6, seed=5), 3), ours)
    others = epochs(train(examples, 4, seed=6), 3)
    orders = {tuple(order) for order in (*ours, *others)}
    assert len(orders) == 6 and tuple(range(24)) not in orders


def test_labels_stay_with_their_pictures(coded):
    for images, labels in take(train(coded(24), 4, seed=1), 12):
        np.testing.assert_array_equal(labels, indices(images) % 3)
        assert labels.dtype == np.int32


def test_one_seed_gives_the_same_batches(coloured):
    examples = coloured(12)
    one, same, other = (
        take(train(examples, 6, "standard", seed=seed), 8) for seed in (3, 3, 4)
    )
    assert_same(one, same)
    assert any(
        (a != b).any() for (a, _), (b, _) in zip(one, other, strict=True)
    )


def test_a_picture_is_augmented_anew_in_each_epoch(coloured):
    examples = coloured(2).subset([0])
    pictures = [images for images, _ in take(train(examples, 1, "standard"), 4)]
    assert len({picture.tobytes() for picture in pictures}) == 4


@pytest.mark.parametrize("first_step", [1, 3, 4, 5, 11])
def test_any_step_is_reached_at_once(coloured, first_step):
    examples = coloured(10)
    whole = take(train(examples, 6, "standard", seed=2), first_step + 5)
    rest = train(examples, 6, "standard", seed=2, first_step=first_step)
    assert rest.steps_per_epoch == 3
    assert_same(take(rest, 5), whole[first_step:])


def test_reading_when_needed_gives_the_same_batches(coloured, monkeypatch):
    examples = coloured(9)
    held = take(train(examples, 4, "standard", seed=1), 9)
    judged = list(
        evaluation_data(
            examples, RECORD, batch_size=5
        ).dataset.as_numpy_iterator()
    )
    monkeypatch.setattr(module, "MEMORY_LIMIT", 0)
    examples = coloured(9)
    assert examples.held is None
    assert_same(held, take(train(examples, 4, "standard", seed=1), 9))
    again = evaluation_data(examples, RECORD, batch_size=5)
    for batch, other in zip(judged, again.dataset, strict=True):
        for part, same in zip(batch, other, strict=True):
            np.testing.assert_array_equal(part, same)


def test_pictures_are_fetched_once_for_all_pipelines(coloured):
    source = coloured(5)
    fetched = []

    def encoded(indices):
        fetched.extend(indices)
        return source.encoded(indices)

    examples = dataclasses.replace(source, encoded=encoded)
    check_pictures(examples)
    for first_step in (0, 3):
        take(train(examples, 2, first_step=first_step), 3)
    list(evaluation_data(examples, RECORD, batch_size=2).dataset)
    assert examples.read([3, 1]) == source.encoded([3, 1])
    assert fetched == list(range(len(source)))


def test_batches_are_uint8_of_a_fixed_shape(coded):
    examples = coded(9)
    spec = train(examples, 4).dataset.element_spec
    assert [str(s.dtype.name) for s in spec] == ["uint8", "int32"]
    assert [tuple(s.shape) for s in spec] == [(4, 8, 8, 3), (4,)]
    spec = evaluation_data(examples, RECORD, batch_size=4).dataset.element_spec
    assert [s.dtype.name for s in spec] == ["uint8", "int32", "float32"]
    assert [tuple(s.shape) for s in spec] == [(4, 8, 8, 3), (4,), (4,)]


def test_a_batch_too_large_is_refused(coded):
    with pytest.raises(
        RequestError, match=r"=10` is more than the 9 .* Give at most 9\."
    ):
        train(coded(9), 10)


@pytest.mark.parametrize("count", [8, 9, 10, 11, 3])
def test_evaluation_counts_each_example_once_in_order(coded, count):
    examples = coded(count)
    data = evaluation_data(examples, RECORD, batch_size=4)
    seen = list(data.dataset.as_numpy_iterator())
    assert len(seen) == data.steps == -(-count // 4)
    images, labels, valid = map(np.concatenate, zip(*seen, strict=True))
    np.testing.assert_array_equal(valid, [1] * count + [0] * (-count % 4))
    np.testing.assert_array_equal(indices(images[:count]), np.arange(count))
    np.testing.assert_array_equal(labels[:count], examples.labels)
    assert not images[count:].any() and not labels[count:].any()


def levelled(held, encode, count):
    """Examples whose grey level says their index, half of them JPEG."""
    pictures = []
    for i in range(count):
        kind = {"kind": "JPEG", "quality": 95} if i % 2 else {}
        level = np.full((24, 32, 3), 4 + 8 * i, "uint8")
        pictures.append(encode(level, **kind))
    return held(pictures, np.arange(count) % 3, ("a", "b", "c"))


@pytest.mark.parametrize("repeats", [1, 3])
def test_every_pixel_of_a_run_is_where_it_belongs(held, encode, repeats):
    examples = levelled(held, encode, 30)
    options = {"seed": 3, "repeats": repeats}
    data = train(examples, 6, "crop", **options)
    batches = take(data, 20)
    seen = []
    for images, labels in batches:
        # Whatever part of a picture is cut out, it has one level.
        assert np.ptp(images.astype(int), axis=(1, 2, 3)).max() <= 2
        levels = images.mean((1, 2, 3))
        index = np.round((levels - 4) / 8).astype(int)
        np.testing.assert_array_equal(labels, index % 3)
        seen.extend(index)
    order = sample_order(examples.labels, batch_size=6, seed=3)
    expected = [
        int(order(tf.constant(i // repeats, tf.int64))[1]) for i in range(120)
    ]
    assert seen == expected
    whole = 120 // (30 * repeats) * 30 * repeats
    for epoch in np.reshape(seen[:whole], (-1, 30 * repeats)):
        counts = np.bincount(epoch, minlength=30)
        np.testing.assert_array_equal(counts, [repeats] * 30)
    for first_step in (1, 5, 13):
        rest = train(examples, 6, "crop", first_step=first_step, **options)
        assert_same(take(rest, 5), batches[first_step : first_step + 5])


def test_repeated_pictures_are_changed_each_in_its_own_way(coloured):
    (images, labels), *_ = take(train(coloured(6), 6, "standard", repeats=3), 1)
    np.testing.assert_array_equal(labels[:3], [labels[0]] * 3)
    assert len({image.tobytes() for image in images}) == 6


@pytest.mark.parametrize("repeats", [0, 4])
def test_a_batch_holds_whole_repeats(coded, repeats):
    with pytest.raises(RequestError, match=f"=6` is no multiple .*={repeats}`"):
        train(coded(9), 6, repeats=repeats)


def test_batches_are_mixed_until_an_epoch_and_resume(coloured):
    examples = coloured(6, classes=3)
    options = {"mixing": Mixing(mixup=1.0, cutmix=1.0, epochs=2), "seed": 1}
    data = train(examples, 6, "crop", **options)
    spec = data.dataset.element_spec
    assert spec[1].shape == (6, 3) and spec[1].dtype == "float32"
    batches = take(data, 12)
    plain = take(train(examples, 6, "crop", seed=1), 12)
    for step, ((images, labels), (own, classes)) in enumerate(
        zip(batches, plain, strict=True)
    ):
        mixed = step < 2 * data.steps_per_epoch
        assert ((labels.max(1) < 1).any() or (images != own).any()) == mixed
        if not mixed:
            np.testing.assert_array_equal(labels, np.eye(3)[classes])
    for first_step in (2, 5, 7):
        rest = train(examples, 6, "crop", first_step=first_step, **options)
        assert_same(take(rest, 4), batches[first_step : first_step + 4])


@pytest.mark.parametrize("replicas", [1, 4])
def test_a_batch_of_no_examples_has_one_for_each_device(replicas):
    assert evaluation_batch(0, replicas) == replicas
    assert evaluation_batch(257, replicas) * 2 >= 257
