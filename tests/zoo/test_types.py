"""What a type checker tells whoever calls the zoo; `make types` reads it.

A comment that allows an error fails there where there is no such error.
"""

from typing import assert_type

import pytest

import zoo
from zoo.cards import ModelInfo
from zoo.preprocessing import Preprocessing
from zoo.stages import Stage


def test_what_comes_back_has_a_type() -> None:
    model = zoo.create_model("resnet20", classes=2, include_top=True)
    assert_type(zoo.list_models("eff*"), list[str])
    assert_type(zoo.model_info("resnet20"), ModelInfo)
    assert_type(zoo.model_info("resnet20").parameters, int)
    assert_type(zoo.stages(model), tuple[Stage, ...])
    assert_type(zoo.preprocessing(model), Preprocessing)
    assert_type(zoo.class_names(model), tuple[str, ...] | None)
    named = zoo.decode_predictions([[1.0] * 1000])
    assert_type(named, list[list[tuple[str | int, str, float]]])
    assert len(named[0]) == 5


def test_a_misspelt_option_is_found_before_it_runs() -> None:
    with pytest.raises(TypeError, match="Nearest: classes"):
        zoo.create_model("resnet20", clases=3)  # type: ignore[call-arg]
    with pytest.raises(TypeError, match="Nearest: classes"):
        zoo.resnet.ResNet("resnet20", clases=3)  # type: ignore[call-arg]
    with pytest.raises(AttributeError, match="create_modell"):
        zoo.create_modell("resnet20")  # type: ignore[attr-defined]
