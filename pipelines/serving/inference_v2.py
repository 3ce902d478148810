"""The open inference protocol, version 2: KServe's, Triton's and others'."""

from fastapi import APIRouter
from fastapi import Request
from fastapi import Response

from pipelines.serving.describing import json_body
from pipelines.serving.error_answers import problem
from pipelines.serving.problems import AskedWrongError
from pipelines.serving.repository import Loaded
from pipelines.serving.service import service_of
from pipelines.serving.tensors import FILES
from pipelines.serving.tensors import HEADER_LENGTH
from pipelines.serving.tensors import PIXELS
from pipelines.serving.tensors import joined
from pipelines.serving.tensors import pictures_in
from pipelines.serving.tensors import split
from pipelines.serving.tensors import written

router = APIRouter(prefix="/v2", tags=["Open inference protocol"])
_MODEL = "/models/{name}"
_VERSION = "/models/{name}/versions/{version}"
_SERVER = {
    "name": "keras-zoo",
    "version": "1",
    "extensions": ["binary_tensor_data"],
}
LOGITS, PROBABILITIES, CLASSES = "logits", "probabilities", "classes"
# What is answered to who does not say what.
_USUAL = (LOGITS, PROBABILITIES)
_ASKED = json_body(
    {
        "inputs": [
            {
                "name": FILES,
                "datatype": "BYTES",
                "shape": [1],
                "data": ["the bytes of a picture's file, in base64"],
            }
        ],
        "outputs": [{"name": PROBABILITIES}],
    }
)


@router.get("")
async def server() -> dict:
    """What this server is."""
    return _SERVER


@router.get("/health/live")
async def live() -> dict:
    """Whether the server lives."""
    return {"live": True}


@router.get("/health/ready")
async def ready(request: Request):
    """Whether all models answer."""
    if service_of(request).repository.ready:
        return {"ready": True}
    return problem("Models are being opened.", 503)


@router.get(_MODEL + "/ready")
async def model_ready(request: Request, name: str) -> dict:
    """Whether a model answers."""
    return _ready(request, name, None)


@router.get(_VERSION + "/ready")
async def version_ready(request: Request, name: str, version: str) -> dict:
    """Whether a version of a model answers."""
    return _ready(request, name, version)


@router.get(_MODEL)
async def metadata(request: Request, name: str) -> dict:
    """What a model takes and answers."""
    return _metadata(request, name, None)


@router.get(_VERSION)
async def metadata_of_version(
    request: Request, name: str, version: str
) -> dict:
    """What a version of a model takes and answers."""
    return _metadata(request, name, version)


@router.post(_MODEL + "/infer", openapi_extra=_ASKED)
async def infer(request: Request, name: str) -> Response:
    """What the newest version of a model says of pictures."""
    return await _infer(request, name, None)


@router.post(_VERSION + "/infer", openapi_extra=_ASKED)
async def infer_by_version(
    request: Request, name: str, version: str
) -> Response:
    """What a version of a model says of pictures."""
    return await _infer(request, name, version)


def _ready(request: Request, name: str, version: str | None) -> dict:
    found = service_of(request).repository.find(name, version)
    return {"name": name, "ready": True, "version": str(found.version)}


def _metadata(request: Request, name: str, version: str | None) -> dict:
    repository = service_of(request).repository
    found = repository.find(name, version)
    classes = len(found.servable.task.class_names)
    versions = [str(each) for each in repository.versions(name)]
    return {
        "name": name,
        "versions": [str(found.version)] if version else versions,
        "platform": "keras_zoo",
        "inputs": [
            _tensor(PIXELS, "UINT8", -1, -1, -1, 3),
            _tensor(FILES, "BYTES", -1),
        ],
        "outputs": [
            _tensor(LOGITS, "FP32", -1, classes),
            _tensor(PROBABILITIES, "FP32", -1, classes),
            _tensor(CLASSES, "BYTES", -1),
        ],
    }


def _tensor(name: str, datatype: str, *shape: int) -> dict:
    return {"name": name, "datatype": datatype, "shape": list(shape)}


async def _infer(request: Request, name: str, version: str | None) -> Response:
    service = service_of(request)
    with service.repository.using(name, version) as loaded:
        asked, behind = split(
            await request.body(), request.headers.get(HEADER_LENGTH)
        )
        wanted, binary = _wanted(asked)
        pictures = pictures_in(asked, behind)
        logits = await service.logits(loaded, pictures)
        outputs = {each: _OUTPUTS[each](loaded, logits) for each in wanted}
    told, raw = written(outputs, binary)
    answer = {"model_name": name, "model_version": str(loaded.version)}
    if isinstance(asked.get("id"), str):
        answer["id"] = asked["id"]
    body, headers = joined(answer | {"outputs": told}, raw)
    return Response(body, headers=headers)


def _classes(loaded: Loaded, logits) -> list[str]:
    names = loaded.servable.task.class_names
    return [names[each] for each in logits.argmax(axis=1)]


_OUTPUTS = {
    LOGITS: lambda _, logits: logits,
    PROBABILITIES: lambda loaded, logits: loaded.servable.probabilities(logits),
    CLASSES: _classes,
}


def _wanted(asked: dict) -> tuple[list[str], set[str]]:
    """Returns which outputs are asked for, and which of them as bytes."""
    all_binary = _parameter(asked, "binary_data_output")
    outputs = asked.get("outputs") or [{"name": name} for name in _USUAL]
    wanted, binary = [], set()
    for each in outputs if isinstance(outputs, list) else [None]:
        name = each.get("name") if isinstance(each, dict) else each
        if not isinstance(name, str) or name not in _OUTPUTS:
            raise AskedWrongError(
                f"There is no output {name!r}. Expected: {', '.join(_OUTPUTS)}."
            )
        if _parameter(each, "classification"):
            raise AskedWrongError(
                "`classification` is not answered here: ask for the outputs "
                f"{PROBABILITIES} and {CLASSES}."
            )
        wanted.append(name)
        if _parameter(each, "binary_data", all_binary):
            binary.add(name)
    return wanted, binary


def _parameter(said: dict, name: str, default=False):
    found = said.get("parameters")
    return found.get(name, default) if isinstance(found, dict) else default
