"""A server that listens: one process or several, ended without losing any.

SIGTERM and Ctrl-C stop it listening; what is in flight is answered first.
"""

import contextlib
import ipaddress
import logging
import os
import signal
import socket
import tempfile
from collections.abc import Callable

import uvicorn
from uvicorn.config import STARTUP_FAILURE
from uvicorn.supervisors import Multiprocess

from pipelines.serving.application import VARIABLE
from pipelines.serving.application import create_application
from pipelines.serving.connections import KEPT
from pipelines.serving.limits import read_token
from pipelines.serving.metrics import SHARED
from pipelines.serving.settings import ServingConfig
from pipelines.serving.sources import check_sources
from zoo.errors import RequestError

# By their names, so that processes import them when they are ready to.
_APPLICATION = "pipelines.serving.application:of_environment"
_CONNECTION = "pipelines.serving.connections:BoundedProtocol"
# Connections that wait to be taken.
_BACKLOG = 2048
# Seconds without a word after which a process is taken for hung. Importing
# TensorFlow on a busy machine takes many.
_HUNG = 60


def serve(
    config: ServingConfig,
    announce: Callable[[str], None] = lambda _: None,
    *,
    application: str = _APPLICATION,
) -> None:
    """Serves until the process is told to end.

    Args:
        config: What is served, where and how.
        announce: Called with the address once all models answer.
        application: What each of several processes calls for its
            application, `MODULE:NAME`.

    Raises:
        RequestError: There is no such model, or no such token.
        IntegrityError: A model is damaged.
        OSError: The port is taken.
    """
    check_sources(config)
    read_token(config.token_file)
    listening = _listening(config.host, config.port)
    address = _address(listening)
    _logged_errors_alone()
    with contextlib.closing(listening), _ended_by_signals():
        if config.processes == 1:
            _serve_alone(config, listening, lambda: announce(address))
            return
        settings = uvicorn_settings(
            config, application, factory=True, workers=config.processes
        )
        processes = _Processes(settings, [listening], lambda: announce(address))
        _serve_by_several(config, processes)


def _serve_alone(config, listening, announce) -> None:
    application = create_application(config)
    server = _Server(uvicorn_settings(config, application), announce)
    try:
        server.run([listening])
    except SystemExit:
        # Opening the models has failed, which is told as all errors are.
        if application.state.problem is None:
            raise
    if application.state.problem is not None:
        raise application.state.problem


def _serve_by_several(config, processes) -> None:
    with tempfile.TemporaryDirectory(prefix="zoo-serving-") as numbers:
        told = {VARIABLE: config.as_json(), SHARED: numbers}
        os.environ |= told
        try:
            processes.run()
        finally:
            for name in told:
                del os.environ[name]
    if any(each.exitcode == STARTUP_FAILURE for each in processes.processes):
        raise RequestError(
            "The models could not be opened; what is wrong stands above."
        )


class _Server(uvicorn.Server):
    """Tells when it has begun to listen."""

    def __init__(self, config, announce):
        super().__init__(config)
        self._announce = announce

    async def startup(self, sockets=None):
        await super().startup(sockets)
        self._announce()


class _Processes(Multiprocess):
    """Tells when all processes listen for the first time."""

    def __init__(self, config, sockets, announce):
        super().__init__(config, sockets)
        self._announce = announce

    def keep_subprocess_alive(self):
        super().keep_subprocess_alive()
        if self._announce and all(each.is_ready() for each in self.processes):
            self._announce()
            self._announce = None


def uvicorn_settings(
    config: ServingConfig, application, **more
) -> uvicorn.Config:
    """Returns how uvicorn serves an application.

    Args:
        config: What the server was asked to do.
        application: An ASGI application, or what makes one, `MODULE:NAME`.
        **more: Further settings of `uvicorn.Config`.
    """
    return uvicorn.Config(
        application,
        http=_CONNECTION,
        ws="none",
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        backlog=_BACKLOG,
        timeout_keep_alive=KEPT,
        timeout_graceful_shutdown=config.finishing_seconds,
        timeout_worker_healthcheck=_HUNG,
        **more,
    )


def _listening(host: str, port: int) -> socket.socket:
    try:
        family = _family(host)
    except ValueError:
        raise RequestError(
            f"`host={host}` is no address. Expected one such as 127.0.0.1, "
            "0.0.0.0 or ::1."
        ) from None
    found = socket.socket(family)
    try:
        found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        found.bind((host, port))
        found.listen(_BACKLOG)
    except OSError as error:
        found.close()
        error.filename = f"{host}:{port}"
        raise
    found.set_inheritable(True)
    return found


def _family(host: str) -> socket.AddressFamily:
    if host == "localhost":
        return socket.AF_INET
    six = ipaddress.ip_address(host).version == 6
    return socket.AF_INET6 if six else socket.AF_INET


def _address(listening: socket.socket) -> str:
    host, port = listening.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def _logged_errors_alone() -> None:
    for name in ("uvicorn", "uvicorn.error", "uvicorn.access"):
        logging.getLogger(name).setLevel(logging.CRITICAL)


@contextlib.contextmanager
def _ended_by_signals():
    """Makes a signal to end no error: it is how a server ends."""
    before = {
        each: signal.signal(each, lambda *_: None)
        for each in (signal.SIGINT, signal.SIGTERM)
    }
    try:
        yield
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)
