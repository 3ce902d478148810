"""How people write flags, and what is made of it."""

import pytest

from apps.explain import Explaining
from apps.words import ADVICE
from apps.words import ALIASES
from apps.words import understood
from pipelines.runs.settings import settings_of
from pipelines.training.config import FinetuneConfig
from zoo.errors import RequestError

NAMES = [*settings_of(FinetuneConfig), "help"]
SWITCHES = ["cache", "upscale", "probe"]


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("--image-size=64", "--image_size=64"),
        ("--imageSize=64", "--image_size=64"),
        ("--img_size=64", "--image_size=64"),
        ("--imgsz=64", "--image_size=64"),
        ("-image_size=64", "--image_size=64"),
        ("--batch_size=8", "--global_batch_size=8"),
        ("--batch-size=8", "--global_batch_size=8"),
        ("--lr=0.1", "--learning_rate=0.1"),
        ("--learning-rate=0.1", "--learning_rate=0.1"),
        ("--arch=vit_s16", "--model=vit_s16"),
        ("--epoch=3", "--epochs=3"),
        ("--data-dir=a-b", "--data=a-b"),
        ("--output_dir=a_b", "--output=a_b"),
        ("--no-cache", "--nocache"),
        ("--no_cache", "--nocache"),
        ("--nocache", "--nocache"),
        ("--plan=head:1@0.1, all:1@0.1", "--plan=head:1@0.1, all:1@0.1"),
        ("photos/", "photos/"),
        ("-1", "-1"),
    ],
)
def test_a_word_is_understood(written, meant):
    assert understood([written], NAMES, SWITCHES) == [meant]


def test_values_are_left_as_they_are():
    words = ["--lr", "-1", "--output", "-x", "--cache", "--lr=2", "--", "--x"]
    assert understood(words, NAMES, SWITCHES) == [
        *("--learning_rate", "-1", "--output", "-x"),
        *("--cache", "--learning_rate=2", "--", "--x"),
    ]


@pytest.mark.parametrize(
    ("word", "answer"),
    [
        ("--modell=x", "no flag --modell. Nearest: --model."),
        ("--weight-decai=1", "no flag --weight-decai. Nearest: --weight_decay"),
        ("--qqqq", "no flag --qqqq. --help lists them."),
        ("--num-classes=3", "no flag --num-classes: the classes are those"),
        ("--fp16", "give `precision=float16`"),
    ],
)
def test_a_word_without_a_meaning(word, answer):
    with pytest.raises(RequestError) as error:
        understood([word], NAMES, SWITCHES)
    assert answer in str(error.value)


def test_no_word_is_both_a_flag_and_another():
    rows = set(settings_of(FinetuneConfig))
    assert not rows & set(ALIASES) and not rows & set(ADVICE)
    assert not set(ADVICE) & set(ALIASES)
    assert set(ALIASES.values()) <= rows | set(settings_of(Explaining))


def test_a_flag_goes_before_an_alias():
    assert understood(["--batch=3"], ["batch"], []) == ["--batch=3"]


def test_a_flag_is_no_value_of_another():
    for words in (
        ["--model", "--epochs=3"],
        ["--arch", "--lr", "0.1"],
        ["--model", "--epocs=3"],
    ):
        with pytest.raises(RequestError, match="--model has no value: --"):
            understood(words, NAMES, SWITCHES)
    # What only looks like one may be a value.
    assert understood(["--model", "-x"], NAMES, SWITCHES) == ["--model", "-x"]
    assert understood(["--seed", "-1"], NAMES, SWITCHES) == ["--seed", "-1"]
