"""How many pictures a server answers, with its clients on the same machine."""

import asyncio
import dataclasses
import io
import itertools
import json
import re
import time
from collections.abc import Callable

import numpy as np
from PIL import Image

from pipelines import herbarium
from pipelines.benchmarks.http_client import HttpConnection
from pipelines.benchmarks.http_client import form
from pipelines.benchmarks.http_client import written
from pipelines.benchmarks.served import Served
from pipelines.benchmarks.served import served
from pipelines.data.sources.opening import open_held_out

CLIENTS = 16
# Of made pictures, and of those of a data set.
_SIDE, _PICTURES = 32, 256
# Seconds before anything is measured.
_WARM = 3.0
# Seconds between two looks at memory.
_LOOK_EVERY = 10.0
_PARTS = ("reading", "waiting", "computing")


@dataclasses.dataclass(frozen=True)
class ServingCase:
    """What is measured.

    Args:
        words: Of the command `serve`, without its port.
        data: Whose pictures are sent, JPEGs of 32 pixels that are drawn here
            where None.
        clients: Each sends its next picture once the last one is answered.
        seconds: How long that goes on.
        minutes: How long a load is kept up afterwards; 0 for not at all.
        load: Which part of the most that was reached that load is.
    """

    words: tuple[str, ...]
    data: str | None = None
    clients: int = CLIENTS
    seconds: float = 20.0
    minutes: float = 0.0
    load: float = 0.8


def words_for(model: str, weights: str | None, engine: str) -> tuple[str, ...]:
    """Returns the words of the command `serve` for a model.

    Args:
        model: As `serve` takes it.
        weights: Where it is a network's name; of `resnet20` CIFAR-10's where
            None.
        engine: What computes.

    Example:

    ```python
    from pipelines.benchmarks.serving import words_for
    assert words_for("resnet20", None, "keras") == (
        "--model=resnet20", "--engine=keras", "--weights=cifar10")
    ```
    """
    if weights is None and model == "resnet20":
        weights = "cifar10"
    words = [f"--model={model}", f"--engine={engine}"]
    if weights is not None:
        words.append(f"--weights={weights}")
    return tuple(words)


def benchmark_serving(case: ServingCase, say: Callable[[str], None]) -> dict:
    """Starts a server, asks it, and ends it.

    Args:
        case: What is measured.
        say: Called with lines for a person.

    Returns:
        Answers a second, latencies in milliseconds, errors by what they are,
        and where the time goes.

    Raises:
        RequestError: The server did not start.
    """
    requests = [
        written("POST", "/classify", *form(f"{number}.jpg", encoded))
        for number, encoded in enumerate(_pictures(case.data))
    ]
    size = np.mean([len(each) for each in requests]) / 1000
    with served(*case.words) as server:
        found = asyncio.run(_measured(server, case, requests, say))
        found["exit_code"] = server.stop()
    return {"kilobytes": float(size), **found}


async def _measured(server: Served, case: ServingCase, requests, say) -> dict:
    crowd = _Crowd(server, requests)
    await crowd.ask(case.clients, _WARM)
    before, cpu = await _counted(server), server.cpu_seconds
    own = time.process_time()
    most = await crowd.ask(case.clients, case.seconds)
    after = await _counted(server)
    answers = max(most["answers"], 1)
    most["milliseconds_of_a_picture"] = {
        "server's processors": 1000 * (server.cpu_seconds - cpu) / answers,
        "clients' processors": 1000 * (time.process_time() - own) / answers,
        **{
            part: 1000 * (after[part] - before[part]) / answers
            for part in _PARTS
        },
    }
    _tell("as fast as it goes", most, say)
    for name, value in most["milliseconds_of_a_picture"].items():
        say(f"  {name:22} {value:8.2f} ms")
    if not case.minutes:
        return {"most": most}
    rate = case.load * most["answers_per_second"]
    kept = await _kept_up(server, crowd, case, rate)
    _tell(f"{case.load:.0%} of that, for {case.minutes:g} min", kept, say)
    say(
        f"  memory {kept['mebibytes'][0]:,.0f} MiB at first, "
        f"{kept['mebibytes'][-1]:,.0f} MiB at last"
    )
    return {"most": most, "kept_up": kept}


async def _kept_up(server, crowd, case: ServingCase, rate: float) -> dict:
    """Asks at a given rate, and looks at the memory meanwhile."""
    memory = [server.mebibytes]

    async def look():
        while True:
            await asyncio.sleep(_LOOK_EVERY)
            memory.append(server.mebibytes)

    looking = asyncio.create_task(look())
    found = await crowd.ask(case.clients, 60 * case.minutes, rate)
    looking.cancel()
    return {**found, "mebibytes": memory}


class _Crowd:
    """Clients that ask at once."""

    def __init__(self, server: Served, requests: list[bytes]):
        self._server = server
        self._requests = itertools.cycle(requests)

    async def ask(
        self, clients: int, seconds: float, rate: float | None = None
    ) -> dict:
        """Asks for some time.

        Args:
            clients: How many.
            seconds: How long.
            rate: Requests a second of all together; as many as are answered
                where None.
        """
        taken: list[float] = []
        errors: dict[str, int] = {}
        begun = time.perf_counter()
        turns = itertools.count()

        async def client():
            connection = HttpConnection(self._server.host, self._server.port)
            while (now := time.perf_counter()) < begun + seconds:
                if rate is not None:
                    due = begun + next(turns) / rate
                    await asyncio.sleep(max(due - now, 0))
                started = time.perf_counter()
                problem = await _problem(connection, next(self._requests))
                taken.append(time.perf_counter() - started)
                if problem:
                    errors[problem] = errors.get(problem, 0) + 1
            connection.close()

        await asyncio.gather(*(client() for _ in range(clients)))
        spent = time.perf_counter() - begun
        answers = len(taken) - sum(errors.values())
        half, most = np.percentile(taken, (50, 99)) * 1000
        return {
            "answers": answers,
            "answers_per_second": answers / spent,
            "p50_milliseconds": float(half),
            "p99_milliseconds": float(most),
            "errors": errors,
        }


async def _problem(connection: HttpConnection, request: bytes) -> str:
    """Asks; returns what is wrong, or nothing."""
    try:
        answer = await connection.ask(request)
    except (OSError, asyncio.IncompleteReadError) as error:
        connection.close()
        return type(error).__name__
    if answer.status != 200:
        return str(answer.status)
    (said,) = json.loads(answer.body)["answers"]
    return "" if said.get("predictions") else "no answer"


async def _counted(server: Served) -> dict[str, float]:
    """Returns the seconds that the server has counted, by what they were."""
    connection = HttpConnection(server.host, server.port)
    text = (await connection.ask(written("GET", "/metrics"))).body.decode()
    connection.close()
    rows = re.findall(r"^zoo_(\w+)_seconds_sum\{.*?\} (\S+)$", text, re.M)
    found = dict.fromkeys(_PARTS, 0.0)
    for name, value in rows:
        if name in found:
            found[name] += float(value)
    return found


def _pictures(data: str | None) -> list[bytes]:
    if data is not None:
        examples = open_held_out(data)
        places = np.linspace(0, len(examples) - 1, _PICTURES).astype(int)
        return list(examples.encoded(list(dict.fromkeys(places.tolist()))))
    return [_drawn(number) for number in range(_PICTURES)]


def _drawn(number: int) -> bytes:
    species = herbarium.SPECIES[number % len(herbarium.SPECIES)]
    drawn = herbarium.draw(species, seed=number, size=(_SIDE, _SIDE))
    file = io.BytesIO()
    Image.fromarray(np.asarray(drawn)).save(file, "JPEG", quality=95)
    return file.getvalue()


def _tell(what: str, found: dict, say) -> None:
    errors = ", ".join(f"{n} x {name}" for name, n in found["errors"].items())
    say(
        f"{what}: {found['answers_per_second']:,.0f} answers/s, p50 "
        f"{found['p50_milliseconds']:.1f} ms, p99 "
        f"{found['p99_milliseconds']:.1f} ms, errors: {errors or 'none'}"
    )
