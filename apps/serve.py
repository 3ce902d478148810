"""Serves models over HTTP, with a page to drop pictures on.

    zoo serve --model=runs/first
    zoo serve --model=efficientnet_lite0 --weights=imagenet --port=8080

The page is at the address that is printed; programs upload files, or speak
TensorFlow Serving's REST (/v1/models/NAME:predict) or the open inference
protocol of KServe and Triton (/v2/models/NAME/infer). It listens on this
machine alone unless --host says otherwise. Ctrl-C or SIGTERM ends it once what
is in flight is answered. Exit codes: 0 ended, 2 a wrong request, 4 a damaged
file, 74 what the operating system refuses, such as a port that is taken.
"""

import importlib.util

import zoo
from apps.checks import check_model
from apps.command import launch
from apps.command import say
from apps.quiet import start_tensorflow
from pipelines.serving.settings import ServingConfig
from zoo.errors import RequestError
from zoo.extras import installing

_PACKAGES = (
    "fastapi", "httptools", "prometheus_client", "python_multipart", "uvicorn",
)  # fmt: skip


def check(asked: ServingConfig) -> None:
    missing = [
        name for name in _PACKAGES if importlib.util.find_spec(name) is None
    ]
    if missing:
        raise RequestError(
            f"Serving needs {', '.join(missing)}, which "
            f"{'is' if len(missing) == 1 else 'are'} not there. Expected: "
            f"{installing('serve')}"
        )
    for each in asked.model:
        name = each.rpartition("=")[2]
        if name in zoo.list_models():
            check_model(name, asked.weights)


def run(asked: ServingConfig) -> None:
    from pipelines.serving.server import serve
    from pipelines.waiting.work import current
    from pipelines.waiting.work import end

    def announce(address: str) -> None:
        say(f"serving at {address}, until Ctrl-C")
        # From here on it is others who wait.
        end(current())

    serve(asked, announce, application="apps.serve:application")


def application():
    """Returns the application of one of several processes."""
    start_tensorflow()
    from pipelines.serving.application import of_environment

    return of_environment()


def cli() -> None:
    launch(run, ServingConfig, word="model", check=check)


if __name__ == "__main__":
    cli()
