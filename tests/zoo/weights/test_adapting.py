"""What a file may differ in from the model: its head, stem and positions."""

import numpy as np
import pytest

import zoo
from zoo import resnet
from zoo.errors import IntegrityError
from zoo.preprocessing import Preprocessing
from zoo.weights.adapting import adapt_stem
from zoo.weights.position_embeddings import resample_position_embeddings


def test_another_head_is_dropped_and_said(torchvision, values):
    model = resnet.ResNet(torchvision.spec, classes=3)
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
    model = resnet.ResNet(torchvision.spec)
    report = zoo.load_weights(model, torchvision.tensors)
    assert dict(report.skipped) == {
        "head_logits/kernel": "no head in the file",
        "head_logits/bias": "no head in the file",
    }
    assert "left as initialised (no head in the file)" in str(report)


def test_a_model_without_a_head_skips_that_of_the_file(torchvision):
    model = resnet.ResNet(
        torchvision.spec, include_top=False, weights=torchvision.path
    )
    report = zoo.load_weights(model, torchvision.path)
    assert dict(report.skipped) == {
        "head_logits/kernel": "the model has no head",
        "head_logits/bias": "the model has no head",
    }


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
        torchvision.spec, weights=torchvision.path, preprocessing=record
    )
    grey = resnet.ResNet(
        torchvision.spec,
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


def test_positions_are_resampled_to_another_size(tiny, tmp_path, fill, values):
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


@pytest.mark.parametrize("ending", [".safetensors", ".weights.h5", ".keras"])
def test_grids_are_compared_not_how_many_patches_they_have(
    tiny, tmp_path, fill, values, ending
):
    wide = fill(tiny("vit", input_shape=(16, 64, 3), classes=3))
    path = tmp_path / f"vit{ending}"
    if ending == ".keras":
        wide.save(path)
    else:
        zoo.save_weights(wide, path)
    name = "stem_tokens/position_embeddings"
    square, same = tiny("vit", side=32), tiny("vit", input_shape=(16, 64, 3))
    assert zoo.load_weights(same, path).adapted == ()
    assert np.array_equal(values(same)[name], values(wide)[name])
    report = zoo.load_weights(square, path)
    assert report.adapted == ((name, "resampled to another size"),)
    expected = resample_position_embeddings(values(wide)[name], (2, 8), (4, 4))
    assert np.array_equal(values(square)[name], expected)


def test_what_says_no_grid_is_a_square(tiny, fill, values):
    square = fill(tiny("vit", side=32, classes=3))
    wide = tiny("vit", input_shape=(16, 64, 3), classes=3)
    zoo.load_weights(wide, values(square))
    name = "stem_tokens/position_embeddings"
    expected = resample_position_embeddings(
        values(square)[name], (4, 4), (2, 8)
    )
    assert np.array_equal(values(wide)[name], expected)
