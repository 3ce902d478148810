"""Files of other libraries, and what they may differ in from the model."""

import dataclasses
import types

import numpy as np
import pytest
import safetensors.numpy

import zoo
from zoo import resnet
from zoo.errors import IntegrityError
from zoo.errors import RequestError
from zoo.preprocessing import Preprocessing
from zoo.weights import contents
from zoo.weights import sources
from zoo.weights import translation
from zoo.weights.adapting import adapt_stem
from zoo.weights.files import variable_names
from zoo.weights.origins import find_origin

BASIC = resnet.ResNetSpec(
    "resnet18",
    repeats=(1, 1, 1, 1),
    bottleneck=False,
    widths=(4, 4, 8, 8),
    image_size=32,
    classes=5,
)


def fill(model, seed=0):
    """Gives every weight a value, also BatchNorm's variances."""
    generator = np.random.default_rng(seed)
    for variable in variable_names(model).values():
        variable.assign(generator.uniform(0.5, 1.5, variable.shape))
    return model


def values(model):
    return {
        key: np.array(variable)
        for key, variable in variable_names(model).items()
    }


def unchanged(model, before):
    return all(
        np.array_equal(before[key], value)
        for key, value in values(model).items()
    )


def as_theirs(model, family, library):
    """The model's tensors under another library's names."""
    table = next(
        table
        for table in translation.TABLES
        if (table.family, table.library) == (family, library)
    )
    return {
        name: np.ascontiguousarray(tensor)
        for name, tensor in translation.to_theirs(table, values(model)).items()
    }


@pytest.fixture
def torchvision(tmp_path):
    """A ResNet, and its file with torchvision's names."""
    model = fill(resnet.ResNet(BASIC))
    path = tmp_path / "net.safetensors"
    tensors = as_theirs(model, "resnet", "torchvision")
    tensors["bn1.num_batches_tracked"] = np.asarray(7)
    safetensors.numpy.save_file(tensors, path)
    return types.SimpleNamespace(model=model, path=path, tensors=tensors)


def test_a_file_tells_whose_it_is_and_how_many_classes_it_has(
    torchvision, pictures
):
    model = resnet.ResNet(
        dataclasses.replace(BASIC, classes=1000), weights=torchvision.path
    )
    images = pictures(32, 2)
    assert model.output_shape == (None, 5)
    assert zoo.origin(model) == "torchvision"
    assert np.array_equal(model(images), torchvision.model(images))


def test_the_report_of_a_foreign_file(torchvision):
    model = resnet.ResNet(BASIC)
    report = zoo.load_weights(model, torchvision.path)
    assert report.matched == tuple(variable_names(model))
    assert report.origin == "torchvision" and not report.skipped
    assert str(report) == f"{len(report.matched)} tensors of torchvision loaded"


def test_wrappers_of_training_scripts_are_taken_off(torchvision):
    wrapped = {f"module.{k}": v for k, v in torchvision.tensors.items()}
    report = zoo.load_weights(resnet.ResNet(BASIC), wrapped)
    assert report.initial == ()


def test_another_head_is_dropped_and_said(torchvision):
    model = resnet.ResNet(BASIC, classes=3)
    before = values(model)
    report = zoo.load_weights(model, torchvision.path)
    head = ("head_logits/kernel", "head_logits/bias")
    assert report.initial == head
    assert dict(report.skipped) == dict.fromkeys(head, "5 classes in the file")
    after = values(model)
    assert all(np.array_equal(before[key], after[key]) for key in head)
    assert not np.array_equal(
        before["stem_conv/kernel"], after["stem_conv/kernel"]
    )


def test_a_file_without_a_head_leaves_it_and_says_so(torchvision):
    for name in ("fc.weight", "fc.bias"):
        del torchvision.tensors[name]
    model = resnet.ResNet(BASIC)
    report = zoo.load_weights(model, torchvision.tensors)
    assert dict(report.skipped) == {
        "head_logits/kernel": "no head in the file",
        "head_logits/bias": "no head in the file",
    }
    assert "left as initialised (no head in the file)" in str(report)


def test_a_model_without_a_head_skips_that_of_the_file(torchvision):
    model = resnet.ResNet(BASIC, include_top=False, weights=torchvision.path)
    report = zoo.load_weights(model, torchvision.path)
    assert dict(report.skipped) == {
        "head_logits/kernel": "the model has no head",
        "head_logits/bias": "the model has no head",
    }


def test_every_mismatch_is_named_in_both_languages(torchvision):
    tensors = torchvision.tensors
    del tensors["layer1.0.bn1.weight"]
    tensors["layer2.0.conv1.weight"] = np.zeros((9, 4, 3, 3), "float32")
    tensors["layer3.0.conv1.weight"] = np.zeros(5, "float32")
    tensors["layer9.0.conv1.weight"] = np.zeros(1, "float32")
    model = fill(resnet.ResNet(BASIC), seed=1)
    before = values(model)
    with pytest.raises(IntegrityError) as caught:
        zoo.load_weights(model, tensors)
    message = str(caught.value)
    for part in (
        "stage1_block1_conv1_bn/gamma (layer1.0.bn1.weight in the file) is "
        "missing",
        "stage2_block1_conv1/kernel (layer2.0.conv1.weight in the file) has "
        "shape (3, 3, 4, 9), expected (3, 3, 4, 4)",
        "stage3_block1_conv1/kernel (layer3.0.conv1.weight in the file) has "
        "shape (5,)",
        "layer9.0.conv1.weight has no place in the model",
    ):
        assert part in message
    assert unchanged(model, before)


def test_a_file_of_another_family_says_what_it_is(torchvision, tiny):
    model = fill(tiny("vit", classes=5))
    before = values(model)
    with pytest.raises(IntegrityError, match=r"holds resnet of .*torchvision"):
        zoo.load_weights(model, torchvision.path)
    with pytest.raises(IntegrityError, match="as no network of this zoo"):
        zoo.load_weights(model, {"what/is": np.ones(3), "this": np.ones(2)})
    assert unchanged(model, before)


def test_what_was_said_has_to_fit_the_names(torchvision):
    with pytest.raises(RequestError, match=r"not of origin='keras'"):
        resnet.ResNet(
            dataclasses.replace(BASIC, name="resnet18_v1"),
            weights=torchvision.path,
            origin="keras",
        )
    with pytest.raises(RequestError, match="No origin is called 'tensorflow'"):
        resnet.ResNet(BASIC, weights=torchvision.path, origin="tensorflow")


@pytest.fixture
def mobile(tiny):
    """Builds a small EfficientNet for an origin."""
    from zoo import efficientnet

    def build(origin=None, **arguments):
        spec = efficientnet.EfficientNetSpec(
            "efficientnet_b0", efficientnet.compound_scaling(phi=-4)
        )
        return efficientnet.EfficientNet(
            spec,
            classes=5,
            input_shape=(32, 32, 3),
            origin=origin,
            **arguments,
        )

    return build


def test_names_that_cannot_tell_ask_for_the_origin(mobile):
    tensors = as_theirs(fill(mobile()), "efficientnet", "timm")
    model = mobile()
    before = values(model)
    with pytest.raises(RequestError) as caught:
        zoo.load_weights(model, tensors)
    assert "origin='timm' or origin='timm/tf'" in str(caught.value)
    report = zoo.load_weights(model, tensors, origin="timm/tf_efficientnet_b0")
    assert report.origin == "timm/tf" and not unchanged(model, before)
    # A model that was built for one of them is of that one.
    assert zoo.load_weights(mobile("timm"), tensors).origin == "timm"


def test_weights_for_another_network_are_refused(mobile):
    tensors = as_theirs(fill(mobile()), "efficientnet", "timm")
    model = fill(mobile(), seed=1)
    before = values(model)
    with pytest.raises(RequestError) as caught:
        zoo.load_weights(model, tensors, origin="timm")
    assert (
        "build it by zoo.create_model('efficientnet_b0', origin='timm')"
        in str(caught.value)
    )
    assert unchanged(model, before)
    assert find_origin("timm", "efficientnet_b0").padding == "symmetric"


@pytest.mark.parametrize("channels", [1, 2, 4, 6])
def test_the_stem_is_adapted_as_timm_does(channels):
    kernel = np.random.default_rng(0).normal(size=(3, 3, 3, 2)).astype("f4")
    wanted = np.empty((3, 3, channels, 2), "float32")
    (adapted,) = adapt_stem(
        {"stem/kernel": wanted}, {"stem/kernel": kernel}
    ).values()
    assert adapted.shape == wanted.shape and adapted.dtype == "float32"
    # A picture of one brightness gives what it gave.
    assert np.allclose(adapted.sum(2), kernel.sum(2), atol=1e-5) or (
        channels % 3
    )
    if channels == 1:
        assert np.allclose(adapted[:, :, 0], kernel.sum(2))
    else:
        assert np.allclose(
            adapted[:, :, channels - 1],
            kernel[:, :, (channels - 1) % 3] * 3 / channels,
        )


def test_grey_pictures_give_nearly_what_their_copies_gave(
    torchvision, pictures
):
    record = Preprocessing(32, mean=(90, 90, 90), std=(50, 50, 50))
    colour = resnet.ResNet(
        BASIC, weights=torchvision.path, preprocessing=record
    )
    grey = resnet.ResNet(
        BASIC,
        weights=torchvision.path,
        preprocessing=record,
        input_shape=(32, 32, 1),
    )
    images = pictures(32, 2)[..., :1]
    assert np.allclose(
        grey(images), colour(np.repeat(images, 3, -1)), rtol=1e-4
    )
    report = zoo.load_weights(grey, torchvision.path)
    assert report.adapted == (
        ("stem_conv/kernel", "adapted to other channels"),
    )
    assert "stem_conv/kernel adapted to other channels" in str(report)


def test_positions_are_resampled_to_another_size(tiny, tmp_path):
    model = fill(tiny("vit", side=32, classes=3))
    path = tmp_path / "vit.safetensors"
    zoo.save_weights(model, path)
    other = tiny("vit", side=48, classes=3)
    report = zoo.load_weights(other, path)
    name = "stem_tokens/position_embeddings"
    assert report.adapted == ((name, "resampled to another size"),)
    small, large = values(model)[name], values(other)[name]
    assert small.shape[0] == 17 and large.shape[0] == 37
    assert np.array_equal(small[0], large[0])
    assert abs(small[1:].mean() - large[1:].mean()) < 0.05
    tensors = values(model)
    tensors[name] = tensors[name][:-1]
    with pytest.raises(
        IntegrityError, match=r"position_emb.* shape \(16, 24\)"
    ):
        zoo.load_weights(tiny("vit", side=48, classes=3), tensors)


@pytest.fixture
def ours(tiny, tmp_path):
    """A model with everything of its own, in the three formats of ours."""
    record = Preprocessing(32, (9, 8, 7), (6, 5, 4), 0.7, "bicubic")
    model = fill(tiny("resnet_cifar", classes=3, preprocessing=record))
    zoo.set_class_names(model, ("ant", "bee", "cât"))
    paths = {
        ending: tmp_path / f"net{ending}"
        for ending in (".safetensors", ".weights.h5", ".keras")
    }
    zoo.save_weights(model, paths[".safetensors"])
    model.save_weights(paths[".weights.h5"])
    model.save(paths[".keras"])
    return model, paths


@pytest.mark.parametrize("ending", [".safetensors", ".keras"])
def test_a_file_of_ours_brings_what_the_model_was(ours, tiny, pictures, ending):
    model, paths = ours
    other = tiny("resnet_cifar", weights=paths[ending])
    images = pictures(32, 2)
    assert np.array_equal(other(images), model(images))
    assert zoo.preprocessing(other) == zoo.preprocessing(model)
    assert zoo.class_names(other) == ("ant", "bee", "cât")
    assert zoo.origin(other) == "zoo"
    fewer = tiny("resnet_cifar", classes=2, weights=paths[ending])
    assert zoo.class_names(fewer) is None


def test_files_that_keras_wrote_are_read_by_their_numbers(ours, tiny, pictures):
    model, paths = ours
    other = tiny("resnet_cifar", weights=paths[".weights.h5"])
    assert other.output_shape == (None, 3)
    assert all(
        np.array_equal(value, values(other)[key])
        for key, value in values(model).items()
    )
    headless = tiny(
        "resnet_cifar", include_top=False, weights=paths[".weights.h5"]
    )
    report = zoo.load_weights(headless, paths[".weights.h5"])
    assert [key for key, _ in report.skipped] == list(contents.HEAD)


def test_loading_renames_the_classes_and_remarks_the_scale(ours, tiny):
    _, paths = ours
    model = tiny("resnet_cifar", classes=3)
    report = zoo.load_weights(model, paths[".safetensors"])
    assert zoo.class_names(model) == ("ant", "bee", "cât")
    assert "the weights expect pixels by mean and std" in str(report)
    again = tiny("resnet_cifar", weights=paths[".safetensors"])
    assert zoo.load_weights(again, paths[".safetensors"]).remarks == ()


def test_the_network_of_a_file_of_ours_is_remembered(mobile, tmp_path):
    path = tmp_path / "net.safetensors"
    zoo.save_weights(fill(mobile("timm")), path)
    assert zoo.origin(mobile(weights=path)) == "timm"
    with pytest.raises(RequestError, match="origin='timm'"):
        zoo.load_weights(mobile(), path)
    with pytest.raises(RequestError, match="are of 'timm'"):
        mobile("keras", weights=path)


def test_fresh_weights_for_a_network_of_others(mobile):
    model = mobile("torchvision")
    assert zoo.origin(model) == "torchvision"
    config = model.get_layer("preprocessing").get_config()
    assert config["variant"] == "efficientnet_b0"
    assert config["origin"] == "torchvision"


@pytest.mark.parametrize(
    ("entry", "value"),
    [
        ("preprocessing", "{"),
        ("preprocessing", '{"image_size": 0}'),
        ("preprocessing", '{"image_size": "x"}'),
        ("preprocessing", '{"sides": 3}'),
        ("preprocessing", "[" * 5000),
        ("class_names", '"names"'),
        ("class_names", "[1, 2, 3]"),
    ],
)
def test_damaged_metadata_is_an_integrity_error(
    ours, tiny, tmp_path, entry, value
):
    model, _ = ours
    path = tmp_path / "damaged.safetensors"
    zoo.save_weights(model, path, metadata={entry: value})
    with pytest.raises(IntegrityError, match=f"its metadata '{entry}'"):
        tiny("resnet_cifar", weights=path)


def test_a_published_file_is_known_by_its_name_and_hash(
    torchvision, monkeypatch
):
    import hashlib

    digest = hashlib.sha256(torchvision.path.read_bytes()).hexdigest()
    row = sources.WeightsSource(
        model="resnet18",
        name="imagenet/toys",
        preprocessing=Preprocessing(32, (1, 2, 3), (4, 5, 6)),
        top1=1.0,
        measured_on="toys",
        url="https://example.org/net.safetensors",
        sha256=digest[:8],
        origin="torchvision",
        labels=("a", "b", "c", "d", "e"),
    )
    monkeypatch.setattr(sources, "WEIGHTS", (row,))
    model = resnet.ResNet(BASIC, weights=torchvision.path)
    assert zoo.class_names(model) == row.labels
    assert zoo.preprocessing(model).mean == (1, 2, 3)
    other = dataclasses.replace(row, sha256="0" * 8)
    monkeypatch.setattr(sources, "WEIGHTS", (other,))
    model = resnet.ResNet(BASIC, weights=torchvision.path)
    assert zoo.class_names(model) is None


def test_a_model_is_built_at_the_size_of_its_weights(tmp_path, pictures):
    """As it was trained, unless it is asked for at another size."""
    path = tmp_path / "net.safetensors"
    trained = zoo.create_model("resnet20", input_shape=(48, 48, 3))
    zoo.save_weights(trained, path)
    model = zoo.create_model("resnet20", weights=path)
    assert model.input_shape == (None, 48, 48, 3)
    assert np.array_equal(model(pictures(48)), trained(pictures(48)))
    small = zoo.create_model("resnet20", weights=path, input_shape=(32, 32, 3))
    assert zoo.preprocessing(small).image_size == 32
    spec = dataclasses.replace(resnet.VARIANTS["resnet20"], image_size=40)
    assert resnet.ResNet(spec, weights=path).input_shape[1] == 40
