"""Ray Serve around the same predictor: started here, and asked over HTTP."""

import json
import os
import socket
import urllib.error
import urllib.request

import numpy as np
import pytest

from pipelines.evaluation.prediction import predict
from pipelines.runs.model_loading import load_model
from zoo.errors import RequestError


@pytest.mark.extras
@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
def test_a_deployment_says_what_prediction_says(
    small_model, tmp_path, encode, noise, monkeypatch
):
    ray = pytest.importorskip("ray")
    from ray import serve

    from pipelines.serving.ray_serve import application

    # It would write a token into the home folder.
    monkeypatch.setenv("RAY_AUTH_MODE", "disabled")
    monkeypatch.setenv("RAY_USAGE_STATS_ENABLED", "0")
    monkeypatch.setenv("PYTHONPATH", os.getcwd())
    path = tmp_path / "picture.png"
    path.write_bytes(encode(noise(40, 50)))
    expected = predict(load_model(small_model), path)
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    ray.init(num_cpus=2, include_dashboard=False, log_to_driver=False)
    try:
        serve.start(http_options={"host": "127.0.0.1", "port": port})
        words = {"model": str(small_model), "engine": "keras"}
        serve.run(application(words))
        address = f"http://127.0.0.1:{port}/"
        with urllib.request.urlopen(address, path.read_bytes()) as answer:
            found = json.load(answer)["predictions"]
        assert [each["class"] for each in found] == [g.name for g in expected]
        np.testing.assert_allclose(
            [each["probability"] for each in found],
            [guess.probability for guess in expected],
            atol=1e-5,
        )
        with pytest.raises(urllib.error.HTTPError) as refused:
            urllib.request.urlopen(address, b"no picture")
        assert refused.value.code == 415
        assert "no picture" in json.load(refused.value)["error"]
    finally:
        serve.shutdown()
        ray.shutdown()


@pytest.mark.parametrize("said", [{}, {"models": "a"}, {"weights": "imagenet"}])
def test_words_that_are_none(said):
    from pipelines.serving.ray_serve import application

    with pytest.raises(RequestError, match="model=FOLDER"):
        application(said)
