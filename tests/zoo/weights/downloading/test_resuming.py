"""Downloads that were cut or killed go on where they can."""

import signal
import time

import pytest

from zoo.errors import RequestError
from zoo.weights.downloading import place


@pytest.mark.parametrize("ranges", [True, False])
def test_a_cut_body_is_resumed_or_fetched_again(server, fetch, ranges):
    server.ranges = ranges
    server.behaviour = server.once(server.cut(100_000))
    assert fetch(sha256=server.sha256).read_bytes() == server.whole
    assert server.asked == [None, "bytes=100000-"]


def test_a_file_that_changed_at_the_server_is_fetched_again(server, fetch):
    new = bytes(reversed(server.whole))

    def change(handler):
        server.cut(100_000)(handler)
        server.data, server.tag = new, '"two"'

    server.behaviour = server.once(change)
    assert fetch().read_bytes() == new
    assert server.asked == [None, "bytes=100000-"]


def test_a_changed_part_is_noticed_if_the_server_ignores_if_range(
    server, fetch
):
    new = bytes(reversed(server.whole))

    def behaviour(handler):
        if len(server.asked) == 1:
            server.cut(100_000)(handler)
            server.data, server.tag = new, 'W/"two"'
            return True
        del handler.headers["If-Range"]
        return False

    server.behaviour = behaviour
    assert fetch().read_bytes() == new
    assert server.asked == [None, "bytes=100000-", None]


def test_without_a_way_to_notice_changes_nothing_is_resumed(server, fetch):
    server.tag = None
    server.behaviour = server.once(server.cut(100_000))
    assert fetch().read_bytes() == server.whole
    assert server.asked == [None, None]


def test_a_resumed_file_with_a_wrong_hash_is_fetched_anew(
    server, fetch, tmp_path, files
):
    server.ranges = False
    server.behaviour = lambda handler: server.cut(100_000)(handler) or True
    with pytest.raises(RequestError, match="received 100,000 of 300,000"):
        fetch(sha256=server.sha256)
    assert files(tmp_path) == ["net.pth.part", "net.pth.part.json"]
    part = next(tmp_path.rglob("*.part"))
    part.write_bytes(bytes(100_000))
    server.ranges, server.behaviour = True, None
    server.asked.clear()
    assert fetch(sha256=server.sha256).read_bytes() == server.whole
    assert server.asked == ["bytes=100000-", None]
    assert files(tmp_path) == ["net.pth"]


def test_a_killed_download_goes_on(server, fetch, tmp_path, files, start):
    def stall(handler):
        handler.send(server.whole[:200_000], len(server.whole))
        server.closing.wait(20)

    server.behaviour = server.once(stall)
    part = tmp_path / "127.0.0.1" / "models" / "net.pth.part"
    with start(tmp_path) as process:
        try:
            until = time.monotonic() + 20
            while not (part.exists() and part.stat().st_size > 100_000):
                assert time.monotonic() < until
                time.sleep(0.02)
        finally:
            process.send_signal(signal.SIGKILL)
    assert not place(server.url(), tmp_path).exists()
    size = part.stat().st_size
    assert fetch(sha256=server.sha256).read_bytes() == server.whole
    assert server.asked == [None, f"bytes={size}-"]
    assert files(tmp_path) == ["net.pth"]
