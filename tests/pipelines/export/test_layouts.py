"""What servers are given is what they read."""

import json
import re
import types

import pytest
import yaml

from pipelines.export.formats import PROGRAMS
from pipelines.export.layouts import write_layouts

# `^[a-z]([-a-z0-9]*[a-z0-9])?$` is asked of the name of an InferenceService.
_NAME = re.compile("[a-z]([-a-z0-9]{0,61}[a-z0-9])?")


def _written(tmp_path, format, name="resnet20"):
    program = types.SimpleNamespace(names=("ant", "bee"), answer="logits")
    written = types.SimpleNamespace(
        program=program, format=PROGRAMS[format], name=name
    )
    (tmp_path / name).mkdir()
    write_layouts(tmp_path, written)


@pytest.mark.extras
@pytest.mark.parametrize(
    ("format", "backend"),
    [("onnx", "onnxruntime"), ("openvino", "openvino")],
)
@pytest.mark.filterwarnings("ignore")
def test_triton_reads_its_configuration(tmp_path, format, backend):
    """By the schema of its own client."""
    schema = pytest.importorskip("tritonclient.grpc.model_config_pb2")
    from google.protobuf import text_format

    _written(tmp_path, format)
    text = (tmp_path / "resnet20" / "config.pbtxt").read_text()
    config = text_format.Parse(text, schema.ModelConfig())
    assert (config.name, config.backend) == ("resnet20", backend)
    (taken,), (given,) = config.input, config.output
    assert taken.name == "pixels" and taken.data_type == schema.TYPE_UINT8
    assert list(taken.dims) == [-1, -1, -1, 3]
    assert given.name == "logits" and given.data_type == schema.TYPE_FP32
    assert list(given.dims) == [-1, 2]
    # Dimensions are all said, the pictures' number among them.
    assert config.max_batch_size == 0


@pytest.mark.parametrize("format", ["litert", "onnx", "openvino"])
def test_openvinos_server_is_told_name_and_path(tmp_path, format):
    """Its schema asks for these two and takes no others by mistake."""
    _written(tmp_path, format)
    found = json.loads((tmp_path / "servers" / "openvino.json").read_text())
    assert found == {
        "model_config_list": [
            {"config": {"name": "resnet20", "base_path": "/models/resnet20"}}
        ]
    }


@pytest.mark.parametrize(
    "name", ["resnet20", "_3.Größe_V2", "名", "a" * 62 + "_b", "7"]
)
@pytest.mark.parametrize(
    ("format", "kind", "protocol"),
    [("savedmodel", "tensorflow", "v1"), ("onnx", "onnx", "v2")],
)
def test_kserve_takes_the_service(tmp_path, format, kind, protocol, name):
    _written(tmp_path, format, name)
    text = (tmp_path / "servers" / "kserve.yaml").read_text()
    found = yaml.safe_load(text)
    assert found["apiVersion"] == "serving.kserve.io/v1beta1"
    assert found["kind"] == "InferenceService"
    assert _NAME.fullmatch(found["metadata"]["name"])
    model = found["spec"]["predictor"]["model"]
    assert model["modelFormat"] == {"name": kind}
    assert model["protocolVersion"] == protocol
    where = name if format == "savedmodel" else ""
    assert model["storageUri"] == f"pvc://models/{where}"
