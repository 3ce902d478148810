"""What is fetched is what was asked for, or nothing is left."""

import hashlib
import time

import pytest

from zoo.errors import IntegrityError
from zoo.errors import RequestError
from zoo.weights.downloading import place
from zoo.weights.downloading import report_to


def test_a_file_is_fetched_once(server, fetch, tmp_path, files, monkeypatch):
    seen = []
    path = fetch(
        sha256=server.sha256,
        size=len(server.whole),
        progress=lambda received, total: seen.append((received, total)),
    )
    assert path == tmp_path / "127.0.0.1" / "models" / "net.pth"
    assert path.read_bytes() == server.whole
    assert files(tmp_path) == ["net.pth"]
    assert seen[-1] == (len(server.whole), len(server.whole)) and len(seen) > 2
    monkeypatch.setenv("ZOO_OFFLINE", "1")
    assert fetch(sha256=server.sha256[:8]) == fetch() == path
    monkeypatch.delenv("ZOO_OFFLINE")
    assert server.asked == [None]
    path.write_bytes(server.whole[:-1])
    assert fetch(sha256=server.sha256).read_bytes() == server.whole
    assert server.asked == [None, None]


def test_the_first_digits_of_a_hash_are_enough_if_eight(
    fetch, tmp_path, server
):
    assert fetch(sha256=server.sha256[:8]).read_bytes() == server.whole
    for sha256 in (
        server.sha256[:7],
        server.sha256.upper(),
        "xyzw1234",
        server.sha256 + "0",
    ):
        with pytest.raises(RequestError, match="first 8 of 64 digits"):
            fetch(sha256=sha256)
    with pytest.raises(RequestError, match="size is from 1"):
        fetch(size=0)


def test_a_wrong_hash_or_size_leaves_nothing(server, fetch, tmp_path, files):
    for arguments, reason in (
        (
            {"sha256": "0" * 64},
            f"expected sha256 0{{64}}, received {server.sha256}",
        ),
        ({"sha256": "00000000"}, f"received {server.sha256}"),
        ({"size": 10}, "300,000 bytes, expected 10"),
    ):
        with pytest.raises(IntegrityError, match=reason) as caught:
            fetch(**arguments)
        assert server.url() in str(caught.value)
        assert files(tmp_path) == []
    assert len(server.asked) == 3


def test_md5_where_nothing_else_is_published(
    server, fetch, tmp_path, monkeypatch
):
    digest = hashlib.md5(server.whole).hexdigest()
    server.behaviour = server.once(server.cut(100_000))
    assert fetch(md5=digest).read_bytes() == server.whole
    assert server.asked == [None, "bytes=100000-"]
    monkeypatch.setenv("ZOO_OFFLINE", "1")
    assert fetch(md5=digest).read_bytes() == server.whole
    monkeypatch.delenv("ZOO_OFFLINE")
    # SHA-256 counts where both are known.
    assert (
        fetch(md5="0" * 32, sha256=server.sha256).read_bytes() == server.whole
    )
    with pytest.raises(IntegrityError, match=f"md5 0*, received {digest}"):
        fetch(md5="0" * 32)
    for md5 in ("0" * 8, digest.upper()):
        with pytest.raises(RequestError, match="md5 is 32 digits"):
            fetch(md5=md5)


def test_progress_is_reported_to_who_is_many_calls_away(fetch, server):
    seen = []
    with report_to(lambda *progress: seen.append(progress)):
        fetch()
    assert seen[-1] == ("net.pth", len(server.whole), len(server.whole))
    fetch()
    assert len({name for name, _, _ in seen}) == 1


def test_a_short_body_is_never_the_file(server, fetch, tmp_path):
    server.ranges = False
    server.behaviour = lambda handler: server.cut(50)(handler) or True
    with pytest.raises(RequestError) as caught:
        fetch()
    message = str(caught.value)
    assert "4 attempts to fetch it failed" in message
    assert "received 50 of 300,000 bytes" in message
    assert len(server.asked) == 4
    assert not place(server.url(), tmp_path).exists()


def test_a_length_that_is_too_small_or_missing(server, fetch, tmp_path, files):
    server.behaviour = lambda handler: handler.send(server.whole, 1000) or True
    with pytest.raises(IntegrityError, match="expected sha256"):
        fetch(sha256=server.sha256)
    with pytest.raises(IntegrityError, match="1,000 bytes, expected 300,000"):
        fetch(size=len(server.whole))
    server.behaviour = lambda handler: (
        handler.send(server.whole, "unknown") or True
    )
    with pytest.raises(IntegrityError, match="does not say how large"):
        fetch()
    with pytest.raises(IntegrityError, match="goes on after 1,000 bytes"):
        fetch(size=1000)
    assert files(tmp_path) == []
    assert fetch(sha256=server.sha256).read_bytes() == server.whole


def test_too_large_files_are_refused_by_their_length(
    server, fetch, tmp_path, files
):
    server.behaviour = lambda handler: (
        handler.send(server.whole, 5 << 30) or True
    )
    with pytest.raises(IntegrityError, match="expected at most 4,294,967,296"):
        fetch(sha256=server.sha256)
    assert files(tmp_path) == []


def test_two_processes_fetch_a_file_once(server, tmp_path, files, start):
    server.behaviour = lambda handler: time.sleep(0.3)
    processes = [start(tmp_path) for _ in range(3)]
    try:
        answers = [process.communicate(timeout=30) for process in processes]
    finally:
        for process in processes:
            process.kill()
            process.wait()
    path = place(server.url(), tmp_path)
    assert {answer[0].strip() for answer in answers} == {str(path)}
    assert path.read_bytes() == server.whole
    assert server.asked == [None]
    assert files(tmp_path) == ["net.pth"]
