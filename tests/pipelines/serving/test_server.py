"""The command as a system starts, kills and ends it."""

import asyncio
import json
import os
import signal
import socket
import threading
import time

import numpy as np
import psutil
import pytest

from pipelines.benchmarks.http_client import HttpConnection
from pipelines.benchmarks.http_client import written
from pipelines.benchmarks.served import served
from pipelines.benchmarks.serving import ServingCase
from pipelines.benchmarks.serving import benchmark_serving
from pipelines.evaluation.prediction import predict
from pipelines.evaluation.saved_models import open_model
from pipelines.herbarium import SPECIES
from pipelines.herbarium import draw
from pipelines.serving.settings import ServingConfig
from zoo.errors import RequestError

pytestmark = pytest.mark.extras
WORDS = ("--model=resnet20", "--weights=cifar10", "--engine=keras")


@pytest.fixture
def serve():
    from pipelines.serving.server import serve

    return serve


@pytest.fixture(scope="module")
def photos(tmp_path_factory):
    """A hundred drawn photographs of several sizes."""
    folder = tmp_path_factory.mktemp("photos")
    found = []
    for number in range(100):
        size = (40 + number, 60 + number % 7)
        picture = draw(SPECIES[number % 16], seed=number, size=size)
        path = folder / f"{number}.jpg"
        picture.save(path, "JPEG", quality=90)
        found.append(path)
    return found


def request_for(path):
    return written("POST", "/classify?top=10", path.read_bytes(), "image/jpeg")


def guesses_in(answer):
    assert answer.status == 200, answer.body
    (each,) = json.loads(answer.body)["answers"]
    return {g["class"]: g["probability"] for g in each["predictions"]}


def asked(port, requests, clients=16):
    """Sends requests by several clients; returns the answers in order.

    Whose connection is lost asks again, as clients do.
    """
    answers = [None] * len(requests)
    left = iter(enumerate(requests))

    async def client():
        connection = HttpConnection("127.0.0.1", port)
        for number, request in left:
            until = time.monotonic() + 120
            while answers[number] is None:
                try:
                    answers[number] = await connection.ask(request)
                except (OSError, asyncio.IncompleteReadError):
                    connection.close()
                    assert time.monotonic() < until
                    await asyncio.sleep(0.1)
        connection.close()

    async def all_of_them():
        await asyncio.gather(*(client() for _ in range(clients)))

    asyncio.run(all_of_them())
    return answers


def test_answers_are_those_of_predict_though_a_process_is_killed(photos):
    model = open_model("resnet20", "cifar10")
    expected = [
        {guess.name: guess.probability for guess in predict(model, path, 10)}
        for path in photos
    ]
    requests = [request_for(path) for path in photos]

    def check(answers):
        for answer, guesses in zip(answers, expected, strict=True):
            found = guesses_in(answer)
            assert found.keys() == guesses.keys()
            np.testing.assert_allclose(
                [found[name] for name in guesses],
                list(guesses.values()),
                atol=1e-5,
            )

    with served(*WORDS, "--processes=2", "--queue=64") as server:
        check(asked(server.port, requests))
        before = workers(server)
        assert len(before) == 2
        killed = threading.Timer(0.2, before[0].kill)
        killed.start()
        for _ in range(3):
            check(asked(server.port, requests))
        killed.join()
        until = time.monotonic() + 240
        while len(workers(server)) < 2 and time.monotonic() < until:
            time.sleep(0.5)
        assert len(workers(server)) == 2
        assert before[0].pid not in {each.pid for each in workers(server)}
        check(asked(server.port, requests))
        assert server.stop() == 0


def workers(server):
    """The processes that answer, and not what helps Python to start them."""
    return [
        each
        for each in server.processes[1:]
        if each.status() != psutil.STATUS_ZOMBIE
        and "spawn_main" in " ".join(each.cmdline())
    ]


def test_what_is_in_flight_is_answered_at_the_end(photos):
    with served(*WORDS, "--longest_wait_ms=3000") as server:
        answers = []
        asking = threading.Thread(
            target=lambda: answers.extend(
                asked(server.port, [request_for(photos[0])], clients=1)
            )
        )
        asking.start()
        time.sleep(1)
        assert answers == []
        assert server.stop() == 0
        asking.join(60)
        assert len(guesses_in(answers[0])) == 10
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.1", server.port))
        assert "Traceback" not in server.said


def test_ctrl_c_ends_it_without_an_error():
    with served(*WORDS) as server:
        server.process.send_signal(signal.SIGINT)
        assert server.process.wait(60) == 0
        assert "rror" not in server.said


def test_it_listens_on_this_machine_alone():
    with served(*WORDS) as server:
        places = {
            each.laddr.ip
            for each in psutil.Process(server.process.pid).net_connections()
            if each.status == psutil.CONN_LISTEN
        }
        assert places == {"127.0.0.1"}


def test_the_benchmark_measures_a_server():
    case = ServingCase(WORDS, clients=2, seconds=1.0, minutes=0.05)
    lines = []
    found = benchmark_serving(case, lines.append)
    most, kept = found["most"], found["kept_up"]
    assert most["errors"] == kept["errors"] == {}
    assert found["exit_code"] == 0
    # At 80 % of that the clients wait for their turn.
    assert 0 < kept["answers_per_second"] < 0.9 * most["answers_per_second"]
    spent = most["milliseconds_of_a_picture"]
    assert min(spent["reading"], spent["server's processors"]) > 0
    assert any("answers/s" in line for line in lines)


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"model": ("nowhere",)}, "holds no model.keras"),
        ({"model": ("a=resnet20", "a=resnet32")}, "calls two models 'a'"),
        ({"model": ("resnet20",), "host": "nowhere.at.all"}, "no address"),
    ],
)
def test_what_cannot_be_served_is_told_before_anything_is_opened(
    serve, settings, words
):
    with pytest.raises(RequestError, match=words):
        serve(ServingConfig(port=0, **settings))


def test_a_port_that_is_taken(serve, small_model):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(OSError, match="in use") as refused:
            serve(ServingConfig(model=(str(small_model),), port=port))
        assert refused.value.filename == f"127.0.0.1:{port}"


def test_a_token_that_could_be_guessed(serve, small_model, tmp_path):
    file = tmp_path / "token"
    for secret in ("", "short\n", "ümläut-and-long-enough\n"):
        file.write_text(secret)
        with pytest.raises(RequestError, match="at least 16"):
            serve(
                ServingConfig(
                    model=(str(small_model),), port=0, token_file=str(file)
                )
            )


def test_a_model_that_cannot_be_opened_is_one_line(tmp_path):
    path = tmp_path / "broken.keras"
    path.write_bytes(os.urandom(100))
    for processes in (1, 2):
        with (
            pytest.raises(RequestError, match="did not start") as told,
            served(f"--model={path}", f"--processes={processes}"),
        ):
            pass
        assert "broken.keras" in str(told.value)
        assert "Traceback" not in str(told.value)
