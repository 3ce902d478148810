"""A server on this machine that does everything wrong."""

import contextlib
import functools
import hashlib
import http.server
import os
import pathlib
import re
import subprocess
import sys
import threading

import numpy as np
import pytest

import zoo
from zoo.weights.downloading import download
from zoo.weights.downloading import fetching

DATA = np.random.default_rng(0).bytes(300_000)
SHA256 = hashlib.sha256(DATA).hexdigest()


class _Server(http.server.ThreadingHTTPServer):
    """Counts what it was asked for; does what `behaviour` says."""

    whole = DATA
    sha256 = SHA256
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

    def once(self, action):
        """A behaviour for the first request only."""
        done = []

        def behaviour(handler):
            if done:
                return False
            done.append(True)
            action(handler)
            return True

        return behaviour

    def cut(self, at):
        """What sends so many bytes and then hangs up."""

        def action(handler):
            handler.send(self.whole[:at], len(self.whole))
            handler.close_connection = True

        return action


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


def _files(folder):
    return sorted(path.name for path in folder.rglob("*") if path.is_file())


_FETCH = """
import os, sys, types
for name in ("zoo", "zoo.weights"):
    package = types.ModuleType(name)
    package.__path__ = [f"{sys.argv[1]}/{name.replace('.', '/')}"]
    sys.modules[name] = package
from zoo.weights.downloading import download
print(download(*sys.argv[2:3], sha256=sys.argv[3], cache_dir=sys.argv[4]))
"""


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


@pytest.fixture(scope="session")
def files():
    """Lists the names of all files below a folder."""
    return _files


@pytest.fixture
def start(server):
    """Starts downloads in processes of their own."""
    return functools.partial(_start, server)
