"""A page that tells pictures in a browser, without a server behind it.

A page that is opened as a file may fetch nothing, not even what lies beside
it. What it needs therefore lies in scripts, packed and as text.
"""

import base64
import gzip
import json
import pathlib

from pipelines.evaluation.card_metadata import plain_name
from pipelines.export.browser_runtime import GLUE
from pipelines.export.browser_runtime import PACKAGE
from pipelines.export.browser_runtime import SCRIPT
from pipelines.export.browser_runtime import VERSION
from pipelines.export.browser_runtime import WASM
from pipelines.export.browser_runtime import runtime_files
from pipelines.export.papers import Written
from pipelines.pages.rendering import render
from zoo.weights.atomic import write_atomically

PAGE = "web/index.html"
_NOTICE = (
    f"{SCRIPT} and what runtime.js holds are of npm's {PACKAGE} {VERSION}, "
    "Copyright (c) Microsoft Corporation, MIT License.\n"
)


def write_page(folder: pathlib.Path, written: Written) -> None:
    """Writes `web/`, whose `index.html` any browser opens.

    Args:
        folder: Of a model that was written as ONNX.
        written: What was written there.

    Raises:
        RequestError: The runtime's files cannot be had.
        IntegrityError: They are of another version.
        OSError: The disk is full or the folder cannot be written.
    """
    files = runtime_files()
    place = (folder / PAGE).parent
    place.mkdir()
    program = written.program
    runtime = {"glue": _packed(files[GLUE]), "wasm": _packed(files[WASM])}
    model = {
        "onnx": _packed((folder / written.file).read_bytes()),
        "names": [plain_name(each, whole=True) for each in program.names],
        "answer": program.answer,
    }
    page = render(
        "classifier.html",
        title=written.name,
        lead=f"{len(program.names):,} classes, weights in {written.precision}",
        answer=program.answer,
        runtime=SCRIPT,
    )
    write_atomically(place / SCRIPT, files[SCRIPT])
    write_atomically(place / "runtime.js", _constant("RUNTIME", runtime))
    write_atomically(place / "model.js", _constant("MODEL", model))
    write_atomically(folder / PAGE, page)
    write_atomically(place / "NOTICE", _NOTICE.encode())


def _packed(content: bytes) -> str:
    return base64.b64encode(gzip.compress(content, mtime=0)).decode()


def _constant(name: str, content: dict) -> bytes:
    return f"const {name} = {json.dumps(content)};\n".encode()
