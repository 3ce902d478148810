"""How long weights take to load, and how much memory beside the model."""

import math
import pathlib
import pickle
import struct
import tempfile
import time
import zipfile

import numpy as np

from zoo.errors import RequestError
from zoo.registry import create_model
from zoo.weights.files import variable_names
from zoo.weights.fitting import load_weights
from zoo.weights.origins import origins_of
from zoo.weights.translation import TABLES
from zoo.weights.translation import to_theirs

_STATUS = pathlib.Path("/proc/self/status")


def benchmark_loading(
    model: str, weights=None, *, rounds: int = 3, origin: str | None = None
) -> dict:
    """Loads a file into a model, several times.

    Args:
        model: The variant's name.
        weights: A file; where None, one is made as PyTorch would write it.
        rounds: How often; the best time and the most memory count.
        origin: Whose network, where the file does not say it.

    Returns:
        `seconds` to read and load; `extra_mebibytes`, the peak above what the
        process with the model takes (None where Linux does not tell);
        `model_mebibytes` and `file_mebibytes`.

    Raises:
        RequestError: There is no such file, or no other library has the
            model.
    """
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(weights or f"{folder}/{model}.pth")
        if weights is None:
            origin = origin or _first_origin(model)
        network = create_model(model, origin=origin)
        if weights is None:
            _write_theirs(path, network, origin)
        results = [_load(network, path, origin) for _ in range(rounds)]
        size = path.stat().st_size
    own = sum(math.prod(v.shape) for v in variable_names(network).values())
    extra = [more for _, more in results if more is not None]
    return {
        "model": model,
        "file": path.name,
        "seconds": min(seconds for seconds, _ in results),
        "extra_mebibytes": max(extra) if extra else None,
        "model_mebibytes": own * 4 / 2**20,
        "file_mebibytes": size / 2**20,
    }


def _load(network, path, origin) -> tuple[float, float | None]:
    before = _forget_the_peak()
    start = time.perf_counter()
    load_weights(network, path, origin=origin)
    seconds = time.perf_counter() - start
    peak = _status("VmHWM")
    return seconds, None if before is None else peak - before


def _status(entry: str) -> float | None:
    if not _STATUS.exists():
        return None
    lines = _STATUS.read_text().splitlines()
    values = dict(line.split(":", 1) for line in lines)
    return int(values[entry].split()[0]) / 1024


def _forget_the_peak() -> float | None:
    """Starts a new peak, and returns what the process takes now."""
    try:
        pathlib.Path("/proc/self/clear_refs").write_text("5")
    except OSError:
        return None
    return _status("VmRSS")


def _first_origin(model: str) -> str:
    for name, origin in origins_of(model).items():
        if origin.library in ("torchvision", "timm"):
            return name
    raise RequestError(
        f"No library of PyTorch publishes weights for {model!r}. Name a file."
    )


def _write_theirs(path, network, origin: str) -> None:
    """Writes a model's weights under another library's names."""
    tensors = {
        name: np.asarray(variable)
        for name, variable in variable_names(network).items()
    }
    for table in TABLES:
        if table.library != origin.partition("/")[0]:
            continue
        try:
            theirs = to_theirs(table, tensors)
        except (LookupError, ValueError, AttributeError):
            continue
        if table.fits(theirs):
            write_pth(path, theirs)
            return
    raise RequestError(f"No table of {origin!r} has the names of this model.")


def write_pth(path, tensors) -> None:
    """Writes float32 tensors as `torch.save` does, without PyTorch.

    Args:
        path: The new file.
        tensors: By name.

    Example:

    ```python
    import tempfile
    import numpy as np
    from zoo.weights import reading
    from pipelines.benchmarks.weights import write_pth

    with tempfile.TemporaryDirectory() as folder:
        write_pth(f"{folder}/w.pth", {"fc.bias": np.ones(3)})
        assert reading.read(f"{folder}/w.pth")["fc.bias"].sum() == 3
    ```
    """
    items = b""
    with zipfile.ZipFile(path, "w") as archive:
        for number, (name, tensor) in enumerate(tensors.items()):
            data = np.ascontiguousarray(tensor, "<f4")
            archive.writestr(f"archive/data/{number}", data.data)
            items += _word(name) + _tensor(str(number), data)
        archive.writestr("archive/data.pkl", b"\x80\x02}(" + items + b"u.")
        archive.writestr("archive/byteorder", b"little")


def _tensor(key: str, data: np.ndarray) -> bytes:
    """The pickle of one tensor: a storage of its own, and a view of it."""
    strides = [stride // data.itemsize for stride in data.strides]
    storage = _tuple(
        _word("storage"),
        b"ctorch\nFloatStorage\n",
        _word(key),
        _word("cpu"),
        _number(data.size),
    )
    return (
        b"ctorch._utils\n_rebuild_tensor_v2\n"
        + _tuple(
            storage + b"Q",
            _number(0),
            _tuple(*map(_number, data.shape)),
            _tuple(*map(_number, strides)),
            b"\x89",
            b"ccollections\nOrderedDict\n)R",
        )
        + b"R"
    )


def _tuple(*parts: bytes) -> bytes:
    return b"(" + b"".join(parts) + b"t"


def _word(text: str) -> bytes:
    data = text.encode()
    return b"X" + struct.pack("<I", len(data)) + data


def _number(value: int) -> bytes:
    # Between the two bytes that begin a pickle and the one that ends it.
    return pickle.dumps(int(value), 2)[2:-1]


def told(found: dict) -> str:
    """Writes what `benchmark_loading` returns as a line."""
    extra = found["extra_mebibytes"]
    return (
        f"{found['model']} from {found['file']}, "
        f"{found['file_mebibytes']:.0f} MiB: {found['seconds']:.2f} s, "
        f"{'?' if extra is None else round(extra)} MiB above the model's "
        f"{found['model_mebibytes']:.0f} MiB"
    )
