"""Downloads from a server on this machine that does everything wrong."""

import contextlib
import functools
import hashlib
import http.server
import os
import pathlib
import re
import signal
import subprocess
import sys
import threading
import time

import numpy as np
import pytest

import zoo
from zoo.errors import IntegrityError
from zoo.errors import RequestError
from zoo.weights.downloading import download
from zoo.weights.downloading import fetching
from zoo.weights.downloading import place
from zoo.weights.downloading import report_to

DATA = np.random.default_rng(0).bytes(300_000)
SHA256 = hashlib.sha256(DATA).hexdigest()


class _Server(http.server.ThreadingHTTPServer):
    """Counts what it was asked for; does what `behaviour` says."""

    daemon_threads = True
    block_on_close = False

    def __init__(self):
        super().__init__(("127.0.0.1", 0), _Handler)
        self.asked = []
        self.data = DATA
        self.tag = '"one"'
        self.ranges = True
        self.behaviour = None
        self.closing = threading.Event()

    def url(self, name="models/net.pth"):
        return f"http://127.0.0.1:{self.server_port}/{name}"

    def handle_error(self, request, client_address):
        """A client that has gone is what these tests are about."""


class _Handler(http.server.BaseHTTPRequestHandler):
    def log_message(self, *arguments):
        pass

    def do_GET(self):
        self.server.asked.append(self.headers["Range"])
        behaviour = self.server.behaviour
        if behaviour is None or not behaviour(self):
            self.send(self.server.data)

    def send(self, data, length=None, kind="application/octet-stream"):
        """Answers with all, or with the part that was asked for."""
        start, asked = 0, self.headers["Range"]
        unchanged = self.headers["If-Range"] in (None, self.server.tag)
        if asked and self.server.ranges and unchanged:
            start = int(re.fullmatch(r"bytes=(\d+)-", asked)[1])
            if start >= len(data):
                self.send_error(416)
                return
            self.send_response(206)
            span = f"bytes {start}-{len(data) - 1}/{len(data)}"
            self.send_header("Content-Range", span)
        else:
            self.send_response(200)
        size = len(data) - start if length is None else length
        if length != "unknown":
            self.send_header("Content-Length", str(size))
        if self.server.tag:
            self.send_header("ETag", self.server.tag)
        self.send_header("Content-Type", kind)
        self.end_headers()
        with contextlib.suppress(OSError):
            self.wfile.write(data[start:])


@pytest.fixture
def server(monkeypatch):
    monkeypatch.setenv("ZOO_LOOPBACK_HTTP", "1")
    monkeypatch.delenv("ZOO_OFFLINE", raising=False)
    monkeypatch.setattr(fetching, "BACKOFF_SECONDS", 0.01)
    with _Server() as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield server
        server.closing.set()
        server.shutdown()
        thread.join()


@pytest.fixture
def fetch(server, tmp_path):
    """Downloads into a folder of its own."""
    return functools.partial(
        download, server.url(), cache_dir=tmp_path, timeout=5
    )


def _files(folder):
    return sorted(path.name for path in folder.rglob("*") if path.is_file())


def _once(action):
    """A behaviour for the first request only."""
    done = []

    def behaviour(handler):
        if done:
            return False
        done.append(True)
        action(handler)
        return True

    return behaviour


def _cut(at):
    def action(handler):
        handler.send(DATA[:at], len(DATA))
        handler.close_connection = True

    return action


def test_a_file_is_fetched_once(server, fetch, tmp_path):
    seen = []
    path = fetch(
        sha256=SHA256,
        size=len(DATA),
        progress=lambda received, total: seen.append((received, total)),
    )
    assert path == tmp_path / "127.0.0.1" / "models" / "net.pth"
    assert path.read_bytes() == DATA
    assert _files(tmp_path) == ["net.pth"]
    assert seen[-1] == (len(DATA), len(DATA)) and len(seen) > 2
    assert fetch(sha256=SHA256[:8]) == fetch() == fetch(offline=True) == path
    assert server.asked == [None]
    path.write_bytes(DATA[:-1])
    assert fetch(sha256=SHA256).read_bytes() == DATA
    assert server.asked == [None, None]


def test_the_first_digits_of_a_hash_are_enough_if_eight(fetch, tmp_path):
    assert fetch(sha256=SHA256[:8]).read_bytes() == DATA
    for sha256 in (SHA256[:7], SHA256.upper(), "xyzw1234", SHA256 + "0"):
        with pytest.raises(RequestError, match="first 8 of 64 digits"):
            fetch(sha256=sha256)
    with pytest.raises(RequestError, match="size is from 1"):
        fetch(size=0)


def test_a_wrong_hash_or_size_leaves_nothing(server, fetch, tmp_path):
    for arguments, reason in (
        ({"sha256": "0" * 64}, f"expected sha256 0{{64}}, received {SHA256}"),
        ({"sha256": "00000000"}, f"received {SHA256}"),
        ({"size": 10}, "300,000 bytes, expected 10"),
    ):
        with pytest.raises(IntegrityError, match=reason) as caught:
            fetch(**arguments)
        assert server.url() in str(caught.value)
        assert _files(tmp_path) == []
    assert len(server.asked) == 3


def test_md5_where_nothing_else_is_published(server, fetch, tmp_path):
    digest = hashlib.md5(DATA).hexdigest()
    server.behaviour = _once(_cut(100_000))
    assert fetch(md5=digest).read_bytes() == DATA
    assert server.asked == [None, "bytes=100000-"]
    assert fetch(md5=digest, offline=True).read_bytes() == DATA
    # SHA-256 counts where both are known.
    assert fetch(md5="0" * 32, sha256=SHA256).read_bytes() == DATA
    with pytest.raises(IntegrityError, match=f"md5 0*, received {digest}"):
        fetch(md5="0" * 32)
    for md5 in ("0" * 8, digest.upper()):
        with pytest.raises(RequestError, match="md5 is 32 digits"):
            fetch(md5=md5)


def test_progress_is_reported_to_who_is_many_calls_away(fetch):
    seen = []
    with report_to(lambda *progress: seen.append(progress)):
        fetch()
    assert seen[-1] == ("net.pth", len(DATA), len(DATA))
    fetch()
    assert len({name for name, _, _ in seen}) == 1


@pytest.mark.parametrize("ranges", [True, False])
def test_a_cut_body_is_resumed_or_fetched_again(server, fetch, ranges):
    server.ranges = ranges
    server.behaviour = _once(_cut(100_000))
    assert fetch(sha256=SHA256).read_bytes() == DATA
    assert server.asked == [None, "bytes=100000-"]


def test_a_file_that_changed_at_the_server_is_fetched_again(server, fetch):
    new = bytes(reversed(DATA))

    def change(handler):
        _cut(100_000)(handler)
        server.data, server.tag = new, '"two"'

    server.behaviour = _once(change)
    assert fetch().read_bytes() == new
    assert server.asked == [None, "bytes=100000-"]


def test_a_changed_part_is_noticed_if_the_server_ignores_if_range(
    server, fetch
):
    new = bytes(reversed(DATA))

    def behaviour(handler):
        if len(server.asked) == 1:
            _cut(100_000)(handler)
            server.data, server.tag = new, 'W/"two"'
            return True
        del handler.headers["If-Range"]
        return False

    server.behaviour = behaviour
    assert fetch().read_bytes() == new
    assert server.asked == [None, "bytes=100000-", None]


def test_without_a_way_to_notice_changes_nothing_is_resumed(server, fetch):
    server.tag = None
    server.behaviour = _once(_cut(100_000))
    assert fetch().read_bytes() == DATA
    assert server.asked == [None, None]


def test_a_resumed_file_with_a_wrong_hash_is_fetched_anew(
    server, fetch, tmp_path
):
    server.ranges = False
    server.behaviour = lambda handler: _cut(100_000)(handler) or True
    with pytest.raises(RequestError, match="received 100,000 of 300,000"):
        fetch(sha256=SHA256)
    assert _files(tmp_path) == ["net.pth.part", "net.pth.part.json"]
    part = next(tmp_path.rglob("*.part"))
    part.write_bytes(bytes(100_000))
    server.ranges, server.behaviour = True, None
    server.asked.clear()
    assert fetch(sha256=SHA256).read_bytes() == DATA
    assert server.asked == ["bytes=100000-", None]
    assert _files(tmp_path) == ["net.pth"]


def test_a_short_body_is_never_the_file(server, fetch, tmp_path):
    server.ranges = False
    server.behaviour = lambda handler: _cut(50)(handler) or True
    with pytest.raises(RequestError) as caught:
        fetch()
    message = str(caught.value)
    assert "4 attempts to fetch it failed" in message
    assert "received 50 of 300,000 bytes" in message
    assert len(server.asked) == 4
    assert not place(server.url(), tmp_path).exists()


def test_a_length_that_is_too_small_or_missing(server, fetch, tmp_path):
    server.behaviour = lambda handler: handler.send(DATA, 1000) or True
    with pytest.raises(IntegrityError, match="expected sha256"):
        fetch(sha256=SHA256)
    with pytest.raises(IntegrityError, match="1,000 bytes, expected 300,000"):
        fetch(size=len(DATA))
    server.behaviour = lambda handler: handler.send(DATA, "unknown") or True
    with pytest.raises(IntegrityError, match="does not say how large"):
        fetch()
    with pytest.raises(IntegrityError, match="goes on after 1,000 bytes"):
        fetch(size=1000)
    assert _files(tmp_path) == []
    assert fetch(sha256=SHA256).read_bytes() == DATA


def test_too_large_files_are_refused_by_their_length(server, fetch, tmp_path):
    server.behaviour = lambda handler: handler.send(DATA, 5 << 30) or True
    with pytest.raises(IntegrityError, match="expected at most 4,294,967,296"):
        fetch(sha256=SHA256)
    assert _files(tmp_path) == []


def test_web_pages_and_missing_files_are_refused(server, fetch, tmp_path):
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
    assert _files(tmp_path) == []


def test_a_busy_server_is_asked_again(server, fetch):
    server.behaviour = _once(lambda handler: handler.send_error(503))
    assert fetch(sha256=SHA256).read_bytes() == DATA
    assert len(server.asked) == 2


def test_a_stalled_server_ends_in_time(server, fetch, tmp_path):
    def stall(handler):
        handler.send(DATA[:1000], len(DATA))
        server.closing.wait(20)
        return True

    server.ranges, server.behaviour = False, stall
    since = time.monotonic()
    with pytest.raises(RequestError, match="TimeoutError") as caught:
        fetch(timeout=0.2)
    assert time.monotonic() - since < 4
    assert str(place(server.url(), tmp_path).parent) in str(caught.value)
    server.behaviour = None
    assert fetch(sha256=SHA256).read_bytes() == DATA


def test_a_server_that_gives_a_byte_at_a_time_ends_in_time(server, fetch):
    def drip(handler):
        handler.send(b"", len(DATA))
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
def test_redirects_lead_nowhere_else(server, fetch, tmp_path, target):
    def redirect(handler):
        handler.send_response(302)
        handler.send_header("Location", target)
        handler.send_header("Content-Length", "0")
        handler.end_headers()
        return True

    server.behaviour = redirect
    with pytest.raises(IntegrityError) as caught:
        fetch(sha256=SHA256)
    assert "secret" not in str(caught.value)
    assert _files(tmp_path) == []


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
    path = fetch(sha256=SHA256)
    assert path.name == "net.pth" and path.read_bytes() == DATA


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


def test_offline_says_what_to_do(server, fetch, monkeypatch, tmp_path):
    monkeypatch.setenv("ZOO_OFFLINE", "1")
    with pytest.raises(RequestError) as caught:
        fetch(sha256=SHA256)
    message = str(caught.value)
    path = place(server.url(), tmp_path)
    for part in (server.url(), str(path.parent), f"as {path.name}."):
        assert part in message
    assert message.isprintable() and server.asked == []
    path.parent.mkdir(parents=True)
    path.write_bytes(DATA)
    assert fetch(sha256=SHA256) == path
    path.write_bytes(DATA[1:])
    with pytest.raises(RequestError, match="not what was expected"):
        fetch(sha256=SHA256)
    assert fetch(sha256=SHA256, offline=False).read_bytes() == DATA


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


_FETCH = """
import os, sys, types
for name in ("zoo", "zoo.weights"):
    package = types.ModuleType(name)
    package.__path__ = [f"{sys.argv[1]}/{name.replace('.', '/')}"]
    sys.modules[name] = package
from zoo.weights.downloading import download
print(download(*sys.argv[2:3], sha256=sys.argv[3], cache_dir=sys.argv[4]))
"""


def _start(server, folder):
    """Downloads in a process of its own, without loading Keras."""
    root = pathlib.Path(zoo.__file__).parent.parent
    arguments = (str(root), server.url(), SHA256, str(folder))
    return subprocess.Popen(
        [sys.executable, "-c", _FETCH, *arguments],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "ZOO_LOOPBACK_HTTP": "1"},
    )


def test_a_killed_download_goes_on(server, fetch, tmp_path):
    def stall(handler):
        handler.send(DATA[:200_000], len(DATA))
        server.closing.wait(20)

    server.behaviour = _once(stall)
    part = tmp_path / "127.0.0.1" / "models" / "net.pth.part"
    with _start(server, tmp_path) as process:
        try:
            until = time.monotonic() + 20
            while not (part.exists() and part.stat().st_size > 100_000):
                assert time.monotonic() < until
                time.sleep(0.02)
        finally:
            process.send_signal(signal.SIGKILL)
    assert not place(server.url(), tmp_path).exists()
    size = part.stat().st_size
    assert fetch(sha256=SHA256).read_bytes() == DATA
    assert server.asked == [None, f"bytes={size}-"]
    assert _files(tmp_path) == ["net.pth"]


def test_two_processes_fetch_a_file_once(server, tmp_path):
    server.behaviour = lambda handler: time.sleep(0.3)
    processes = [_start(server, tmp_path) for _ in range(3)]
    try:
        answers = [process.communicate(timeout=30) for process in processes]
    finally:
        for process in processes:
            process.kill()
            process.wait()
    path = place(server.url(), tmp_path)
    assert {answer[0].strip() for answer in answers} == {str(path)}
    assert path.read_bytes() == DATA
    assert server.asked == [None]
    assert _files(tmp_path) == ["net.pth"]
