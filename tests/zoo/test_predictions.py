"""The likeliest classes by name, as Keras users know them."""

import numpy as np
import pytest

import zoo
from zoo.errors import RequestError
from zoo.weights.classes import imagenet_classes
from zoo.weights.classes import imagenet_names
from zoo.weights.classes import imagenet_names_in
from zoo.weights.classes import translated


def test_logits_and_probabilities_say_the_same():
    logits = np.random.default_rng(0).normal(size=(3, 1000))
    shares = np.exp(logits) / np.exp(logits).sum(1, keepdims=True)
    named = zoo.decode_predictions(logits, top=3)
    again = zoo.decode_predictions(shares, top=3)
    for rows, others, row in zip(named, again, shares, strict=True):
        best = np.argsort(-row)[:3]
        wnids = [imagenet_classes()[index][0] for index in best]
        assert [wnid for wnid, _, _ in rows] == wnids
        assert [wnid for wnid, _, _ in others] == wnids
        for found in (rows, others):
            assert np.allclose([share for _, _, share in found], row[best])


def test_names_are_those_of_keras():
    identity = zoo.decode_predictions(np.eye(1000), top=1)
    rows = {index: row[0] for index, row in enumerate(identity)}
    assert rows[0] == ("n01440764", "tench", 1.0)
    assert rows[2] == ("n01484850", "great_white_shark", 1.0)
    assert rows[285] == ("n02124075", "Egyptian_cat", 1.0)
    assert rows[134][1] == rows[517][1] == "crane"
    assert rows[999] == ("n15075141", "toilet_tissue", 1.0)


def test_a_model_with_classes_of_its_own(tiny):
    model = tiny("resnet_cifar", classes=3)
    with pytest.raises(RequestError, match="no class names"):
        zoo.decode_predictions(np.zeros((1, 3)), model=model)
    zoo.set_class_names(model, ("ant", "my bee", "cat"))
    rows = zoo.decode_predictions([[0.0, 0.75, 0.25]], model=model)
    assert rows == [[(1, "my bee", 0.75), (2, "cat", 0.25), (0, "ant", 0.0)]]


def test_a_model_with_imagenets_classes(tiny):
    model = tiny("resnet_cifar", classes=1000)
    zoo.set_class_names(model, imagenet_names())
    (rows,) = zoo.decode_predictions(np.eye(1000)[282:283], 1, model=model)
    assert rows == [("n02123159", "tiger_cat", 1.0)]


def test_huge_logits_do_not_overflow():
    logits = np.full((1, 1000), -1e4)
    logits[0, 7] = 1e4
    assert zoo.decode_predictions(logits, 1)[0][0][1:] == ("cock", 1.0)


@pytest.mark.parametrize(
    ("shape", "top"), [((2, 10), 5), ((1000,), 5), ((1, 1000), 0)]
)
def test_wrong_requests(shape, top):
    with pytest.raises(RequestError, match="Received"):
        zoo.decode_predictions(np.zeros(shape), top)


def test_names_in_a_model_are_distinct():
    names = imagenet_names()
    assert len(names) == len(set(names)) == 1000
    assert names[134] == "crane (n02012849)"
    assert names[517] == "crane (n03126707)"
    assert names[639] == "maillot (n03710721)"


def test_names_in_chinese(tiny):
    logits = np.zeros((1, 1000))
    logits[0, [1, 134, 282]] = 5, 7, 9
    (found,) = zoo.decode_predictions(logits, 3, language="zh")
    expected = [
        ("n02123159", "山猫"),
        ("n02012849", "鹤"),
        ("n01443537", "金鱼"),
    ]
    assert [guess[:2] for guess in found] == expected
    names = imagenet_names_in("zh")
    assert len(names) == len(set(names)) == 1000 and all(names)
    with pytest.raises(RequestError, match=r"one of en, zh\. Received: 'xx'"):
        zoo.decode_predictions(logits, language="xx")
    # Some of the classes, in another order.
    assert translated(["tiger cat", "tench"], "zh") == ("山猫", "丁鲷")
    model = tiny("resnet_basic", classes=2)
    zoo.set_class_names(model, ("ant", "my cat"))
    with pytest.raises(RequestError, match="This one knows 'my cat'"):
        zoo.decode_predictions(np.zeros((1, 2)), model=model, language="zh")
