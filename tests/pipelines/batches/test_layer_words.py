"""Words for layers of Keras and keras-cv."""

import pytest

from pipelines.batches.layer_words import EXAMPLE
from pipelines.batches.layer_words import LayerWords
from pipelines.batches.layer_words import has_layers
from pipelines.batches.layer_words import read
from zoo.errors import RequestError


@pytest.mark.parametrize(
    ("text", "name", "layers"),
    [
        ("crop", "crop", ()),
        # No name of ours, which is for others to say.
        ("rand-augment", "rand-augment", ()),
        (" Standard", "Standard", ()),
        (
            "rand-augment+keras.RandomFlip",
            "rand-augment",
            (LayerWords("keras", "RandomFlip"),),
        ),
        (
            "keras.RandomZoom([[0.1, 0.2]], x={'y': [1]})",
            None,
            (
                LayerWords(
                    *("keras", "RandomZoom", (((0.1, 0.2),),)),
                    (("x", {"y": (1,)}),),
                ),
            ),
        ),
        ("keras.RandomFlip", None, (LayerWords("keras", "RandomFlip"),)),
        (
            "keras_cv.layers.RandomCutout(0.5, width_factor=(0.1, 0.2)) + crop",
            "crop",
            (
                LayerWords(
                    *("keras_cv", "RandomCutout", (0.5,)),
                    (("width_factor", (0.1, 0.2)),),
                ),
            ),
        ),
        (
            EXAMPLE,
            "standard",
            (
                LayerWords("keras", "RandomPerspective", (0.1,)),
                LayerWords("keras_cv", "RandAugment"),
            ),
        ),
    ],
)
def test_words_are_read_and_written_again(text, name, layers):
    assert read(text) == (name, layers)
    again = "+".join([*filter(None, [name]), *map(str, layers)])
    assert read(again) == (name, layers)


@pytest.mark.parametrize(
    "text",
    [
        "crop+shift",
        "torch.RandomFlip",
        "keras.RandomFlip(",
        "keras.layers.core.Dense(3)",
        "keras.RandomFlip(__import__('os').getcwd())",
        "keras.RandomFlip * 2",
        "RandomFlip(0.1)",
        "",
        "1",
    ],
)
def test_what_cannot_be_read(text):
    with pytest.raises(
        RequestError, match=r"cannot be read.*RandomPerspective"
    ):
        read(text)


def test_what_is_to_be_computed_is_named():
    with pytest.raises(RequestError, match="1 / 255 is no literal of Python"):
        read("keras.Rescaling(1/255)")


@pytest.mark.parametrize("text", ["keras.MixUp", "crop+keras_cv.CutMix(0.2)"])
def test_what_mixes_labels_too(text):
    with pytest.raises(RequestError, match="which `mixup` and `cutmix` do"):
        read(text)


def test_blanks_around_words_say_nothing():
    words = "crop + keras.layers.RandomHue(0.2)"
    assert read(f"  {words}\n") == read(words)
    assert has_layers(f" {words}") and not has_layers(" crop ")
