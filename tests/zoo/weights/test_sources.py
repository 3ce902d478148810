"""The table of published weights says what was published."""

import hashlib
import json
import re
import urllib.parse

import pytest
import safetensors.numpy

import zoo
from zoo.cards import CARDS
from zoo.errors import RequestError
from zoo.preprocessing import imagenet
from zoo.weights import find_source
from zoo.weights import sources
from zoo.weights.origins import find_origin
from zoo.weights.sources import WEIGHTS
from zoo.weights.sources import WeightsSource
from zoo.weights.sources import best_of
from zoo.weights.sources import weights_of

PUBLISHED = [row for row in WEIGHTS if row.path is None]
PACKAGED = [row for row in WEIGHTS if row.path]


@pytest.mark.parametrize("row", PACKAGED, ids=lambda row: row.model)
def test_a_packaged_file_is_what_its_row_says(row):
    data = row.path.read_bytes()
    assert hashlib.sha256(data).hexdigest() == row.sha256
    head = safetensors.numpy.load(data)["head_logits/bias"]
    assert head.shape == (len(row.class_names),) == (10,)
    assert row.fetch() == row.path
    assert len(data) < 3 * 2**20
    model = zoo.create_model(row.model, weights=row.name)
    assert zoo.class_names(model) == row.class_names
    assert zoo.preprocessing(model) == row.preprocessing


def test_no_set_is_there_twice():
    assert len(PUBLISHED) == 159
    assert len({(row.model, row.name) for row in WEIGHTS}) == len(WEIGHTS)
    assert len({row.address for row in PUBLISHED}) == len(PUBLISHED)


@pytest.mark.parametrize(
    "row", PUBLISHED, ids=lambda row: f"{row.model}-{row.name}"
)
def test_a_row_is_sound(row):
    assert re.fullmatch(r"imagenet/[a-z0-9_]+", row.name)
    parts = urllib.parse.urlsplit(row.address)
    assert parts.scheme == "https" and not parts.query
    whole = row.distribution is not None
    digits = "[0-9a-f]{64}" if whole else "[0-9a-f]{8}"
    assert row.sha256 is None or re.fullmatch(digits, row.sha256)
    assert row.md5 is None or re.fullmatch("[0-9a-f]{32}", row.md5)
    assert row.sha256 or row.md5 or row.url is None
    if row.sha256:
        assert row.sha256[:8] in row.file_name
    assert find_origin(row.origin, row.model).name == row.origin
    assert row.name.removeprefix("imagenet/").startswith(
        row.origin.replace("/", "_")
    )
    assert len(row.class_names) == 1000
    assert row.top1 is None or 56 < row.top1 < (row.top5 or 99) < 100
    assert row.licence in (*("Apache-2.0", "BSD-3-Clause", "CC-BY-NC-4.0"),)
    assert row.name in zoo.model_info(row.model).weights


def test_every_variant_that_others_publish_has_weights():
    none = {name for name in CARDS if not weights_of(name)}
    assert none == {
        "alexnet",
        *(f"resnet{depth}" for depth in (32, 44, 56, 110)),
        *(
            f"resnet{depth}_{form}"
            for depth in (18, 34)
            for form in ["v1", "v2"]
        ),
    }


# Of the cards that say whose figure they have.
@pytest.mark.parametrize("name", CARDS)
def test_rows_agree_with_the_cards(name):
    card = CARDS[name].accuracy
    if card is None or not card.source.startswith(("torchvision", "timm")):
        return
    own = {
        "torchvision": ["torchvision_v1"],
        "timm, tf_*.in1k": ["timm_tf"],
        "timm, tf_*.aa_in1k (AutoAugment)": ["timm_tf_aa"],
        "timm, ra2_in1k": ["timm_ra2"],
        "timm, a1h_in1k": ["timm_a1h"],
        "timm, augreg_in21k_ft_in1k (ImageNet-21k first)": [
            "timm_augreg_in21k_ft"
        ],
    }
    (set_name,) = own.get(card.source) or own["torchvision"]
    row = find_source(name.removesuffix("_v1"), f"imagenet/{set_name}")
    assert (row.top1, row.top5) == (card.top1, card.top5)
    assert row.preprocessing.image_size == CARDS[name].input_size


@pytest.mark.parametrize(
    ("name", "weights", "image_size", "mean", "std", "crop", "how"),
    [
        ("resnet50", "torchvision_v1", 224, 123.675, 58.395, 224 / 256, "bil"),
        ("resnet50", "torchvision_v2", 224, 123.675, 58.395, 224 / 232, "bil"),
        ("resnet50", "timm_a1", 224, 123.675, 58.395, 0.95, "bic"),
        ("resnet50_v1", "keras", 224, 123.68, 1.0, 0.875, "bil"),
        ("resnet50_v2", "keras", 224, 127.5, 127.5, 0.875, "bil"),
        ("resnet50_v2", "timm_a1h", 224, 127.5, 127.5, 0.95, "bic"),
        ("resnet101_d", "timm_gluon", 224, 123.675, 58.395, 0.875, "bic"),
        ("efficientnet_b0", "keras", 224, 123.675, 58.395, 0.875, "bic"),
        ("efficientnet_b2", "torchvision_v1", 288, 123.675, 58.395, 1, "bic"),
        ("efficientnet_b3", "timm_tf_aa", 300, 123.675, 58.395, 0.904, "bic"),
        ("efficientnet_b3", "timm_tf_ap", 300, 127.5, 127.5, 0.904, "bic"),
        *(
            (f"efficientnet_lite{size}", weights, side, mean, std, crop, how)
            for weights, mean, std, size, side, crop, how in (
                ("efficientnet_lite_pytorch", 127, 128, 0, 224, 0.875, "bic"),
                (
                    *("efficientnet_lite_pytorch", 127, 128, 2, 260),
                    *(260 / 292, "bic"),
                ),
                ("timm_tf", 127.5, 127.5, 0, 224, 0.875, "bic"),
                ("timm_tf", 127.5, 127.5, 4, 380, 0.92, "bil"),
                ("timm_ra", 123.675, 58.395, 0, 224, 0.875, "bic"),
            )
        ),
        ("efficientnetv2_b0", "keras", 224, 123.675, 58.395, 0.875, "bic"),
        ("efficientnetv2_s", "keras", 384, 128, 128, 1, "bic"),
        ("efficientnetv2_s", "timm_tf", 384, 127.5, 127.5, 1, "bic"),
        ("efficientnetv2_l", "torchvision_v1", 480, 127.5, 127.5, 1, "bic"),
        ("mobilenetv3_large", "keras", 224, 127.5, 127.5, 0.875, "bil"),
        ("vit_b16", "timm_augreg", 224, 127.5, 127.5, 0.9, "bic"),
        ("vit_b16", "torchvision_swag_e2e_v1", 384, 123.675, 58.395, 1, "bic"),
    ],
)
def test_preprocessing_is_that_of_the_source(
    name, weights, image_size, mean, std, crop, how
):
    record = find_source(name, f"imagenet/{weights}").preprocessing
    assert (record.image_size, record.mean[0], record.std[0]) == (
        *(image_size, mean, std),
    )
    assert record.crop_fraction == crop
    assert record.interpolation.startswith(how)
    if mean == 123.675:
        assert record.mean == imagenet().mean and record.std == imagenet().std


@pytest.mark.parametrize(
    ("name", "best"),
    [
        ("alexnet_owt", "torchvision_v1"),
        ("resnet50", "torchvision_v2"),
        ("resnet101", "timm_a1h"),
        ("resnet50_v1", "keras"),
        # At 256 pixels, and not at 224.
        ("resnet152_d", "timm_ra2"),
        ("efficientnet_b0", "timm_tf_ns_jft"),
        # torchvision's figure is for 288 pixels.
        ("efficientnet_b2", "timm_tf_ns_jft"),
        ("efficientnet_lite0", "timm_ra"),
        ("efficientnet_lite1", "efficientnet_lite_pytorch"),
        ("efficientnetv2_s", "torchvision_v1"),
        ("mobilenetv3_large", "keras"),
        # SWAG's end-to-end weights are for 384 pixels.
        ("vit_b16", "timm_augreg2_in21k_ft"),
    ],
)
def test_imagenet_is_the_best_set_at_the_size_of_the_variant(
    name, best, monkeypatch
):
    monkeypatch.setattr(WeightsSource, "here", None)
    assert best_of(name) is find_source(name, "imagenet")
    assert best_of(name).name == f"imagenet/{best}"
    assert zoo.model_info(name).weights[0] == "imagenet"


def test_variants_without_published_weights_have_no_default():
    assert best_of("alexnet_cifar") is best_of("resnet20") is None
    assert zoo.model_info("resnet20").weights == ("cifar10",)
    with pytest.raises(RequestError, match="It has: cifar10"):
        find_source("resnet20", "imagenet")


def test_the_default_may_be_used_for_any_purpose():
    defaults = [best_of(name) for name in CARDS if best_of(name)]
    assert {row.licence for row in defaults} <= {"Apache-2.0", "BSD-3-Clause"}


def test_a_row_is_fetched_with_its_hash(monkeypatch, tmp_path):
    seen = {}

    def download(url, **arguments):
        seen.update(arguments, url=url)
        return tmp_path

    monkeypatch.setattr(sources, "download", download)
    row = find_source("resnet50_v1", "imagenet/keras")
    assert row.fetch() == tmp_path
    assert seen == {
        "url": row.url,
        "sha256": None,
        "md5": "2cb95161c43110f7111970584f804107",
    }
    row = find_source("vit_b16", "imagenet/timm_augreg2_in21k_ft")
    assert row.address == (
        "https://huggingface.co/timm/vit_base_patch16_224."
        "augreg2_in21k_ft_in1k/resolve/main/model.safetensors"
    )


def test_imagenets_classes_are_in_label_order():
    rows = json.loads((sources._DATA / "imagenet_classes.json").read_text())
    wnids = [wnid for wnid, _ in rows]
    assert len(set(wnids)) == 1000 and wnids == sorted(wnids)


@pytest.mark.parametrize(
    ("name", "weights", "geometry", "tested"),
    [
        ("resnet50", "torchvision_v2", "torchvision", None),
        ("resnet50", "timm_a1", "timm", (288, 1.0)),
        ("resnet50_d", "timm_ra2", "timm", (288, 0.95)),
        ("resnet152_d", "timm_ra2", "timm", (320, 1.0)),
        # Trained at 160 pixels; ours is the size of the test.
        ("resnet50", "timm_a3", "timm", None),
        ("efficientnetv2_m", "timm_tf", "timm_squash", None),
        ("efficientnetv2_l", "timm_tf", "timm_squash", None),
        ("efficientnetv2_s", "timm_tf", "timm", None),
        ("efficientnetv2_m", "torchvision_v1", "torchvision", None),
        ("efficientnet_b0", "keras", "zoo", None),
        ("efficientnet_lite0", "efficientnet_lite_pytorch", "zoo", None),
        ("efficientnet_lite0", "timm_ra", "timm", None),
    ],
)
def test_geometry_is_that_of_the_publisher(name, weights, geometry, tested):
    record = find_source(name, f"imagenet/{weights}").preprocessing
    assert record.geometry == geometry
    found = record.test_size, record.test_crop_fraction
    assert found == (tested or (None, None))


def test_who_publishes_says_the_geometry():
    for row in WEIGHTS:
        library, record = row.origin.partition("/")[0], row.preprocessing
        known = library if library in ("timm", "torchvision") else "zoo"
        assert record.geometry.removesuffix("_squash") == known, row.name
        larger = record.test_size is not None
        assert not larger or record.test_size > record.image_size
    assert sum(row.preprocessing.test_size is not None for row in WEIGHTS) == 28


def test_a_file_of_a_library_has_its_geometry_and_no_size_of_a_set():
    model = zoo.create_model("resnet18", origin="timm")
    record = zoo.preprocessing(model)
    assert (record.geometry, record.test_size) == ("timm", None)
