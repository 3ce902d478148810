"""The client for node says what the model says, by node."""

import shutil
import subprocess

import numpy as np
import pytest

import zoo
from pipelines.data.framing import whole_picture
from pipelines.export.exporting import export_model

_PACKAGES = ("onnxruntime-node@1.30.0", "sharp@0.35.5")


@pytest.mark.extras
@pytest.mark.filterwarnings("ignore")
def test_it_says_what_the_model_says(encode, smooth, tmp_path):
    for program in ("node", "npm"):
        if shutil.which(program) is None:
            pytest.skip(f"there is no {program} here, which runs the client")
    install = ["npm", "install", "--silent", "--ignore-scripts", "--prefix"]
    subprocess.run([*install, tmp_path, *_PACKAGES], check=True, timeout=300)
    model = zoo.create_model("alexnet_cifar", weights="cifar10")
    export_model(model, tmp_path / "net", "onnx")
    encoded = encode(smooth(45, 70))
    (tmp_path / "picture.png").write_bytes(encoded)
    done = subprocess.run(
        ["node", tmp_path / "net/clients/client.mjs", tmp_path / "picture.png"],
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    path, *lines = done.stdout.splitlines()
    assert path == str(tmp_path / "picture.png")
    shown = whole_picture(encoded, zoo.preprocessing(model))
    logits = model(shown[np.newaxis])[0].numpy()
    order = np.argsort(-logits)[:5]
    names = zoo.class_names(model)
    assert [line.split()[0] for line in lines] == [names[i] for i in order]
    said = [float(line.split()[1]) for line in lines]
    np.testing.assert_allclose(said, logits[order], atol=2e-3)
