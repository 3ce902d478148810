"""Where files are kept, and what is said where none can be fetched."""

import pytest

from zoo.errors import RequestError
from zoo.weights.downloading import download
from zoo.weights.downloading import place


def test_offline_says_what_to_do(server, fetch, monkeypatch, tmp_path):
    monkeypatch.setenv("ZOO_OFFLINE", "1")
    with pytest.raises(RequestError) as caught:
        fetch(sha256=server.sha256)
    message = str(caught.value)
    path = place(server.url(), tmp_path)
    for part in (server.url(), str(path.parent), f"as {path.name}."):
        assert part in message
    assert message.isprintable() and server.asked == []
    path.parent.mkdir(parents=True)
    path.write_bytes(server.whole)
    assert fetch(sha256=server.sha256) == path
    path.write_bytes(server.whole[1:])
    with pytest.raises(RequestError, match="not what was expected"):
        fetch(sha256=server.sha256)
    monkeypatch.delenv("ZOO_OFFLINE")
    assert fetch(sha256=server.sha256).read_bytes() == server.whole


def test_places(monkeypatch, tmp_path):
    monkeypatch.setenv("ZOO_CACHE", str(tmp_path))
    base = "https://example.org/a/model.safetensors"
    there = tmp_path / "weights" / "example.org" / "a"
    assert place(base) == there / "model.safetensors"
    assert place(base + "?v=1") != place(base + "?v=2")
    assert place(base + "?v=1").name == "model.safetensors"
    monkeypatch.delenv("ZOO_CACHE")
    monkeypatch.setenv("HOME", "/home/me")
    assert str(place(base)).startswith("/home/me/.cache/zoo/weights/")
    assert ".." not in str(place("https://example.org/a/%2e%2e%2fb"))[:-5]
    for url in ("https://example.org/", "https://example.org/a/../../b"):
        with pytest.raises(RequestError, match="names no file"):
            place(url)


def test_a_folder_that_cannot_be_written(server, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(RequestError, match="cannot be written"):
        download(server.url(), cache_dir=tmp_path / "file")
