"""The application: protocols, page and limits around one service."""

import asyncio
import contextlib
import logging
import os

from fastapi import FastAPI

from pipelines.serving import inference_v2
from pipelines.serving import page_routes
from pipelines.serving import rest_v1
from pipelines.serving import uploads
from pipelines.serving.error_answers import answer_problems
from pipelines.serving.limits import Bounded
from pipelines.serving.measuring import Measured
from pipelines.serving.service import Service
from pipelines.serving.settings import ServingConfig

_log = logging.getLogger("zoo.serving")
# How processes of one server are told what they were asked to do.
VARIABLE = "ZOO_SERVING"
_PROTOCOLS = (uploads, rest_v1, inference_v2, page_routes)
_ABOUT = (
    "Image classification. Pictures go in as files, as pixels, or in the "
    "words of TensorFlow Serving and of the open inference protocol."
)


def create_application(config: ServingConfig):
    """Returns an ASGI application whose models are opened as it starts.

    Args:
        config: What the server was asked to do.

    Returns:
        The application. `state.problem` is what was raised while models were
        opened, None where all are.
    """
    service = Service(config)

    @contextlib.asynccontextmanager
    async def lifespan(app: FastAPI):
        try:
            await service.repository.open()
        # Whoever starts the server tells it, not the framework.
        except Exception as error:
            app.state.problem = error
            if config.processes > 1:
                _log.error("error: %s", error)
            raise
        looking = asyncio.create_task(_look(service))
        yield
        looking.cancel()
        await service.close()

    app = FastAPI(
        title="keras-zoo",
        description=_ABOUT,
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
    )
    app.state.service = service
    app.state.problem = None
    answer_problems(app)
    for each in _PROTOCOLS:
        app.include_router(each.router)
    app.add_middleware(Bounded, config=config)
    app.add_middleware(Measured, metrics=service.metrics)
    return app


def of_environment():
    """Returns the application of one of several processes.

    What it has to say it says itself: nobody has told it how.
    """
    log = logging.getLogger("zoo")
    log.addHandler(logging.StreamHandler())
    log.setLevel(logging.INFO)
    return create_application(ServingConfig.of_json(os.environ[VARIABLE]))


async def _look(service: Service) -> None:
    if service.config.reload_seconds:
        await service.repository.keep_looking()
