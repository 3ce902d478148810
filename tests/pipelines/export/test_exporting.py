"""What is written: SavedModels here, the other formats with their packages."""

import json
import pathlib
import subprocess
import sys

import numpy as np
import pytest
import tensorflow as tf
import yaml

import zoo
from pipelines.data.framing import whole_picture
from pipelines.data.sources.opening import open_held_out
from pipelines.evaluation.held_out import ToJudge
from pipelines.evaluation.saved_models import ModelSource
from pipelines.export import exporting
from pipelines.export.exporting import export_model
from pipelines.export.exporting import open_written
from pipelines.export.formats import INT8
from pipelines.export.formats import PROGRAMS
from pipelines.export.formats import check_format
from pipelines.export.paired_judging import Demands
from pipelines.export.pictures import decoded
from pipelines.export.quantizing import EightBits
from pipelines.export.quantizing import quantize_model
from zoo.errors import DataError
from zoo.errors import IntegrityError
from zoo.errors import RequestError

# Converters warn of what they call themselves.
pytestmark = pytest.mark.filterwarnings("ignore")
_OTHERS = [name for name in PROGRAMS if name != "savedmodel"]
_EIGHT_BITS = [name for name, row in PROGRAMS.items() if INT8 in row.precisions]


@pytest.fixture(scope="module")
def model():
    """With real weights: random ones say next to nothing of pictures."""
    return zoo.create_model("alexnet_cifar", weights="cifar10")


def _weights(model):
    return sum(4 * int(np.prod(each.shape)) for each in model.weights)


def _answer_as_the_model(answer, model, encode, smooth):
    pixels = smooth(45, 70)
    shown = whole_picture(encode(pixels), zoo.preprocessing(model))
    np.testing.assert_allclose(
        answer(pixels[np.newaxis]), model(shown[np.newaxis]), atol=2e-3
    )


@pytest.fixture(scope="module")
def exported(model, tmp_path_factory):
    folder = tmp_path_factory.mktemp("exported") / "net"
    return folder, export_model(
        model,
        folder,
        "savedmodel",
        source=ModelSource("alexnet_cifar", "cifar10"),
    )


def test_a_savedmodel_holds_its_weights_once(exported, model):
    folder, written = exported
    data = list(folder.rglob("variables.data*"))
    assert len(data) == 1
    assert data[0].stat().st_size <= 1.05 * _weights(model)
    assert written.check["largest_error"] < 1e-5


def test_it_is_where_tensorflows_server_looks(exported, model, encode, smooth):
    folder, written = exported
    place = folder / "alexnet_cifar" / "1"
    assert (
        folder / written.file == place and (place / "saved_model.pb").exists()
    )
    served = tf.saved_model.load(str(place)).signatures["serving_default"]
    (spec,) = served.structured_input_signature[1].values()
    assert spec.dtype == tf.uint8 and spec.shape == (None, None, None, 3)
    _answer_as_the_model(
        open_written(PROGRAMS["savedmodel"], place), model, encode, smooth
    )


def test_what_lies_beside_it(exported, model):
    folder, written = exported
    labels = (folder / "labels.txt").read_text().splitlines()
    assert tuple(labels) == zoo.class_names(model)
    signature = json.loads((folder / "signature.json").read_text())
    assert signature["file"] == written.file
    assert signature["class_names"] == labels
    assert signature["output"] == {
        "name": "logits",
        "dtype": "float32",
        "shape": ["pictures", 10],
    }
    assert signature["preprocessing"]["image_size"] == 32
    check = json.loads((folder / "check.json").read_text())
    assert check == written.check
    card = (folder / "card.md").read_text()
    assert yaml.safe_load(card.split("---")[1])["license"] == "apache-2.0"
    assert "# alexnet_cifar" in card and "| largest error |" in card


def test_a_runs_card_comes_along(tiny, tmp_path):
    run = tmp_path / "run"
    run.mkdir()
    (run / "card.md").write_text("---\nlicense: mit\n---\n\n# Ants\n")
    export_model(
        tiny(), tmp_path / "net", "savedmodel", source=ModelSource(run)
    )
    card = (tmp_path / "net" / "card.md").read_text()
    assert card.startswith("---\nlicense: mit\n---\n\n# Ants\n\n## As Tensor")


def test_the_python_client_says_what_the_model_says(
    exported, model, encode, smooth, tmp_path
):
    _client_agrees(exported[0], model, encode, smooth, tmp_path)


def _client_agrees(folder, model, encode, smooth, tmp_path):
    pixels = smooth(45, 70)
    (tmp_path / "picture.png").write_bytes(encode(pixels))
    done = subprocess.run(
        [
            sys.executable,
            str(folder / "clients" / "client.py"),
            str(tmp_path / "picture.png"),
        ],
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    path, *lines = done.stdout.splitlines()
    assert path == str(tmp_path / "picture.png")
    shown = whole_picture(encode(pixels), zoo.preprocessing(model))
    logits = model(shown[np.newaxis])[0].numpy()
    names = zoo.class_names(model)
    order = np.argsort(-logits)[:5]
    assert [line.split()[0] for line in lines] == [names[i] for i in order]
    said = [float(line.split()[1]) for line in lines]
    np.testing.assert_allclose(said, logits[order], atol=2e-3)


def test_what_cannot_be_converted_leaves_nothing(tiny, tmp_path, monkeypatch):
    class Broken:
        @staticmethod
        def write(program, folder, precision):
            (folder / "model.half").write_text("half")
            raise ValueError("Unsupported op:\n  Fancy")

    monkeypatch.setattr(exporting, "writer_of", lambda row: Broken)
    with pytest.raises(RequestError, match=r"cannot take tiny: .*op: Fancy"):
        export_model(tiny(), tmp_path / "net", "savedmodel")
    assert not list(tmp_path.iterdir())


def test_what_answers_otherwise_leaves_nothing(tiny, tmp_path, monkeypatch):
    real = exporting.open_written

    def broken(row, place):
        answer = real(row, place)
        return lambda pictures: 1.01 * answer(pictures)

    monkeypatch.setattr(exporting, "open_written", broken)
    with pytest.raises(IntegrityError, match="does not answer as the model"):
        export_model(tiny(), tmp_path / "net", "savedmodel")
    assert not list(tmp_path.iterdir())


def test_it_is_judged_by_data(tiny, picture_folder, tmp_path):
    written = export_model(
        tiny(), tmp_path / "net", "savedmodel", data=str(picture_folder)
    )
    assert written.check["pictures"] == 6
    assert written.check["pictures_of"] == str(picture_folder)


def test_precisions_that_a_format_has_not():
    with pytest.raises(RequestError, match=r"written in float32\. float16"):
        check_format("savedmodel", "float16")


@pytest.mark.extras
@pytest.mark.parametrize("format", _OTHERS)
def test_other_formats(format, model, tmp_path, encode, smooth):
    folder = tmp_path / "net"
    written = export_model(model, folder, format)
    assert written.check["largest_error"] < 1e-5
    place = folder / "alexnet_cifar" / "1"
    size = sum(each.stat().st_size for each in place.iterdir())
    assert size < 1.4 * _weights(model)
    answer = open_written(PROGRAMS[format], place)
    _answer_as_the_model(answer, model, encode, smooth)
    _client_agrees(folder, model, encode, smooth, tmp_path)


@pytest.mark.extras
@pytest.mark.parametrize("format", ["litert", "openvino"])
def test_half_the_size(format, model, tmp_path):
    written = export_model(model, tmp_path / "net", format, precision="float16")
    assert 1e-5 < written.check["largest_error"] < 1e-2
    place = pathlib.Path(tmp_path / "net" / "alexnet_cifar" / "1")
    size = sum(each.stat().st_size for each in place.iterdir())
    assert size < 0.9 * _weights(model)


def _quantized(model, folder, flowers, how, **demands):
    demands = {"most_lost": 10, "least_agreement": 85, "fewest": 40} | demands
    return quantize_model(
        *(model, folder, how, ToJudge(flowers, open_held_out(flowers))),
        demands=Demands(**demands),
    )


@pytest.mark.extras
@pytest.mark.parametrize("float_logits", [False, True])
@pytest.mark.parametrize("format", _EIGHT_BITS)
def test_eight_bits(format, float_logits, model, tmp_path, flowers):
    how = EightBits(format, float_logits=float_logits, pictures=20)
    found = _quantized(model, tmp_path / "net", flowers, how).check
    assert found["calibrated_by"] == 20 and found["agreement"] >= 85
    place = tmp_path / "net" / "alexnet_cifar" / "1"
    size = sum(each.stat().st_size for each in place.iterdir())
    assert size < 0.8 * _weights(model)
    answer = open_written(PROGRAMS[format], place)
    pictures = decoded(open_held_out(flowers))
    values = [answer(picture[np.newaxis]) for picture in pictures]
    # Eight bits have 256 values; 400 logits in float are 400 numbers. OpenVINO
    # adds up in float in any case.
    different = len(np.unique(np.round(values, 4)))
    assert (different > 256) == (float_logits or format == "openvino")


@pytest.mark.extras
def test_the_same_seed_gives_the_same_file(model, tmp_path, flowers):
    how = EightBits("litert", pictures=8, seed=5)
    for name in ("a", "b"):
        _quantized(model, tmp_path / name, flowers, how)
    first, second = (
        (tmp_path / name / "alexnet_cifar" / "1" / "model.tflite").read_bytes()
        for name in ("a", "b")
    )
    assert first == second


@pytest.mark.extras
def test_what_is_not_good_enough_is_gone(model, tmp_path, flowers):
    how = EightBits("litert", pictures=1)
    with pytest.raises(IntegrityError, match="agrees with the model"):
        _quantized(model, tmp_path / "net", flowers, how, least_agreement=100.1)
    assert not list(tmp_path.iterdir())


@pytest.mark.extras
def test_no_pictures_to_calibrate_with(model, tmp_path, flowers):
    """All that the set has judge."""
    judge_alone = f"{flowers}/val"
    judging = ToJudge(judge_alone, open_held_out(judge_alone))
    with pytest.raises(DataError, match="none is left to calibrate with"):
        quantize_model(
            *(model, tmp_path / "net", EightBits("litert"), judging),
            demands=Demands(fewest=1),
        )
    assert not list(tmp_path.iterdir())
