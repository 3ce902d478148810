"""Servers that are busy, slow, gone, or lead elsewhere."""

import time

import pytest

from zoo.errors import IntegrityError
from zoo.errors import RequestError
from zoo.weights.downloading import download
from zoo.weights.downloading import place


def test_web_pages_and_missing_files_are_refused(
    server, fetch, tmp_path, files
):
    page = b"<!DOCTYPE html><html>Not found</html>"
    server.behaviour = lambda handler: handler.send_error(404) or True
    with pytest.raises(RequestError, match="the server answers 404"):
        fetch()
    assert len(server.asked) == 1
    for kind in ("text/html; charset=utf-8", "application/octet-stream"):
        server.behaviour = lambda handler, kind=kind: (
            handler.send(page, kind=kind) or True
        )
        with pytest.raises(IntegrityError, match="is a web page"):
            fetch()
    assert files(tmp_path) == []


def test_a_busy_server_is_asked_again(server, fetch):
    server.behaviour = server.once(lambda handler: handler.send_error(503))
    assert fetch(sha256=server.sha256).read_bytes() == server.whole
    assert len(server.asked) == 2


def test_a_stalled_server_ends_in_time(server, fetch, tmp_path):
    def stall(handler):
        handler.send(server.whole[:1000], len(server.whole))
        server.closing.wait(20)
        return True

    server.ranges, server.behaviour = False, stall
    since = time.monotonic()
    with pytest.raises(RequestError, match="TimeoutError") as caught:
        fetch(timeout=0.2)
    assert time.monotonic() - since < 4
    assert str(place(server.url(), tmp_path).parent) in str(caught.value)
    server.behaviour = None
    assert fetch(sha256=server.sha256).read_bytes() == server.whole


def test_a_server_that_gives_a_byte_at_a_time_ends_in_time(server, fetch):
    def drip(handler):
        handler.send(b"", len(server.whole))
        while not server.closing.wait(0.02):
            handler.wfile.write(b"x")
        return True

    server.ranges, server.behaviour = False, drip
    with pytest.raises(RequestError, match="less than 1,000 bytes"):
        fetch(timeout=0.2)


def test_a_server_that_is_not_there(server, fetch):
    server.behaviour = lambda handler: handler.connection.close() or True
    with pytest.raises(RequestError, match="4 attempts") as caught:
        fetch()
    message = str(caught.value)
    assert f"fetch {server.url()} and put it into the folder" in message
    assert "as net.pth." in message


@pytest.mark.parametrize(
    "target",
    [
        "http://example.org/net.pth",
        "file:///etc/passwd",
        "ftp://example.org/net.pth",
        "data:text/plain,x",
        "https://user:secret@example.org/net.pth",
    ],
)
def test_redirects_lead_nowhere_else(server, fetch, tmp_path, target, files):
    def redirect(handler):
        handler.send_response(302)
        handler.send_header("Location", target)
        handler.send_header("Content-Length", "0")
        handler.end_headers()
        return True

    server.behaviour = redirect
    with pytest.raises(IntegrityError) as caught:
        fetch(sha256=server.sha256)
    assert "secret" not in str(caught.value)
    assert files(tmp_path) == []


def test_redirects_to_the_same_kind_of_place_are_followed(server, fetch):
    def redirect(handler):
        if handler.path == "/mirror/x":
            return False
        handler.send_response(302)
        handler.send_header("Location", "/mirror/x")
        handler.send_header("Content-Length", "0")
        handler.end_headers()
        return True

    server.behaviour = redirect
    path = fetch(sha256=server.sha256)
    assert path.name == "net.pth" and path.read_bytes() == server.whole


def test_only_https(monkeypatch, server, tmp_path):
    for url in (
        "http://example.org/a.pth",
        "ftp://example.org/a.pth",
        "file:///etc/passwd",
        "https://[bad/a.pth",
        "https:///a.pth",
        "a.pth",
    ):
        with pytest.raises(RequestError, match="by https only"):
            download(url, cache_dir=tmp_path)
    monkeypatch.delenv("ZOO_LOOPBACK_HTTP")
    with pytest.raises(RequestError, match="by https only"):
        download(server.url(), cache_dir=tmp_path)
    assert server.asked == []
