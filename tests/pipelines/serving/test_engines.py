"""Engines of all kinds answer what the Keras model does."""

import dataclasses

import numpy as np
import pytest

import zoo
from pipelines.evaluation.prediction import outputs_of
from pipelines.runs.model_loading import load_model
from pipelines.serving import engines
from pipelines.serving.engines import RUNTIMES
from pipelines.serving.engines import open_engine
from pipelines.serving.servable import open_servable
from pipelines.serving.settings import ENGINES
from pipelines.serving.settings import ServingConfig
from pipelines.tasks.multilabel import MultiLabel
from zoo.errors import IntegrityError
from zoo.errors import RequestError

OTHERS = [pytest.param(e, marks=pytest.mark.extras) for e in ENGINES[1:]]


@pytest.fixture
def files(tmp_path, encode, noise):
    found = []
    for number, size in enumerate(((40, 61), (16, 16), (90, 33), (17, 18))):
        found.append(tmp_path / f"{number}.png")
        found[-1].write_bytes(encode(noise(*size, number)))
    return found


def check(servable, path, files):
    """Compares with prediction, picture by picture and all at once."""
    model = load_model(path)
    expected = np.stack([outputs_of(model, file) for file in files])
    shown = [servable.reader.read(file.read_bytes()) for file in files]
    near = {"rtol": 1e-4, "atol": 1e-4 * expected.std()}
    found = servable.logits(np.stack(shown))
    np.testing.assert_allclose(found, expected, **near)
    for each, logits in zip(shown, expected, strict=True):
        found = servable.logits(each[np.newaxis])[0]
        np.testing.assert_allclose(found, logits, **near)


def test_every_engine_has_a_row():
    assert tuple(RUNTIMES) == ENGINES


@pytest.mark.parametrize("engine", ["keras", *OTHERS])
def test_an_engine_answers_as_prediction_does(small_model, files, engine):
    path = str(small_model)
    config = ServingConfig(model=(path,), engine=engine, threads=1)
    servable = open_servable(path, config)
    assert servable.engine_name == engine
    servable.warm_up([1, 4])
    check(servable, path, files)


@pytest.mark.parametrize(
    "format",
    ["savedmodel", *(pytest.param(p.values[0], marks=p.marks) for p in OTHERS)],
)
def test_an_exported_folder_answers_as_prediction_does(
    small_model, files, tmp_path, format
):
    """It cuts the middle out itself, of a square that has the same one."""
    from pipelines.export.exporting import export_model

    folder = str(tmp_path / "exported")
    export_model(load_model(small_model), folder, format)
    servable = open_servable(folder, ServingConfig(model=(folder,)))
    assert servable.engine_name == f"{format}, float32"
    check(servable, small_model, files)


def test_what_an_export_has_learned_is_noted(tiny, tmp_path):
    from pipelines.export.exporting import export_model

    model = tiny(("ant", "bee"))
    zoo.set_thresholds(model, (0.25, 0.75))
    folder = str(tmp_path / "exported")
    export_model(model, folder, "savedmodel")
    task = open_servable(folder, ServingConfig(model=(folder,))).task
    assert isinstance(task, MultiLabel)
    assert task.class_names == ("ant", "bee")
    assert task.thresholds == (0.25, 0.75)


def test_an_export_of_probabilities_is_refused(small_model, tmp_path):
    from pipelines.export.exporting import export_model

    folder = str(tmp_path / "exported")
    model = load_model(small_model)
    export_model(model, folder, "savedmodel", answer="probabilities")
    with pytest.raises(RequestError, match="answers logits"):
        open_servable(folder, ServingConfig(model=(folder,)))


@pytest.mark.parametrize("text", ["", "[]", '{"format": "onnx"}'])
def test_a_signature_that_is_none(tmp_path, text):
    (tmp_path / "signature.json").write_text(text)
    with pytest.raises(IntegrityError, match=r"signature\.json is not"):
        open_servable(str(tmp_path), ServingConfig(model=(str(tmp_path),)))


def test_the_quickest_engine_is_taken(small_model, monkeypatch):
    rows = {
        name: engines.Runtime(lambda model, threads, name=name: name)
        for name in ("keras", "onnx")
    }
    rows["litert"] = engines.Runtime(None, ("not_there",))
    rows["openvino"] = engines.Runtime(refusing)
    monkeypatch.setattr(engines, "RUNTIMES", rows)
    seconds = {"keras": 0.2, "onnx": 0.1}
    monkeypatch.setattr(engines, "_seconds", lambda name, _: seconds[name])
    model = load_model(small_model)
    assert open_engine("auto", model, batch=2, threads=1) == ("onnx", "onnx")
    seconds["onnx"] = 0.3
    assert open_engine("auto", model, batch=2, threads=1) == ("keras", "keras")
    with pytest.raises(RequestError, match="needs not_there"):
        open_engine("litert", model, batch=2, threads=1)


def refusing(model, threads):
    raise RequestError("It cannot be converted.")


def test_answers_that_are_no_numbers_are_not_served(small_model):
    path = str(small_model)
    servable = open_servable(path, ServingConfig(model=(path,), engine="keras"))

    def broken(pictures):
        return np.full((len(pictures), 3), np.nan)

    with pytest.raises(IntegrityError, match="NaN"):
        dataclasses.replace(servable, engine=broken).warm_up([1])
