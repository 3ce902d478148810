"""Training from features is training on the same views of the pictures."""

import keras
import numpy as np
import pytest
import tensorflow as tf

import zoo
from pipelines.batches.augmentation import AUGMENTATIONS
from pipelines.batches.training_data import every_view
from pipelines.devices.batch_norm import trainable_copy
from pipelines.evaluation import extraction
from pipelines.evaluation.extraction import Extractor
from pipelines.features.cache import Features
from pipelines.features.cache import evaluation_features
from pipelines.features.cache import training_features
from pipelines.tasks.classification import Classification
from pipelines.training.fine_tuning.freezing import freeze_below
from pipelines.training.optimizers import SGDWithL2
from pipelines.training.trainer import Networks
from pipelines.training.trainer import Trainer
from zoo.preprocessing import Preprocessing

_RECORD = Preprocessing(16, crop_fraction=1.0)
_VIEWS = 2
_DEFAULT = tf.distribute.get_strategy()


@pytest.fixture
def examples(coloured):
    return coloured(5)


def features_of(below, examples, views=_VIEWS, strategy=_DEFAULT):
    dataset = every_view(
        examples,
        _RECORD,
        augmentation=AUGMENTATIONS["shift"],
        batch_size=4,
        seed=3,
        views=views,
    )
    count = len(examples) * views
    return Features(
        examples, Extractor(below, strategy).run(dataset, count), views
    )


def train(model, batches, examples, stage, cached, epochs=3):
    freeze_below(model, stage)
    below, above = zoo.split(model, stage)
    trainer = Trainer(
        model, SGDWithL2(0.05, l2=1e-3), _DEFAULT, Classification()
    )
    pictures, _ = batches(
        examples, 4, augmentation="shift", seed=3, views=_VIEWS
    )
    data = pictures
    if cached:
        data = training_features(
            features_of(below, examples), batch_size=4, seed=3
        )
    assert data.steps_per_epoch == pictures.steps_per_epoch == 2
    frozen = None if cached else below
    networks = Networks(above, frozen)
    return trainer.fit(data, epochs=epochs, networks=networks)


@pytest.mark.parametrize("stage", ["stage2", "head"])
def test_the_cache_changes_nothing(tiny, batches, examples, stage):
    trained, losses = [], []
    for cached in (False, True):
        keras.utils.set_random_seed(1)
        model = trainable_copy(tiny(dropout=0.5))
        before = {v.path: v.numpy() for v in model.weights}
        history = train(model, batches, examples, stage, cached)
        trained.append({v.path: v.numpy() for v in model.weights})
        losses.append([logs["loss"] for logs in history])
    changed = 0
    for path, value in trained[0].items():
        np.testing.assert_allclose(trained[1][path], value, atol=1e-5)
        frozen = zoo.stages(model)
        names = [each.name for each in frozen]
        below = names[: names.index(stage)]
        if path.startswith(tuple(f"{name}_" for name in below)):
            np.testing.assert_array_equal(value, before[path])
        else:
            changed += not np.array_equal(value, before[path])
    np.testing.assert_allclose(losses[0], losses[1], rtol=1e-5)
    # The head's kernel and bias; with stage2 its convolutions and norms too.
    assert changed >= (2 if stage == "head" else 8)


def test_dropout_in_frozen_stages_is_off():
    inputs = keras.Input((4,), name="pixels")
    x = keras.layers.Dropout(0.9, name="stem_dropout")(inputs)
    x = keras.layers.Dense(3, name="stem_fc")(x)
    model = keras.Model(inputs, keras.layers.Dense(2, name="head_logits")(x))
    below, _ = zoo.split(model, "head")
    rows = np.ones((3, 4), "float32"), np.zeros(3), np.ones(3)
    found = Extractor(below, _DEFAULT).run(
        tf.data.Dataset.from_tensors(rows), 3
    )
    np.testing.assert_allclose(found, below(rows[0], training=False), rtol=1e-6)


def test_rows_are_views_of_pictures_in_their_order(tiny, batches, examples):
    below, _ = zoo.split(tiny(), "head")
    features = features_of(below, examples)
    assert features.values.shape == (20, 16)
    pictures, _ = batches(
        examples, 4, augmentation="shift", seed=3, views=_VIEWS
    )
    found = training_features(features, batch_size=4, seed=3)
    for (image, label), (row, same) in zip(
        pictures.dataset.take(6), found.dataset, strict=False
    ):
        np.testing.assert_array_equal(label, same)
        np.testing.assert_allclose(below(image), row, atol=1e-5)
    late = training_features(features, batch_size=4, seed=3, first_step=4)
    fifth = list(found.dataset.take(5))[4]
    np.testing.assert_array_equal(next(iter(late.dataset))[0], fifth[0])


def test_judging_by_features(tiny, batches, examples):
    model = tiny()
    below, above = zoo.split(model, "head")
    _, pictures = batches(examples, 4)
    values = Extractor(below, _DEFAULT).run(pictures.dataset, len(examples))
    data = evaluation_features(Features(examples, values), batch_size=4)
    rows, labels, valid = (
        np.concatenate(parts)
        for parts in zip(*data.dataset.as_numpy_iterator(), strict=True)
    )
    assert rows.shape == (12, 16) and valid.sum() == 10 and data.steps == 3
    np.testing.assert_array_equal(labels[:10], examples.labels)
    images = np.concatenate([batch[0] for batch in pictures.dataset])
    np.testing.assert_allclose(above(rows[:10]), model(images[:10]), atol=1e-5)


def test_large_features_lie_in_a_file(
    tiny, batches, examples, monkeypatch, tmp_path
):
    below, _ = zoo.split(tiny(), "head")
    _, pictures = batches(examples, 4)
    inside = Extractor(below, _DEFAULT).run(pictures.dataset, 10)
    monkeypatch.setattr(extraction, "MEMORY_LIMIT", 10)
    extractor = Extractor(below, _DEFAULT, tmp_path)
    assert extractor.bytes_of(10) == 640 and extractor.has_room_for(10)
    assert not extractor.has_room_for(10**15)
    mapped = extractor.run(pictures.dataset, 10)
    assert isinstance(mapped, np.memmap)
    np.testing.assert_array_equal(mapped, inside)
    assert not list(tmp_path.iterdir())
    rows = next(
        iter(
            evaluation_features(
                Features(examples, mapped), batch_size=10
            ).dataset
        )
    )[0]
    np.testing.assert_array_equal(rows, inside)


def test_progress_is_told(tiny, batches, examples):
    below, _ = zoo.split(tiny(), "head")
    _, pictures = batches(examples, 4)
    told = []
    Extractor(below, _DEFAULT).run(
        pictures.dataset, 10, lambda *numbers: told.append(numbers)
    )
    assert told == [(4, 10), (8, 10), (10, 10)]
