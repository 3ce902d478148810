"""Weights of the Hugging Face Hub, from a Hub that is made here."""

import hashlib
import json
import sys
import types

import numpy as np
import pytest
import safetensors.numpy

import zoo
from zoo import efficientnet
from zoo.errors import RequestError
from zoo.preprocessing import Preprocessing
from zoo.weights import check_weights
from zoo.weights import hub
from zoo.weights import translation
from zoo.weights.files import save_weights
from zoo.weights.files import variable_names
from zoo.weights.locating import is_path

CONFIG = {
    "architecture": "tf_efficientnet_b0",
    "num_classes": 1000,
    "pretrained_cfg": {
        "mean": [0.5, 0.5, 0.5],
        "std": [0.5, 0.25, 0.125],
        "crop_pct": 0.934,
        "interpolation": "bilinear",
        "input_size": [3, 32, 32],
    },
}


@pytest.fixture
def fake(monkeypatch, tmp_path):
    """A `huggingface_hub` of one function, and what it was asked for."""
    asked = []

    def hf_hub_download(name, file, *, revision, local_files_only):
        asked.append((name, file, revision, local_files_only))
        path = tmp_path / file
        if not path.is_file():
            raise FileNotFoundError(f"404: no {file}\n\nin {name}")
        return str(path)

    module = types.SimpleNamespace(hf_hub_download=hf_hub_download)
    monkeypatch.setitem(sys.modules, "huggingface_hub", module)
    monkeypatch.delenv("ZOO_OFFLINE", raising=False)
    return types.SimpleNamespace(asked=asked, folder=tmp_path)


def _build(**arguments):
    spec = efficientnet.EfficientNetSpec(
        "efficientnet_b0", efficientnet.compound_scaling(phi=-4)
    )
    return efficientnet.EfficientNet(spec, input_shape=(32, 32, 3), **arguments)


@pytest.fixture
def published(fake):
    """A model whose file and configuration are on the Hub."""
    model = _build(origin="timm/tf", classes=1000)
    table = next(
        table
        for table in translation.TABLES
        if (table.family, table.library) == ("efficientnet", "timm")
    )
    tensors = translation.to_theirs(
        table,
        {k: np.asarray(v) for k, v in variable_names(model).items()},
    )
    safetensors.numpy.save_file(
        {k: np.ascontiguousarray(v) for k, v in tensors.items()},
        fake.folder / "model.safetensors",
    )
    (fake.folder / "config.json").write_text(json.dumps(CONFIG))
    return model


def test_a_model_of_the_hub_brings_all_that_it_says(published, fake, pictures):
    name = "timm/tf_efficientnet_b0.ap_in1k"
    model = _build(weights=f"hf://{name}@v2")
    images = pictures(32, 2)
    assert zoo.origin(model) == "timm/tf"
    assert zoo.preprocessing(model) == Preprocessing(
        *(32, (127.5,) * 3, (127.5, 63.75, 31.875), 0.934, "bilinear", "timm"),
    )
    assert zoo.class_names(model)[282] == "tiger cat"
    assert model(images).shape == published(images).shape == (2, 1000)
    assert fake.asked == [
        (name, "model.safetensors", "v2", False),
        (name, "config.json", "v2", False),
    ]


def test_a_configuration_is_not_needed(published, fake):
    (fake.folder / "config.json").unlink()
    model = _build(weights="hf://timm/tf_efficientnet_b0.ap_in1k")
    assert zoo.class_names(model) is None
    assert zoo.preprocessing(model).crop_fraction == 0.875
    with pytest.raises(RequestError, match=r"hf://.* are of 'timm/tf'"):
        _build(weights="hf://timm/tf_efficientnet_b0.ap_in1k", origin="timm")


@pytest.mark.parametrize(
    "config",
    [
        {},
        {"pretrained_cfg": 3},
        {"pretrained_cfg": {"mean": 3}},
        {"pretrained_cfg": {**CONFIG["pretrained_cfg"], "crop_pct": 9}},
        {"pretrained_cfg": {**CONFIG["pretrained_cfg"], "input_size": []}},
        {"pretrained_cfg": {**CONFIG["pretrained_cfg"], "test_input_size": 3}},
    ],
)
def test_what_a_configuration_does_not_say_is_not_known(config):
    facts = hub.describe("timm/resnet50.a1_in1k", config)
    assert facts.origin == "timm"
    assert facts.preprocessing is facts.class_names is None


def test_other_interpolations_are_bicubic_here():
    known = {**CONFIG["pretrained_cfg"], "interpolation": "lanczos"}
    facts = hub.describe("org/net", {"pretrained_cfg": known})
    assert facts.origin is None
    assert facts.preprocessing.interpolation == "bicubic"


def test_offline_asks_the_cache_only(published, fake, monkeypatch):
    monkeypatch.setenv("ZOO_OFFLINE", "1")
    _build(weights="hf://timm/tf_efficientnet_b0.ap_in1k")
    assert [local for *_, local in fake.asked] == [True, True]


def test_what_cannot_be_fetched_says_where_it_is(fake):
    with pytest.raises(RequestError) as caught:
        _build(weights="hf://timm/nothing@v3")
    message = str(caught.value)
    assert "404: no model.safetensors in timm/nothing" in message
    assert "https://huggingface.co/timm/nothing/resolve/v3/" in message
    assert "\n" not in message


def test_without_the_library_the_extra_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "huggingface_hub", None)
    with pytest.raises(RequestError, match="pip install 'huggingface_hub>=2"):
        hub.fetch("hf://timm/resnet50.a1_in1k")


@pytest.mark.parametrize(
    "address", ["hf://", "hf://timm", "hf://a/b/c", "hf://a/b@", "hf://a/b c"]
)
def test_addresses_are_checked_before_anything_is_built(address):
    with pytest.raises(RequestError, match="hf://ORGANISATION/MODEL"):
        check_weights("resnet50", address)


def test_a_good_address_is_not_fetched_early(fake):
    assert check_weights("resnet50", "hf://timm/resnet50.a1_in1k") is None
    assert fake.asked == []


def test_the_real_library_is_asked_in_its_own_way(monkeypatch, tmp_path):
    constants = pytest.importorskip("huggingface_hub.constants")
    place = "/timm/net/resolve/main/model.safetensors"
    endpoint, stop = _serve({place: b"weights"})
    template = endpoint + "/{repo_id}/resolve/{revision}/{filename}"
    monkeypatch.delenv("ZOO_OFFLINE", raising=False)
    monkeypatch.setattr(constants, "ENDPOINT", endpoint)
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path))
    monkeypatch.setattr(constants, "HUGGINGFACE_CO_URL_TEMPLATE", template)
    try:
        path, facts = hub.fetch("hf://timm/net")
        with pytest.raises(RequestError, match="cannot be fetched"):
            hub.fetch("hf://timm/other")
    finally:
        stop()
    assert path.read_bytes() == b"weights" and facts.origin == "timm"
    monkeypatch.setenv("ZOO_OFFLINE", "1")
    assert hub.fetch("hf://timm/net")[0] == path


def _serve(files):
    import http.server
    import threading

    class Handler(http.server.BaseHTTPRequestHandler):
        def log_message(self, *arguments):
            pass

        def do_HEAD(self):
            self._answer(body=False)

        def do_GET(self):
            self._answer(body=True)

        def _answer(self, body):
            data = files.get(self.path)
            if data is None:
                self.send_response(404)
                self.send_header("X-Error-Code", "EntryNotFound")
                self.send_header("Content-Length", "0")
                self.end_headers()
                return
            self.send_response(200)
            self.send_header("Content-Length", str(len(data)))
            self.send_header("X-Repo-Commit", "0" * 40)
            digest = hashlib.sha256(data).hexdigest()
            self.send_header("ETag", f'"{digest}"')
            self.end_headers()
            if body:
                self.wfile.write(data)

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()

    def stop():
        server.shutdown()
        thread.join()
        server.server_close()

    return f"http://127.0.0.1:{server.server_port}", stop


@pytest.mark.parametrize(
    ("more", "geometry", "tested", "cropped"),
    [
        ({}, "timm", None, None),
        ({"crop_mode": "center"}, "timm", None, None),
        ({"crop_mode": "squash"}, "timm_squash", None, None),
        ({"crop_mode": ["?"]}, None, None, None),
        ({"test_input_size": [3, 48, 48]}, "timm", 48, 0.934),
        (
            {"test_input_size": [3, 48, 48], "test_crop_pct": 1.0},
            *("timm", 48, 1.0),
        ),
    ],
)
def test_how_timm_crops_and_tests(more, geometry, tested, cropped):
    known = {**CONFIG["pretrained_cfg"], **more}
    record = hub.describe("timm/x", {"pretrained_cfg": known}).preprocessing
    if geometry is None:
        assert record is None
        return
    assert (record.geometry, record.test_size) == (geometry, tested)
    if tested:
        at_test = record.at_test_size()
        assert (at_test.image_size, at_test.crop_fraction) == (tested, cropped)
        assert at_test.test_size is None and at_test.geometry == geometry


def test_our_own_weights_say_themselves_what_they_are(fake):
    model = zoo.create_model("alexnet_cifar", weights="cifar10")
    save_weights(model, fake.folder / "model.safetensors")
    ours = {"library_name": hub.LIBRARY, "num_classes": 10}
    (fake.folder / "config.json").write_text(json.dumps(ours))
    again = zoo.create_model("alexnet_cifar", weights="hf://me/mine")
    assert zoo.class_names(again) == zoo.class_names(model)
    assert zoo.preprocessing(again) == zoo.preprocessing(model)


def test_a_folder_of_the_hubs_form_is_weights(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    model = zoo.create_model("alexnet_cifar", weights="cifar10")
    # The last two are called as published weights are, and no string means
    # them; a path does.
    for name in ("mine", "v1.2", "imagenet", "cifar10"):
        (tmp_path / name).mkdir()
        save_weights(model, tmp_path / name / "model.safetensors")
        check_weights("alexnet_cifar", tmp_path / name)
    assert [is_path(n) for n in ("mine", "v1.2", "imagenet", "cifar10")] == [
        *(True, True, False, False)
    ]
    again = zoo.create_model("alexnet_cifar", weights="mine")
    assert zoo.class_names(again) == zoo.class_names(model)
    (tmp_path / "empty").mkdir()
    with pytest.raises(RequestError, match="No weights called 'empty'"):
        check_weights("alexnet_cifar", "empty")
    with pytest.raises(RequestError, match=r"no weight file .*/model\.safe"):
        check_weights("alexnet_cifar", tmp_path / "empty")
