"""A run is a folder: nothing overwritten, nothing half written."""

import importlib.metadata
import json
import os
import platform
import re
import subprocess

import keras
import numpy as np
import pytest
import tensorflow as tf

import zoo
from pipelines.runs import places
from pipelines.runs import run_folder
from pipelines.runs.lying import orientation_for
from pipelines.runs.model_loading import load_model
from pipelines.runs.places import dated_folder
from pipelines.runs.places import new_folder
from pipelines.runs.places import read_config
from pipelines.runs.places import refuse_if_taken
from pipelines.runs.run_folder import RunFolder
from pipelines.runs.run_folder import provenance
from zoo.errors import RequestError


@pytest.fixture
def folder(tmp_path):
    return RunFolder(tmp_path / "deep" / "run")


def names(folder):
    found = {path.name for path in folder.path.iterdir()}
    return sorted(found - {".lock"})


def test_it_is_made_but_not_taken_before_there_is_a_config(folder):
    assert folder.path.is_dir() and names(folder) == []
    with pytest.raises(RequestError, match="is in use by process"):
        RunFolder(folder.path)
    folder.release()
    RunFolder(folder.path).release()
    RunFolder.refuse_if_taken(folder.path)
    RunFolder.refuse_if_taken(folder.path / "nowhere")


def test_a_taken_folder_is_refused(folder):
    folder.write_config({"model": "resnet20"})
    for refuse in (RunFolder, RunFolder.refuse_if_taken):
        with pytest.raises(
            RequestError, match=r"run` already holds a run\. Give another"
        ) as caught:
            refuse(folder.path)
        assert caught.value.exit_code == 2


def test_a_file_is_no_folder(tmp_path, monkeypatch):
    file = tmp_path / "file"
    file.touch()
    for path in (file, file / "run"):
        for refuse in (refuse_if_taken, RunFolder):
            with pytest.raises(RequestError, match=rf": {file} is a file"):
                refuse(path)
    monkeypatch.setattr(os, "access", lambda *_: False)
    with pytest.raises(PermissionError) as caught:
        refuse_if_taken(tmp_path / "deep" / "run")
    assert caught.value.filename == str(tmp_path)


def test_a_folder_of_the_same_second_has_a_number(tmp_path, monkeypatch):
    monkeypatch.setattr(places.time, "strftime", lambda _: "now")
    folder = tmp_path / "photos-resnet20-now"
    for end in ("", "-2", "-3"):
        found = new_folder("my/photos/", "resnet20", str(tmp_path))
        assert found == f"{folder}{end}"
        os.mkdir(found)
    assert dated_folder(str(tmp_path)) == str(tmp_path / "now")


@pytest.mark.parametrize("name", ["metrics.json", "predictions.csv"])
def test_what_would_be_written_over_is_refused(tmp_path, name):
    (tmp_path / name).write_text("mine")
    with pytest.raises(RequestError, match=rf"it has {name}"):
        RunFolder(tmp_path)
    assert (tmp_path / name).read_text() == "mine"


@pytest.fixture
def read_only(tmp_path):
    """A disk that can be read only, by root too."""
    place = tmp_path / "disk"
    place.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "ro", "tmpfs", str(place)]
    try:
        refused = subprocess.run(mount, capture_output=True).returncode
    except OSError:
        refused = True
    if refused:
        pytest.skip("only root may mount a disk")
    yield place
    subprocess.run(["umount", str(place)], check=True)


@pytest.mark.parametrize("below", ["", "run"])
def test_a_read_only_disk_is_refused(read_only, below):
    with pytest.raises(OSError, match=r"Read-only|denied") as caught:
        RunFolder(read_only / below)
    assert caught.value.filename.startswith(str(read_only))


def test_a_folder_that_cannot_be_written_to(tmp_path, monkeypatch):
    monkeypatch.setattr(os, "access", lambda *arguments: False)
    with pytest.raises(PermissionError, match="Permission denied") as caught:
        RunFolder(tmp_path)
    assert caught.value.filename == str(tmp_path)


def test_json_is_written_whole(folder):
    content = {"größe": [1, 2.5, None], "class_names": ("a", "日本")}
    folder.write_json("metrics.json", content)
    text = (folder.path / "metrics.json").read_text(encoding="utf-8")
    assert json.loads(text) == content | {"class_names": ["a", "日本"]}
    assert "größe" in text and text.endswith("}\n")
    assert names(folder) == ["metrics.json"]


def test_what_cannot_be_written_leaves_the_old_file(folder, monkeypatch):
    folder.write_json("metrics.json", {"top1": 0.5})

    def full(handle):
        raise OSError(28, "No space left on device")

    with pytest.raises(TypeError):
        folder.write_json("metrics.json", {"top1": object()})
    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left"):
        folder.write_json("metrics.json", {"top1": 0.75})
    assert names(folder) == ["metrics.json"]
    written = (folder.path / "metrics.json").read_text()
    assert json.loads(written) == {"top1": 0.5}


def test_the_config_says_what_computed(folder):
    folder.write_config({"model": "resnet20", "seed": 3})
    config = json.loads((folder.path / "config.json").read_text())
    assert set(config) == {"model", "seed", "versions", "commit", "version"}
    assert config["version"] == importlib.metadata.version("keras-zoo")
    assert config["versions"] == {
        "python": platform.python_version(),
        "keras": keras.__version__,
        "tensorflow": tf.__version__,
        "numpy": np.__version__,
        "PIL": config["versions"]["PIL"],
    }
    assert re.fullmatch(r"\d+\.\d+.*", config["versions"]["PIL"])


def test_the_commit_is_not_that_of_a_repository_around(tmp_path, monkeypatch):
    """The package lies in an environment in somebody's own repository."""
    git = ["git", "-c", "user.name=a", "-c", "user.email=a@example.org"]
    for words in (["init", "-q"], ["commit", "-q", "--allow-empty", "-m", "a"]):
        subprocess.run([*git, *words], cwd=tmp_path, check=True)
    place = tmp_path / "env" / "pipelines" / "runs" / "run_folder.py"
    place.parent.mkdir(parents=True)
    monkeypatch.setattr(run_folder, "__file__", str(place))
    assert provenance()["commit"] is None
    own = tmp_path / "pipelines" / "runs" / "run_folder.py"
    monkeypatch.setattr(run_folder, "__file__", str(own))
    assert re.fullmatch("[0-9a-f]{40}", provenance()["commit"])


def test_asking_for_the_commit_writes_nothing(tmp_path, monkeypatch):
    git = ["git", "-c", "user.name=a", "-c", "user.email=a@example.org"]
    place = tmp_path / "pipelines" / "runs" / "run_folder.py"
    place.parent.mkdir(parents=True)
    place.write_text("")
    for words in (["init", "-q"], ["add", "."], ["commit", "-q", "-m", "a"]):
        subprocess.run([*git, *words], cwd=tmp_path, check=True)
    os.utime(place, (1, 1))  # The index is out of date.
    before = (tmp_path / ".git" / "index").read_bytes()
    monkeypatch.setattr(run_folder, "__file__", str(place))
    assert re.fullmatch("[0-9a-f]{40}", provenance()["commit"])
    assert (tmp_path / ".git" / "index").read_bytes() == before
    place.write_text("changed")
    assert re.fullmatch("[0-9a-f]{40}-dirty", provenance()["commit"])
    assert (tmp_path / ".git" / "index").read_bytes() == before


def test_json_holds_no_nan(folder):
    folder.write_json("metrics.json", {"loss": float("nan"), "all": [1.5]})
    text = (folder.path / "metrics.json").read_text()
    assert json.loads(text) == {"loss": None, "all": [1.5]}
    assert "NaN" not in text


def test_without_git_there_is_no_commit(monkeypatch):
    monkeypatch.setenv("PATH", "")
    assert provenance()["commit"] is None


def test_a_model_is_written_whole_and_read_again(folder, tiny, noise):
    model = tiny()
    path = folder.save_model(model)
    assert path == folder.path / "model.keras"
    assert names(folder) == ["model.keras"]
    pictures = noise(16, 16)[np.newaxis]
    for where in (folder.path, str(folder.path), path):
        loaded = load_model(where)
        assert zoo.class_names(loaded) == ("blue", "green")
        np.testing.assert_array_equal(loaded(pictures), model(pictures))


def test_there_is_no_model(folder):
    for where in (folder.path, folder.path / "nowhere.keras", "resnet2000"):
        with pytest.raises(
            RequestError,
            match=r"`model=.*` holds no model\.keras\. Expected the folder of",
        ):
            load_model(where)


@pytest.mark.parametrize("text", ["", "{", "[]", "null", '"commit"', "\xff"])
def test_a_configuration_that_is_none(tmp_path, text):
    (tmp_path / "config.json").write_text(text)
    assert read_config(tmp_path) == {}
    with pytest.raises(RequestError, match="already holds a run"):
        refuse_if_taken(tmp_path, resume=True)
    assert read_config(tmp_path / "nowhere") == {}
    (tmp_path / "model.keras").touch()
    assert orientation_for(str(tmp_path / "model.keras")) == "upright"
