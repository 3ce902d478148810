"""Files by which servers know a model: one row a server.

`NAME/1/` is what TensorFlow Serving, Triton and OpenVINO's server look for;
what each wants beside it lies where it looks for that.
"""

import json
import pathlib
import re

from pipelines.export.papers import Written
from pipelines.export.program import PIXELS
from zoo.weights.atomic import write_atomically

# What Triton calls a format.
_BACKENDS = {"onnx": "onnxruntime", "openvino": "openvino"}
# What KServe does.
_KSERVE = {"savedmodel": "tensorflow", "onnx": "onnx"}


def write_layouts(folder: pathlib.Path, written: Written) -> None:
    """Writes what the servers of a format read.

    Args:
        folder: Of what was written.
        written: Which format it is, and what its model is called.

    Raises:
        OSError: The disk is full or the folder cannot be written.
    """
    for server in written.format.servers:
        if server in _LAYOUTS:
            path, text = _LAYOUTS[server]
            target = folder / path.format(name=written.name)
            target.parent.mkdir(exist_ok=True)
            write_atomically(target, text(written).encode())


def _triton(written: Written) -> str:
    classes = len(written.program.names)
    return f"""\
name: {json.dumps(written.name)}
backend: "{_BACKENDS[written.format.name]}"
max_batch_size: 0
input [
  {{ name: "{PIXELS}" data_type: TYPE_UINT8 dims: [ -1, -1, -1, 3 ] }}
]
output [
  {{
    name: "{written.program.answer}"
    data_type: TYPE_FP32
    dims: [ -1, {classes} ]
  }}
]
"""


def _openvino(written: Written) -> str:
    config = {"name": written.name, "base_path": f"/models/{written.name}"}
    return json.dumps({"model_config_list": [{"config": config}]}, indent=2)


def _kserve(written: Written) -> str:
    """For a cluster's own claim, which only its people can name."""
    where = written.name if written.format.name == "savedmodel" else ""
    return f"""\
apiVersion: serving.kserve.io/v1beta1
kind: InferenceService
metadata:
  name: {_kubernetes_name(written.name)}
spec:
  predictor:
    model:
      modelFormat:
        name: {_KSERVE[written.format.name]}
      protocolVersion: {"v1" if where else "v2"}
      # A volume claim of yours that holds this folder.
      storageUri: pvc://models/{where}
"""


def _kubernetes_name(name: str) -> str:
    """At most 63 of a-z, 0-9 and dashes, with a letter before all others."""
    plain = re.sub("[^a-z0-9]+", "-", name.lower()).strip("-")
    if not plain[:1].isalpha():
        plain = f"model-{plain}"
    return plain[:63].strip("-")


_LAYOUTS = {
    "triton": ("{name}/config.pbtxt", _triton),
    "openvino_model_server": ("servers/openvino.json", _openvino),
    "kserve": ("servers/kserve.yaml", _kserve),
}
