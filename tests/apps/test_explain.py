"""The command `explain`: a page of maps, and what it refuses."""

import re

import keras
import numpy as np
import pytest

from apps import explain
from zoo.layers import Logits
from zoo.layers import PixelScaling
from zoo.preprocessing import Preprocessing
from zoo.resnet import ResNet
from zoo.resnet import ResNetSpec


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    """A network that knows nothing, of two classes."""
    keras.utils.set_random_seed(0)
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
    made = ResNet(spec)
    made.get_layer("head_logits").class_names = ("blue sky", "red")
    path = tmp_path_factory.mktemp("models") / "tiny.keras"
    made.save(path)
    return path


@pytest.fixture
def asked(command, photos, model, tmp_path):
    """Runs the command on two pictures with more words."""
    pictures = [photos / "val" / name / "val0.jpg" for name in ("blue", "red")]

    def run(*more, pictures=pictures):
        words = [f"--model={model}", f"--output={tmp_path / 'page.html'}"]
        return command(explain, *words, *pictures, *more)

    return run


def test_a_page_and_the_maps_as_numbers(asked, tmp_path):
    answer = asked(f"--npz={tmp_path / 'maps.npz'}", "--methods=Grad-CAM")
    assert answer.code == 0, answer.err
    page = (tmp_path / "page.html").read_text()
    assert "http" not in page.replace("http-equiv", "")
    assert page.count('class="card case"') == 2
    # Of each picture itself, its map and one of chance; the kernels, and
    # eight maps of each stage.
    assert page.count("data:image/jpeg;base64,") == 2 * 3 + 1 + 3 * 8
    assert "Grad-CAM" in page and "Random" in page and "LayerCAM" not in page
    assert len(re.findall(r"\d% without", page)) == 4
    with np.load(tmp_path / "maps.npz") as maps:
        assert sorted(maps) == ["grad_cam", "pictures", "random"]
        assert maps["grad_cam"].shape == (2, 8, 8)
        assert maps["pictures"][1].endswith("red/val0.jpg")


def test_why_one_and_not_the_other(asked, tmp_path):
    answer = asked("--class=Blue_Sky", "--against=red", "--nomeasured")
    assert answer.code == 0, answer.err
    page = (tmp_path / "page.html").read_text()
    assert page.count("Why <b>blue sky</b> and not <b>red</b>?") == 2
    assert "deletion" not in page


def test_a_data_set_as_the_network_sees_it(asked, tmp_path, photos):
    folder = tmp_path / "projector"
    answer = asked(f"--data={photos}", f"--projector={folder}", "--nomeasured")
    assert answer.code == 0, answer.err
    page = (tmp_path / "page.html").read_text()
    assert page.count("<circle cx=") == 32 + 2
    assert "What excites a channel of stage2 most" in page
    assert len((folder / "vectors.tsv").read_text().splitlines()) == 32


def test_a_projector_wants_a_data_set(asked, tmp_path):
    answer = asked(f"--projector={tmp_path}")
    assert answer.code == 2 and "Give --data" in answer.err
    answer = asked("--data=nowhere/")
    assert answer.code == 2 and "no folder nowhere/" in answer.err


def test_a_picture_that_is_none(asked, tmp_path, photos):
    bad = tmp_path / "bad.jpg"
    bad.write_bytes(b"no picture")
    answer = asked(pictures=[bad, photos / "val" / "red" / "val1.jpg"])
    assert answer.code == 3 and answer.err.count("\n") == 1
    assert "bad.jpg" in answer.err
    # The others are on the page.
    assert (tmp_path / "page.html").read_text().count("card case") == 1


def test_only_pictures_that_are_none(asked, tmp_path):
    bad = tmp_path / "bad.jpg"
    bad.write_bytes(b"no picture")
    answer = asked(pictures=[bad])
    assert answer.code == 3 and "bad.jpg" in answer.err
    assert not (tmp_path / "page.html").exists()


@pytest.mark.parametrize(
    "words, said",
    [
        (["--class=green"], "--class_name=green: the model knows no such"),
        (["--class=blu sky"], "Nearest: blue sky"),
        (["--against=green"], "--against=green: the model knows no such"),
        (["--class=red", "--against=RED"], "Expected two classes"),
        (["--methods=lime"], "--methods=lime is no method"),
        (["--stage=stage7"], "Expected one of: stem, stage1, stage2"),
        (["--npz=maps.npy"], "--npz=maps.npy"),
        (["--output=none/page.html"], "there is no folder none"),
    ],
)
def test_wrong_words(asked, tmp_path, words, said):
    answer = asked(*words)
    assert answer.code == 2 and said in answer.err, answer.err
    assert answer.err.count("\n") == 1
    assert not (tmp_path / "page.html").exists()


def test_nothing_is_written_over(asked, tmp_path):
    (tmp_path / "page.html").write_text("mine")
    answer = asked()
    assert answer.code == 2 and "is there already" in answer.err
    assert (tmp_path / "page.html").read_text() == "mine"


def test_no_picture_and_none_of_that_name(command, model):
    answer = command(explain, f"--model={model}")
    assert answer.code == 2 and "No picture was named" in answer.err
    answer = command(explain, f"--model={model}", "nowhere.jpg")
    assert answer.code == 2 and "no picture nowhere.jpg" in answer.err


def test_a_model_without_a_stage_that_has_a_map(command, photos, tmp_path):
    pixels = keras.Input((16, 16, 3))
    x = PixelScaling(Preprocessing(16))(pixels)
    x = keras.layers.Flatten(name="head_flatten")(x)
    flat = keras.Model(pixels, Logits(2, name="head_logits")(x))
    flat.save(tmp_path / "flat.keras")
    answer = command(
        explain,
        f"--model={tmp_path / 'flat.keras'}",
        f"--output={tmp_path / 'page.html'}",
        photos / "val" / "red" / "val0.jpg",
    )
    assert answer.code == 2 and "no stage with a map" in answer.err
