"""Features: those of the stage named, of the same model or none."""

import dataclasses

import keras
import numpy as np
import pytest

import zoo
from pipelines.data.framing import whole_picture
from pipelines.features.embedding import Embedder
from pipelines.features.embedding import below
from pipelines.features.embedding import reopen
from zoo.errors import IntegrityError
from zoo.errors import RequestError
from zoo.layers import PixelScaling
from zoo.model_metadata import find_layer


@pytest.fixture(scope="module")
def model(tiny):
    keras.utils.set_random_seed(3)
    return tiny()


@pytest.fixture
def saved(model, tmp_path):
    model.save(tmp_path / "model.keras")
    return tmp_path


def pixels_of(examples, model):
    record = zoo.preprocessing(model)
    return np.stack(
        [
            whole_picture(encoded, record).numpy()
            for encoded in examples.encoded([*range(len(examples))])
        ]
    )


def test_pooled_is_what_the_classifier_sees(model, coloured):
    examples = coloured(3)
    features = Embedder(model, batch_size=4).run(examples)
    assert features.shape == (6, 16) and features.dtype == np.float32
    head = model.get_layer("head_logits")
    logits = np.asarray(model(pixels_of(examples, model), training=False))
    np.testing.assert_allclose(
        features @ head.kernel.numpy() + head.bias.numpy(), logits, atol=1e-5
    )


@pytest.mark.parametrize(
    ("stage", "shape"),
    [("stem", (16, 16, 8)), ("stage1", (16, 16, 8)), ("stage2", (8, 8, 16))],
)
def test_a_stage_means_its_output(model, coloured, stage, shape):
    maps = Embedder(model, stage, pool=False).run(coloured(2))
    assert maps.shape == (4, *shape)
    pooled = Embedder(model, stage).run(coloured(2))
    np.testing.assert_allclose(pooled, maps.mean(axis=(1, 2)), atol=1e-5)
    output = {s.name: s.output for s in zoo.stages(model)}[stage]
    own = keras.Model(model.input, output)(
        pixels_of(coloured(2), model), training=False
    )
    np.testing.assert_allclose(maps, np.asarray(own), atol=1e-5)


def test_the_heads_output_is_the_logits(model, coloured):
    logits = model(pixels_of(coloured(2), model), training=False)
    np.testing.assert_allclose(
        Embedder(model, "head").run(coloured(2)), logits, atol=1e-5
    )


def test_progress_counts_pictures(model, coloured):
    seen = []
    Embedder(model, batch_size=4).run(coloured(3), lambda *n: seen.append(n))
    assert seen == [(4, 6), (6, 6)]


def test_a_head_with_layers_of_its_own():
    model = zoo.create_model("mobilenetv3_small", input_shape=(32, 32, 3))
    assert below(model, "pooled", True).output.shape[1:] == (1024,)
    assert below(model, "head", True).output.shape[1:] == (1000,)


def test_a_stage_that_is_none(model):
    with pytest.raises(
        RequestError, match=r"stage9`: .*stem, stage1, stage2, head, pooled\."
    ):
        Embedder(model, "stage9")


def test_the_recipe_gives_the_same_features(model, saved, coloured):
    first = Embedder(model, "stage1")
    recipe = first.recipe(str(saved), data=str(saved))
    again = reopen(recipe)
    np.testing.assert_array_equal(
        first.run(coloured(2)), again.run(coloured(2))
    )


def test_paths_are_absolute_and_names_stay(model, saved, monkeypatch):
    monkeypatch.chdir(saved.parent)
    for name in ("herbarium", "cifar10", "resnet20"):
        (saved.parent / name).mkdir()
    embedder = Embedder(model)
    recipe = embedder.recipe(saved.name, data=saved.name)
    assert recipe.model == recipe.data == str(saved)
    recipe = embedder.recipe("resnet20", "cifar10", "herbarium")
    assert (recipe.model, recipe.weights) == ("resnet20", "cifar10")
    assert recipe.data == "herbarium"
    assert embedder.recipe("resnet20", None, "tfds:a").data == "tfds:a"


def test_a_model_that_changed_is_refused(model, tiny, saved):
    recipe = Embedder(model).recipe(str(saved))
    other = dataclasses.replace(
        recipe, preprocessing=recipe.preprocessing.at(24)
    )
    with pytest.raises(IntegrityError, match="its preprocessing changed"):
        reopen(other)
    keras.utils.set_random_seed(4)
    tiny().save(saved / "model.keras")
    with pytest.raises(IntegrityError, match="its weights changed"):
        reopen(recipe)
    (saved / "model.keras").unlink()
    with pytest.raises(RequestError, match=r"holds no model\.keras"):
        reopen(recipe)


def test_only_the_weights_below_count(model, saved):
    recipe = Embedder(model, "stage1").recipe(str(saved))
    whole = Embedder(model).recipe(str(saved))
    changed = keras.models.clone_model(model)
    changed.set_weights(model.get_weights())
    kernel = zoo.stages(changed)[2].weighted_layers[0].weights[0]
    kernel.assign(kernel + 1)
    changed.save(saved / "model.keras")
    reopen(recipe)
    with pytest.raises(IntegrityError, match="its weights changed"):
        reopen(whole)


def test_a_table_of_before_weights_said_their_geometry(model, saved):
    """Its pictures were seen by the rules of the zoo, and still are."""
    record = zoo.preprocessing(model)
    published = keras.models.clone_model(model)
    published.set_weights(model.get_weights())
    find_layer(published, PixelScaling).preprocessing = dataclasses.replace(
        record, geometry="timm_squash", test_size=32
    )
    old = Embedder(model).recipe(str(saved))
    new = Embedder(published).recipe(str(saved))
    assert old.preprocessing == record
    assert new.preprocessing == dataclasses.replace(
        record, geometry="timm_squash"
    )
    published.save(saved / "model.keras")
    assert reopen(old).recipe(str(saved)) == old
    assert reopen(new).recipe(str(saved)) == new
