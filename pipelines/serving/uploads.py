"""Pictures as forms and programs send files: answered with names."""

import urllib.parse

from fastapi import APIRouter
from fastapi import Request
from fastapi import Response
from fastapi.responses import JSONResponse
from starlette.datastructures import UploadFile

from pipelines.serving.describing import picture_body
from pipelines.serving.problems import AskedWrongError
from pipelines.serving.reading import UNSUPPORTED
from pipelines.serving.reading import PictureError
from pipelines.serving.service import service_of

router = APIRouter(tags=["Pictures"])
_FORM = "multipart/form-data"
_BARE = ("image/", "application/octet-stream")
_MOST_FILES = 64
_ASKED = picture_body()


@router.get("/models")
async def models(request: Request) -> dict:
    """The models that answer, the one that is asked by default first."""
    repository = service_of(request).repository
    found = map(repository.find, repository.names)
    return {
        "models": [
            {
                "name": each.name,
                "version": str(each.version),
                "learned": each.servable.task.about,
                "engine": each.servable.engine_name,
                "heat": each.servable.heat is not None,
            }
            for each in found
        ]
    }


@router.post("/classify", openapi_extra=_ASKED)
async def classify(request: Request, top: int | None = None) -> JSONResponse:
    """What is on pictures, by the first model: names and probabilities."""
    name = service_of(request).repository.names[0]
    return await _classify(request, name, top)


@router.post("/models/{name}/classify", openapi_extra=_ASKED)
async def classify_by(
    request: Request, name: str, top: int | None = None
) -> JSONResponse:
    """What is on pictures, by one of the models: names and probabilities."""
    return await _classify(request, name, top)


@router.post("/models/{name}/heat", openapi_extra=_ASKED)
async def heat(request: Request, name: str) -> Response:
    """A PNG of where a model sees the likeliest class of one picture."""
    service = service_of(request)
    with service.repository.using(name) as loaded:
        if loaded.servable.heat is None:
            raise AskedWrongError(
                f"{name!r} has no maps: it was exported, or has no stages. "
                "Serve the run itself.",
                501,
            )
        sent = await _sent(request)
        if len(sent) != 1:
            raise AskedWrongError(f"Expected one picture, not {len(sent)}.")
        said, drawn = await service.heat(loaded, sent[0][1])
    named = {"X-Class": urllib.parse.quote(said)}
    return Response(drawn, headers=named, media_type="image/png")


async def _classify(request: Request, name: str, top) -> JSONResponse:
    if top is not None and top < 1:
        raise AskedWrongError(f"`top` is 1 or more. Received: {top}")
    service = service_of(request)
    with service.repository.using(name) as loaded:
        sent = await _sent(request)
        found = await service.each(loaded, [content for _, content in sent])
        task = loaded.servable.task
        answers, status = [], 0
        for (file, _), each in zip(sent, found, strict=True):
            if isinstance(each, PictureError):
                said = {"error": str(each)}
                status = status or each.status
            elif isinstance(each, BaseException):
                raise each
            else:
                told = task.answers(each, top)
                said = {"predictions": [guess.as_json() for guess in told]}
            answers.append({"file": file, **said})
    answer = {"model": name, "version": str(loaded.version), "answers": answers}
    if all("error" in each for each in answers):
        # Nothing was answered: whoever looks at the status alone is told.
        return JSONResponse({"error": answers[0]["error"], **answer}, status)
    return JSONResponse(answer)


async def _sent(request: Request) -> list[tuple[str, bytes]]:
    """Returns the files of a request by their names."""
    kind = request.headers.get("content-type", "").lower()
    if kind.startswith(_BARE):
        return [("", await request.body())]
    if not kind.startswith(_FORM):
        raise AskedWrongError(
            f"Expected {_FORM} with files, or the bytes of one picture as "
            f"image/jpeg or the like. Received: {kind or 'no content-type'}",
            UNSUPPORTED,
        )
    async with request.form(max_files=_MOST_FILES) as form:
        files = [
            (each.filename or "", await each.read())
            for _, each in form.multi_items()
            if isinstance(each, UploadFile)
        ]
    if not files:
        raise AskedWrongError("The form has no file.")
    return files
