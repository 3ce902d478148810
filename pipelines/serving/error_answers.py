"""What is wrong with a request, as HTTP says it: a status and words.

No path, token or traceback is in an answer; what is our own fault is logged.
"""

import logging

from fastapi import FastAPI
from fastapi import Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from pipelines.serving.problems import AskedWrongError
from pipelines.serving.problems import OverloadedError
from pipelines.serving.problems import UnknownModelError
from pipelines.serving.reading import PictureError

_log = logging.getLogger("zoo.serving")
# Seconds after which one who was turned away may ask again.
AGAIN = "1"


def answer_problems(app: FastAPI) -> None:
    """Has an application answer what is raised in it."""
    app.add_exception_handler(AskedWrongError, _known)
    app.add_exception_handler(PictureError, _known)
    app.add_exception_handler(UnknownModelError, _unknown)
    app.add_exception_handler(OverloadedError, _overloaded)
    app.add_exception_handler(MemoryError, _overloaded)
    app.add_exception_handler(RequestValidationError, _of_a_parameter)
    app.add_exception_handler(HTTPException, _of_the_framework)
    app.add_exception_handler(Exception, _ours)


def problem(message: str, status: int, **headers: str) -> JSONResponse:
    """Returns an answer that says what is wrong, as all protocols have it.

    Args:
        message: For a person.
        status: Of HTTP.
        headers: Further ones; `_` stands for a dash.
    """
    named = {name.replace("_", "-"): text for name, text in headers.items()}
    return JSONResponse({"error": message}, status, named)


def turned_away() -> JSONResponse:
    """Returns the answer of a server that has too much to do."""
    return problem(
        "Too many pictures wait already. Ask again in a second.",
        503,
        Retry_After=AGAIN,
    )


async def _known(_: Request, error) -> JSONResponse:
    return problem(str(error), error.status)


async def _unknown(_: Request, error) -> JSONResponse:
    return problem(str(error), 404)


async def _overloaded(*_) -> JSONResponse:
    return turned_away()


async def _of_a_parameter(_: Request, error) -> JSONResponse:
    first, *_ = error.errors()
    return problem(f"`{first['loc'][-1]}`: {first['msg']}.", 400)


async def _of_the_framework(_: Request, error) -> JSONResponse:
    return problem(str(error.detail), error.status_code)


async def _ours(request: Request, error) -> JSONResponse:
    # Starlette raises it again, and uvicorn is told to say nothing.
    _log.error("%s failed", request.scope["path"], exc_info=error)
    return problem("The server has failed; its log says why.", 500)
