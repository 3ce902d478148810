"""Which models are served, by which names and versions."""

import pytest

from pipelines.serving.settings import ServingConfig
from pipelines.serving.sources import check_sources
from pipelines.serving.sources import named_sources
from pipelines.serving.sources import versions_of
from zoo.errors import RequestError


@pytest.mark.parametrize(
    ("said", "name", "path"),
    [
        ("runs/first", "first", "runs/first"),
        ("runs/first/", "first", "runs/first/"),
        ("runs/first/model.keras", "first", "runs/first/model.keras"),
        ("nets/birds.keras", "birds", "nets/birds.keras"),
        ("my birds=runs/first", "my_birds", "runs/first"),
        ("a=b=c", "a", "b=c"),
        ("resnet20", "resnet20", "resnet20"),
    ],
)
def test_names_are_given_or_found(said, name, path):
    assert named_sources(ServingConfig(model=(said,))) == {name: path}


def test_a_folder_may_have_an_equals_sign(tmp_path):
    path = tmp_path / "lr=0.1"
    path.mkdir()
    config = ServingConfig(model=(str(path),))
    assert named_sources(config) == {"lr_0.1": str(path)}


def test_versions_are_numbers_alone(tmp_path):
    for name in ("1", "12", "03", "0", "notes", "²"):
        (tmp_path / name).mkdir()
    found = {number: str(tmp_path / str(number)) for number in (1, 12)}
    assert versions_of(str(tmp_path)) == found
    # What holds a model is one, whatever else lies in it.
    (tmp_path / "model.keras").touch()
    assert versions_of(str(tmp_path)) is None


def test_what_is_not_there_is_refused(tmp_path):
    (tmp_path / "1").mkdir()
    for path in (tmp_path, tmp_path / "1", tmp_path / "none"):
        with pytest.raises(RequestError, match=r"holds no model\.keras"):
            check_sources(ServingConfig(model=(str(path),)))


def test_processes_share_the_processors(monkeypatch):
    monkeypatch.setattr("os.cpu_count", lambda: 8)
    for settings, threads in (
        ({}, 8),
        ({"processes": 3}, 2),
        ({"processes": 16}, 1),
        ({"processes": 3, "threads": 5}, 5),
    ):
        config = ServingConfig(model=("runs/first",), **settings)
        assert config.threads_of_each == threads


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"port": 70_000}, "`port` lies in"),
        ({"engine": "kerras"}, "Nearest: keras"),
        ({"megabytes": float("nan")}, "`megabytes`"),
        ({"megabytes": 900.0}, "`held_megabytes=256`"),
        ({"model": ("a", "b"), "weights": "imagenet"}, "`model` names 2"),
        ({"reload_seconds": -1.0}, "`reload_seconds`"),
    ],
)
def test_settings_that_cannot_be(settings, words):
    with pytest.raises(RequestError, match=words):
        ServingConfig(**{"model": ("runs/first",), **settings})
