"""The page to drop pictures on, its files, and a page of all routes."""

import pathlib

import jinja2
from fastapi import APIRouter
from fastapi import Request
from fastapi import Response

from pipelines.serving.service import service_of

router = APIRouter(include_in_schema=False)
_FOLDER = pathlib.Path(__file__).with_name("page")
_KINDS = {
    "page.css": "text/css; charset=utf-8",
    "page.js": "text/javascript; charset=utf-8",
    "icon.svg": "image/svg+xml",
}
_HTML = "text/html; charset=utf-8"
_environment = jinja2.Environment(
    loader=jinja2.FileSystemLoader(_FOLDER),
    autoescape=True,
    undefined=jinja2.StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


@router.get("/")
async def page(request: Request) -> Response:
    config = service_of(request).config
    return _rendered(
        "page.html",
        asks_token=config.token_file is not None,
        megabytes=f"{config.megabytes:g}",
    )


@router.get("/docs")
async def docs(request: Request) -> Response:
    routes = [
        {
            "method": method.upper(),
            "path": path,
            "says": said["description"],
            "group": said["tags"][0],
        }
        for path, methods in request.app.openapi()["paths"].items()
        for method, said in methods.items()
    ]
    address = str(request.base_url).rstrip("/")
    return _rendered("docs.html", routes=routes, address=address)


@router.get("/favicon.ico")
async def icon() -> Response:
    return _file("icon.svg")


@router.get("/metrics")
async def metrics(request: Request) -> Response:
    text = service_of(request).metrics.text()
    return Response(text, media_type="text/plain; version=0.0.4; charset=utf-8")


@router.get("/page/page.css")
async def style() -> Response:
    return _file("page.css")


@router.get("/page/page.js")
async def script() -> Response:
    return _file("page.js")


@router.get("/page/icon.svg")
async def page_icon() -> Response:
    return _file("icon.svg")


def _file(name: str) -> Response:
    content = (_FOLDER / name).read_bytes()
    headers = {"Cache-Control": "public, max-age=300"}
    return Response(content, headers=headers, media_type=_KINDS[name])


def _rendered(name: str, **values) -> Response:
    text = _environment.get_template(name).render(values)
    return Response(text, media_type=_HTML)
