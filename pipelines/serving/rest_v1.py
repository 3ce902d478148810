"""TensorFlow Serving's REST interface, version 1.

Logits come out, as of a SavedModel that `zoo export` writes, so that who asked
the one may ask the other.
"""

from fastapi import APIRouter
from fastapi import Request

from pipelines.serving.bodies import json_of
from pipelines.serving.bodies import picture_of
from pipelines.serving.describing import json_body
from pipelines.serving.problems import AskedWrongError
from pipelines.serving.service import service_of

router = APIRouter(prefix="/v1/models", tags=["TensorFlow Serving"])
_MODEL = "/{name}"
_VERSION = "/{name}/versions/{version}"
_SIGNATURE = "serving_default"
_ASKED = json_body(
    {
        "instances": [{"b64": "the bytes of a picture's file, in base64"}],
    }
)


@router.get(_MODEL)
async def status(request: Request, name: str) -> dict:
    """Which versions of a model answer."""
    versions = service_of(request).repository.versions(name)
    return {"model_version_status": [_state(each) for each in versions]}


@router.get(_VERSION)
async def status_of_version(request: Request, name: str, version: str) -> dict:
    """Whether a version of a model answers."""
    found = service_of(request).repository.find(name, version)
    return {"model_version_status": [_state(found.version)]}


@router.post(_MODEL + ":predict", openapi_extra=_ASKED)
async def predict(request: Request, name: str) -> dict:
    """The logits of pictures, by the newest version of a model."""
    return await _predict(request, name, None)


@router.post(_VERSION + ":predict", openapi_extra=_ASKED)
async def predict_by_version(request: Request, name: str, version: str) -> dict:
    """The logits of pictures, by one version of a model."""
    return await _predict(request, name, version)


async def _predict(request: Request, name: str, version: str | None) -> dict:
    service = service_of(request)
    with service.repository.using(name, version) as loaded:
        asked = json_of(await request.body())
        word, pictures = _pictures(asked)
        found = await service.logits(loaded, pictures)
    return {_ANSWERS[word]: found.tolist()}


# What the answers are called to what the pictures are called.
_ANSWERS = {"instances": "predictions", "inputs": "outputs"}


def _pictures(asked: dict):
    """Returns by which word pictures are given, and the pictures."""
    signature = asked.get("signature_name") or _SIGNATURE
    if signature != _SIGNATURE:
        raise AskedWrongError(
            f"There is no signature {signature!r}. Expected {_SIGNATURE!r}."
        )
    words = [word for word in _ANSWERS if word in asked]
    if len(words) != 1:
        raise AskedWrongError('Expected one of "instances" and "inputs".')
    (word,) = words
    given = asked[word]
    if word == "inputs" and isinstance(given, dict) and len(given) == 1:
        (given,) = given.values()
    if not isinstance(given, list):
        raise AskedWrongError(f"{word!r} is no list of pictures.")
    return word, [picture_of(each) for each in given]


def _state(version: int) -> dict:
    ok = {"error_code": "OK", "error_message": ""}
    return {"version": str(version), "state": "AVAILABLE", "status": ok}
