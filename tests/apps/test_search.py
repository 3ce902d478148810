"""From pictures to features to the pictures like a picture."""

import re

import keras
import numpy as np
import pytest
from PIL import Image

from apps import features
from apps import search
from pipelines.features import approximate
from pipelines.features.computing import compute_features
from pipelines.features.start import FeatureSource
from zoo.resnet import ResNet
from zoo.resnet import ResNetSpec

COLOURS = {"blue": (40, 60, 200), "red": (200, 50, 40)}


def save_model(path, seed=0):
    """A network that knows nothing, which is enough to tell colours."""
    keras.utils.set_random_seed(seed)
    spec = ResNetSpec(
        "tiny",
        repeats=(1, 1),
        bottleneck=False,
        stem="cifar",
        shortcut="pad",
        widths=(8, 16),
        image_size=16,
        classes=2,
    )
    ResNet(spec).save(path)


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """A folder with pictures, a model and the features of the pictures."""
    root = tmp_path_factory.mktemp("home")
    random = np.random.default_rng(0)
    for part, count in (("train", 12), ("val", 4)):
        for name, colour in COLOURS.items():
            folder = root / "photos" / part / name
            folder.mkdir(parents=True)
            for i in range(count):
                pixels = colour + random.normal(0, 25, (20, 24, 3))
                pixels = np.clip(pixels, 0, 255).astype("uint8")
                Image.fromarray(pixels).save(folder / f"{part}{i}.jpg")
    save_model(root / "model.keras")
    compute_features(
        FeatureSource(str(root / "model.keras")),
        str(root / "photos"),
        str(root / "features.npz"),
    )
    return root


@pytest.fixture
def photos(home):
    return home / "photos"


@pytest.fixture
def index(home):
    return home / "features.npz"


@pytest.fixture
def searching(command, index, photos, tmp_path):
    """Searches for a red picture, with some flags changed."""

    def run(**changes):
        words = {
            "index": index,
            "query": photos / "val" / "red" / "val1.jpg",
            "top": 5,
            "output": tmp_path / "hits.html",
            **changes,
        }
        return command(search, *(f"--{k}={v}" for k, v in words.items()))

    return run


def test_what_is_in_the_file(index, photos):
    with np.load(index) as file:
        assert file["features"].shape == (32, 16)
        assert file["class_names"].tolist() == ["blue", "red"]
        assert file["parts"].tolist() == ["train"] * 24 + ["validation"] * 8
        assert str(photos / "val" / "red" / "val1.jpg") in file["names"]


def test_a_picture_finds_itself_and_its_colour(searching, photos, tmp_path):
    answer = searching()
    assert answer.code == 0, answer
    lines = answer.out.splitlines()
    query = str(photos / "val" / "red" / "val1.jpg")
    assert lines[0] == query and lines[-1].startswith("written to ")
    rows = [line.split() for line in lines[1:-1]]
    assert rows[0] == ["0.0000", "red", query]
    assert [row[1] for row in rows] == ["red"] * 5
    distances = [float(row[0]) for row in rows]
    assert distances == sorted(distances)
    page = (tmp_path / "hits.html").read_text()
    assert len(re.findall('<img src="data:image/jpeg;base64,', page)) == 6
    assert "<b>red</b>\n0.000" in page and "not where they were" not in page


def test_several_queries(searching, photos, tmp_path):
    names = [photos / "val" / name / "val2.jpg" for name in ("red", "blue")]
    answer = searching(query=",".join(map(str, names)), top=3)
    lines = answer.out.splitlines()
    assert [line for line in lines if line[0] == "/"] == [*map(str, names)]
    assert [line.split()[1] for line in lines[5:8]] == ["blue"] * 3
    page = (tmp_path / "hits.html").read_text()
    assert "Pictures like these 2" in page and page.count("<img ") == 8


def test_pictures_that_vanished_are_said(searching, photos, tmp_path):
    red = photos / "val" / "red"
    query = tmp_path / "query.jpg"
    query.write_bytes((red / "val1.jpg").read_bytes())
    red.rename(photos / "moved")
    answer = searching(query=query)
    (photos / "moved").rename(red)
    assert answer.code == 0, answer
    assert re.search(r"0\.0000 .*val1\.jpg  \(not there any more\)", answer.out)
    page = (tmp_path / "hits.html").read_text()
    assert "not where they were" in page and "cannot be shown" in page


def test_above_the_limit_an_index_is_built_once(
    searching, index, tmp_path, monkeypatch
):
    pytest.importorskip("faiss")
    exact = searching(output=tmp_path / "exact.html").out.splitlines()[:-1]
    monkeypatch.setattr(approximate, "EXACT_LIMIT", 31)
    monkeypatch.setattr(approximate, "_PROBED", 1)
    monkeypatch.setattr(approximate, "_TRAINED_ON", 1)
    copy = tmp_path / "features.npz"
    copy.write_bytes(index.read_bytes())
    for name, notes in (("first", 1), ("again", 0)):
        answer = searching(index=copy, output=tmp_path / f"{name}.html")
        lines = answer.out.splitlines()
        assert lines[notes:-1] == exact
        if notes:
            assert lines[0].startswith("sorting 32 vectors, once; kept in ")
        assert (tmp_path / "features.npz.faiss").is_file()


@pytest.mark.parametrize(
    ("flag", "value", "code", "pattern"),
    [
        ("index", "none.npz", 2, "no file of features none.npz"),
        ("query", "none.jpg", 2, "no picture none.jpg"),
        ("query", "", 2, "--query names no picture"),
        ("top", 0, 2, "top"),
    ],
)
def test_wrong_requests(searching, tmp_path, flag, value, code, pattern):
    answer = searching(**{flag: value})
    assert answer.code == code and answer.err.count("\n") == 1, answer
    assert re.search(pattern, answer.err)
    assert not (tmp_path / "hits.html").exists()


def test_files_that_cannot_be_used(searching, tmp_path, index):
    (tmp_path / "text.jpg").write_text("text")
    answer = searching(query=tmp_path / "text.jpg")
    assert answer.code == 3 and "text.jpg: " in answer.err
    (tmp_path / "cut.npz").write_bytes(index.read_bytes()[:-9])
    answer = searching(index=tmp_path / "cut.npz")
    assert answer.code == 4 and "cut.npz is damaged" in answer.err


def test_another_model_is_refused(searching, home):
    model = home / "model.keras"
    own = model.read_bytes()
    save_model(model, seed=1)
    other = searching()
    model.unlink()
    gone = searching()
    model.write_bytes(own)
    assert other.code == 4 and "its weights changed" in other.err
    assert gone.code == 2 and "holds no model.keras" in gone.err


def test_maps_are_not_searched(command, searching, home, tmp_path):
    maps = tmp_path / "maps.npz"
    words = (
        f"--model={home}",
        f"--data={home}/photos",
        "--stage=stage2",
        f"--output={maps}",
    )
    answer = command(features, *words, "--nopool")
    assert answer.out.startswith(
        "32 pictures, 8 x 8 x 16 numbers each (0.1 MB)"
    )
    answer = searching(index=maps)
    assert answer.code == 2 and "compute the features with" in answer.err
    answer = command(features, *words)
    assert answer.code == 2 and "is there already" in answer.err


def test_without_a_model_one_is_chosen(command, home, tmp_path):
    """The first line of its help."""
    answer = command(
        features, f"--data={home}/photos", f"--output={tmp_path}/f.npz"
    )
    assert answer.code == 0, answer
    assert "32 pictures, 64 numbers each" in answer.out
    with np.load(tmp_path / "f.npz") as file:
        assert file["features"].shape[0] == 32


def test_an_unknown_stage(command, home, tmp_path):
    answer = command(
        features,
        f"--model={home}",
        f"--data={home}/photos",
        "--stage=stage9",
        f"--output={tmp_path}/f.npz",
    )
    assert answer.code == 2
    assert "Expected one of: stem, stage1, stage2, head, pooled" in answer.err


@pytest.mark.parametrize("module", [features, search])
def test_help_says_how(command, module):
    answer = command(module, "--help")
    assert answer.code == 0 and f"python -m {module.__name__}" in answer.out
