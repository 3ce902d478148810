"""A server over real HTTP: what every protocol answers, and to whom."""

import asyncio
import base64
import dataclasses
import hashlib
import io
import json
import os
import re
import resource
import shutil
import socket
import threading
import time

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

import zoo
from pipelines.benchmarks.http_client import HttpConnection
from pipelines.benchmarks.http_client import form
from pipelines.benchmarks.http_client import written
from pipelines.data.framing import whole_picture
from pipelines.evaluation.explanations.explaining import explain
from pipelines.evaluation.explanations.network import ExplainedNetwork
from pipelines.evaluation.explanations.pictures import overlay
from pipelines.evaluation.explanations.targets import Target
from pipelines.evaluation.prediction import outputs_of
from pipelines.evaluation.prediction import predict
from pipelines.runs.model_loading import load_model
from pipelines.tasks.softmax import softmax

pytestmark = pytest.mark.extras
JSON = "application/json"


@pytest.fixture
def pictures(tmp_path, encode, noise):
    """Files of pictures of several kinds and sizes."""
    found = []
    for number, kind in enumerate(("JPEG", "PNG", "BMP")):
        path = tmp_path / f"{number}.{kind.lower()}"
        path.write_bytes(encode(noise(20 + 7 * number, 31, number), kind))
        found.append(path)
    return found


@pytest.fixture
def model(small_model):
    return load_model(small_model)


def said(answer, status=200):
    found = json.loads(answer.body)
    assert answer.status == status, found
    return found


def uploaded(path, *files):
    """A form with several files."""
    boundary = "x" * 20
    parts = [
        f'--{boundary}\r\ncontent-disposition: form-data; name="file"; '
        f'filename="{name}"\r\n\r\n'.encode()
        + content
        + b"\r\n"
        for name, content in files
    ]
    body = b"".join([*parts, f"--{boundary}--\r\n".encode()])
    kind = f"multipart/form-data; boundary={boundary}"
    return written("POST", path, body, kind)


def test_every_protocol_says_what_prediction_says(serving, pictures, model):
    files = [(path.name, path.read_bytes()) for path in pictures]
    texts = [base64.b64encode(content).decode() for _, content in files]
    logits = np.stack([outputs_of(model, path) for path in pictures])
    likely = softmax(logits)
    near = {"rtol": 1e-4, "atol": 1e-5}
    with serving() as server:
        # Names and probabilities.
        answers = said(server.ask(uploaded("/classify?top=2", *files)))
        assert (answers["model"], answers["version"]) == ("small", "1")
        for path, each in zip(pictures, answers["answers"], strict=True):
            guesses = predict(model, path, 2)
            assert each["file"] == path.name
            assert [g["class"] for g in each["predictions"]] == [
                guess.name for guess in guesses
            ]
            np.testing.assert_allclose(
                [g["probability"] for g in each["predictions"]],
                [guess.probability for guess in guesses],
                **near,
            )
        bare = written("POST", "/models/small/classify", files[0][1], "image/*")
        first = said(server.ask(bare))["answers"][0]["predictions"]
        assert first[:2] == answers["answers"][0]["predictions"]

        # TensorFlow Serving's.
        for path in ("/v1/models/small", "/v1/models/small/versions/1"):
            body = json.dumps({"instances": [{"b64": text} for text in texts]})
            request = written("POST", f"{path}:predict", body.encode(), JSON)
            found = said(server.ask(request))["predictions"]
            np.testing.assert_allclose(found, logits, **near)
            state = said(server.ask(written("GET", path)))
            (state,) = state["model_version_status"]
            assert (state["version"], state["state"]) == ("1", "AVAILABLE")

        # The open inference protocol.
        each = {"name": "pictures", "datatype": "BYTES", "shape": [3]}
        outputs = [{"name": "probabilities"}, {"name": "classes"}]
        asked = {"inputs": [each | {"data": texts}], "outputs": outputs}
        request = written(
            "POST", "/v2/models/small/infer", json.dumps(asked).encode(), JSON
        )
        first, second = said(server.ask(request))["outputs"]
        found = np.reshape(first["data"], first["shape"])
        np.testing.assert_allclose(found, likely, **near)
        names = zoo.class_names(model)
        assert second["data"] == [names[i] for i in likely.argmax(axis=1)]


def test_tritons_own_client(serving, pictures, model, encode, noise):
    http = pytest.importorskip("tritonclient.http")
    pixels = noise(20, 26)
    path = pictures[0].with_name("pixels.png")
    path.write_bytes(encode(pixels))
    expected = outputs_of(model, path)
    with serving() as server:
        client = http.InferenceServerClient(f"127.0.0.1:{server.port}")
        assert client.is_server_live() and client.is_server_ready()
        assert client.is_model_ready("small")
        assert client.is_model_ready("small", "1")
        assert not client.is_model_ready("other")
        assert client.get_server_metadata()["name"] == "keras-zoo"
        about = client.get_model_metadata("small")
        assert about["outputs"][0] == {
            "name": "logits", "datatype": "FP32", "shape": [-1, 3],
        }  # fmt: skip
        for binary in (True, False):
            given = http.InferInput("pixels", [1, *pixels.shape], "UINT8")
            given.set_data_from_numpy(pixels[np.newaxis], binary_data=binary)
            wanted = [
                http.InferRequestedOutput("logits", binary_data=binary),
                http.InferRequestedOutput("classes", binary_data=binary),
            ]
            found = client.infer("small", [given], outputs=wanted)
            np.testing.assert_allclose(
                found.as_numpy("logits")[0], expected, rtol=1e-4, atol=1e-5
            )
            (name,) = found.as_numpy("classes").tolist()
            best = zoo.class_names(model)[expected.argmax()]
            assert name in (best, best.encode())
        file = np.array([path.read_bytes()], object)
        given = http.InferInput("pictures", [1], "BYTES")
        given.set_data_from_numpy(file)
        found = client.infer("small", [given])
        np.testing.assert_allclose(
            found.as_numpy("logits")[0], expected, rtol=1e-4, atol=1e-5
        )
        client.close()


def test_malformed_pictures_are_refused_and_nothing_else_is(
    serving, malformed, pictures
):
    good = pictures[0].read_bytes()
    with serving() as server:
        for name, (encoded, _) in malformed.items():
            request = written("POST", "/classify", *form(name, encoded))
            answer = server.ask(request)
            assert answer.status in (415, 422), name
            (each,) = json.loads(answer.body)["answers"]
            assert "picture" in each["error"]
            assert not re.search(r"\w/\w+[./]|Error", each["error"])
        bad = next(iter(malformed.values()))[0]
        both = uploaded("/classify", ("bad", bad), ("good", good))
        first, second = said(server.ask(both))["answers"]
        assert "error" in first and len(second["predictions"]) == 3


@pytest.mark.parametrize(
    ("method", "path", "body", "kind", "status"),
    [
        ("GET", "/nothing", b"", "", 404),
        ("DELETE", "/classify", b"", "", 405),
        ("POST", "/classify", b"{}", JSON, 415),
        ("POST", "/classify", b"", "", 415),
        ("POST", "/classify", b"", "image/jpeg", 415),
        ("POST", "/classify?top=0", b"x", "image/jpeg", 400),
        ("POST", "/classify?top=many", b"x", "image/jpeg", 400),
        ("POST", "/classify", b"--x", "multipart/form-data; boundary=x", 400),
        ("POST", "/classify", b"--x", "multipart/form-data", 400),
        ("POST", "/models/other/classify", b"x", "image/jpeg", 404),
        ("GET", "/v1/models/other", b"", "", 404),
        ("GET", "/v1/models/small/versions/2", b"", "", 404),
        ("GET", "/v1/models/small/versions/one", b"", "", 404),
        ("POST", "/v1/models/small:predict", b"", JSON, 400),
        ("POST", "/v1/models/small:predict", b"[]", JSON, 400),
        ("POST", "/v1/models/small:predict", b'{"instances": 3}', JSON, 400),
        ("POST", "/v1/models/small:predict", b'{"instances": []}', JSON, 400),
        ("POST", "/v1/models/small:predict", b'{"instances": [3]}', JSON, 400),
        ("POST", "/v2/models/small/infer", b"{}", JSON, 400),
        ("POST", "/v2/models/small/infer", b'{"outputs": [[]]}', JSON, 400),
        ("GET", "/v2/models/other", b"", "", 404),
        ("GET", "/v2/models/other/ready", b"", "", 404),
    ],
)
def test_wrong_requests_are_told_so(
    shared_server, method, path, body, kind, status
):
    answer = shared_server.ask(written(method, path, body, kind))
    assert answer.status == status, answer.body
    assert json.loads(answer.body)["error"]
    assert "Traceback" not in answer.body.decode()
    assert "default-src 'none'" in answer.headers["content-security-policy"]


def test_bodies_are_cut_off_where_they_are_too_long(serving):
    with serving(megabytes=0.1) as server:
        long = bytes(200_000)
        answer = server.ask(written("POST", "/classify", long, "image/png"))
        assert answer.status == 413
        assert b"0.1 MiB" in answer.body
        # Without a word of how long it is.
        with socket.create_connection(("127.0.0.1", server.port)) as talk:
            talk.settimeout(10)
            talk.sendall(
                b"POST /classify HTTP/1.1\r\nhost: x\r\n"
                b"transfer-encoding: chunked\r\n\r\n"
            )
            for _ in range(4):
                talk.sendall(b"a000\r\n" + bytes(0xA000) + b"\r\n")
            assert talk.recv(99).startswith(b"HTTP/1.1 413 ")
        zipped = written(
            "POST", "/classify", b"x", JSON, Content_Encoding="gzip"
        )
        assert server.ask(zipped).status == 415
        assert server.ask(written("GET", "/v2/health/live")).status == 200


def test_slow_clients_are_told_so(serving, monkeypatch):
    from pipelines.serving import connections

    monkeypatch.setattr(connections, "KEPT", 0.5)
    with serving(sending_seconds=0.5) as server:
        place = ("127.0.0.1", server.port)
        with socket.create_connection(place) as talk:
            talk.settimeout(10)
            talk.sendall(
                b"POST /classify HTTP/1.1\r\nhost: x\r\n"
                b"content-length: 9\r\n\r\nabc"
            )
            assert talk.recv(99).startswith(b"HTTP/1.1 408 ")
        for head in (b"", b"POST /classify HTTP/1.1\r\nhost: "):
            with socket.create_connection(place) as talk:
                talk.settimeout(10)
                talk.sendall(head)
                begun = time.monotonic()
                assert talk.recv(99) == b""
                assert time.monotonic() - begun < 5


def test_a_token_is_asked_for(serving, tmp_path):
    file = tmp_path / "token"
    file.write_text("correct-horse-battery\nwhat is below is no secret\n")
    with serving(token_file=str(file)) as server:

        def asked(path, **headers):
            return server.ask(written("GET", path, **headers))

        for path in ("/v2/health/live", "/v2/health/ready", "/metrics", "/"):
            assert asked(path).status == 200, path
        for path in ("/models", "/v2", "/docs", "/openapi.json", "//metrics"):
            answer = asked(path)
            assert answer.status == 401, path
            assert answer.headers["www-authenticate"] == "Bearer"
        right = "bearer correct-horse-battery"
        for wrong in ("", "Bearer", f"{right}y", right.replace("bearer", "x")):
            assert asked("/models", Authorization=wrong).status == 401
        assert asked("/models", Authorization=right).status == 200


def test_a_full_queue_asks_to_come_again(serving, pictures):
    content = pictures[0].read_bytes()
    request = written("POST", "/classify", content, "image/png")
    with serving(queue=1, longest_wait_ms=1500.0) as server:
        slow = threading.Thread(target=server.ask, args=(request,))
        slow.start()
        time.sleep(0.5)
        answer = server.ask(request)
        assert answer.status == 503
        assert answer.headers["retry-after"] == "1"
        slow.join()
        assert server.ask(request).status == 200
        two = uploaded("/classify", ("a", b"x"), ("b", b"x"))
        assert server.ask(two).status == 400


def digest(pictures):
    """Four numbers of each picture, which no other picture has."""
    found = [hashlib.sha256(each.tobytes()).digest() for each in pictures]
    words = np.array([np.frombuffer(each, "<u2")[:4] for each in found])
    return words.astype("float32")


def test_a_thousand_clients_get_their_own_answers(serving, monkeypatch, noise):
    from pipelines.serving import repository

    def opened(path, config):
        return dataclasses.replace(servable_of(path, config), engine=digest)

    servable_of = repository.open_servable
    monkeypatch.setattr(repository, "open_servable", opened)
    resource.setrlimit(
        resource.RLIMIT_NOFILE,
        (min(8192, resource.getrlimit(resource.RLIMIT_NOFILE)[1]),) * 2,
    )
    side = 16
    shown = [noise(side, side, seed) for seed in range(1000)]

    async def client(port, pixels):
        asked = {
            "inputs": [
                {
                    "name": "pixels",
                    "datatype": "UINT8",
                    "shape": [1, side, side, 3],
                    "parameters": {"binary_data_size": pixels.size},
                }
            ],
            "outputs": [{"name": "logits"}],
        }
        head = json.dumps(asked).encode()
        request = written(
            "POST",
            "/v2/models/small/infer",
            head + pixels.tobytes(),
            "application/octet-stream",
            Inference_Header_Content_Length=str(len(head)),
        )
        connection = HttpConnection("127.0.0.1", port)
        for _ in range(60):
            answer = await connection.ask(request)
            if answer.status != 503:
                break
            await asyncio.sleep(float(answer.headers["retry-after"]))
        connection.close()
        (output,) = said(answer)["outputs"]
        return output["data"]

    async def all_of_them(port):
        return await asyncio.gather(*(client(port, each) for each in shown))

    with serving(queue=300) as server:
        found = asyncio.run(all_of_them(server.port))
        text = server.ask(written("GET", "/metrics")).body.decode()
    np.testing.assert_array_equal(found, digest(shown))
    assert len(np.unique(found, axis=0)) == 1000
    assert 'zoo_batch_pictures_sum{model="small"} 1000.0' in text


def test_a_new_model_takes_over_under_load(
    serving, small_model, tiny, tmp_path, pictures
):
    other = tmp_path / "other.keras"
    tiny(("ant", "bee", "cat")).save(other)
    expected = {
        str(version): outputs_of(load_model(path), pictures[0])
        for version, path in ((1, small_model), (2, other))
    }
    each = {"name": "pictures", "datatype": "BYTES", "shape": [1]}
    text = base64.b64encode(pictures[0].read_bytes()).decode()
    body = json.dumps({"inputs": [each | {"data": [text]}]}).encode()
    request = written("POST", "/v2/models/small/infer", body, JSON)
    versions = []

    async def client(port, until):
        connection = HttpConnection("127.0.0.1", port)
        while not until.is_set():
            answer = said(await connection.ask(request))
            versions.append(answer["model_version"])
            found = answer["outputs"][0]["data"]
            np.testing.assert_allclose(
                found, expected[answer["model_version"]], rtol=1e-4, atol=1e-5
            )
        connection.close()

    async def load(port):
        until = asyncio.Event()
        tasks = [asyncio.create_task(client(port, until)) for _ in range(4)]
        await asyncio.sleep(0.3)
        # First what cannot be opened, which changes nothing.
        broken = tmp_path / "broken"
        broken.write_bytes(b"no model")
        os.replace(broken, small_model)
        await asyncio.sleep(1)
        assert set(versions) == {"1"}
        os.replace(shutil.copy(other, broken), small_model)
        for _ in range(600):
            await asyncio.sleep(0.1)
            if versions[-1:] == ["2"]:
                break
        await asyncio.sleep(0.3)
        until.set()
        await asyncio.gather(*tasks)

    with serving(reload_seconds=0.1) as server:
        asyncio.run(load(server.port))
        text = server.ask(written("GET", "/metrics")).body.decode()
    assert versions[0] == "1" and versions[-1] == "2"
    assert versions == sorted(versions)
    for result in ("failed", "opened"):
        labels = f'model="small",result="{result}"'
        assert f"zoo_reloads_total{{{labels}}} 1.0" in text


def test_versions_of_a_folder_come_and_go(serving, small_model, tmp_path):
    folder = tmp_path / "flowers"
    for number in ("2", "10"):
        (folder / number).mkdir(parents=True)
        shutil.copy(small_model, folder / number / "model.keras")
    (folder / "notes").mkdir()
    with serving(model=(str(folder),), reload_seconds=0.1) as server:

        def versions():
            found = said(server.ask(written("GET", "/v2/models/flowers")))
            return found["versions"]

        assert versions() == ["2", "10"]
        (folder / "11").mkdir()
        shutil.copy(small_model, folder / "11" / "model.keras")
        shutil.rmtree(folder / "2")
        until = time.monotonic() + 60
        while versions() != ["10", "11"] and time.monotonic() < until:
            time.sleep(0.1)
        assert versions() == ["10", "11"]
        newest = said(server.ask(written("GET", "/models")))["models"]
        assert [each["version"] for each in newest] == ["11"]


def test_where_it_looks_is_drawn(serving, pictures, model):
    content = pictures[0].read_bytes()
    with serving() as server:
        request = written("POST", "/models/small/heat", content, "image/jpeg")
        answer = server.ask(request)
        assert answer.status == 200, answer.body
        best = predict(model, pictures[0], 1)[0].name
        assert answer.headers["x-class"] == best
        drawn = np.asarray(Image.open(io.BytesIO(answer.body)))
        seen = whole_picture(tf.constant(content), zoo.preprocessing(model))
        network = ExplainedNetwork(model)
        label = zoo.class_names(model).index(best)
        target = Target(np.array([label]))
        maps = explain(network, seen.numpy()[np.newaxis], target)
        expected = overlay(seen.numpy(), maps["grad_cam"][0])
        assert np.abs(drawn.astype(int) - expected).max() <= 1
        request = written("POST", "/models/small/heat", b"text", "image/jpeg")
        assert server.ask(request).status == 415
        two = uploaded("/models/small/heat", ("a", content), ("b", content))
        assert server.ask(two).status == 400
        (about,) = said(server.ask(written("GET", "/models")))["models"]
        assert about["heat"] is True
