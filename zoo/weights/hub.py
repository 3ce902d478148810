"""Weights of the Hugging Face Hub: `hf://ORGANISATION/MODEL[@REVISION]`.

`huggingface_hub` is an extra of this project, keeps its own
cache and is imported when it is needed. Only `model.safetensors` is fetched,
and `config.json`, in which timm says what the weights expect of a picture.
Our own weights say it themselves.
"""

import json
import pathlib
import re

from zoo.errors import RequestError
from zoo.extras import installing
from zoo.preprocessing import INTERPOLATIONS
from zoo.preprocessing import Preprocessing
from zoo.weights.classes import imagenet_names
from zoo.weights.downloading.places import is_offline
from zoo.weights.facts import Facts
from zoo.weights.origins import canonical

_START = "hf://"
_FORM = re.compile(r"hf://([\w.-]+/[\w.-]+)(?:@([\w./-]+))?")
WEIGHTS = "model.safetensors"
CONFIG = "config.json"
# What our own configurations say, under `library_name`.
LIBRARY = "keras-zoo"
_MAX_CONFIG = 1 << 20
# What timm calls `crop_mode`; where it is anything else, as nearly all are.
_GEOMETRIES = {"center": "timm", "squash": "timm_squash"}


def is_address(weights) -> bool:
    """Whether `weights` names a model of the Hub."""
    return isinstance(weights, str) and weights.startswith(_START)


def parse(address: str) -> tuple[str, str | None]:
    """Returns the model's id and its revision, or None.

    Raises:
        RequestError: It is no such address.

    Example:

    ```python
    from zoo.weights import hub
    assert hub.parse("hf://timm/resnet50.a1_in1k@v1") == (
        "timm/resnet50.a1_in1k", "v1")
    ```
    """
    found = _FORM.fullmatch(address)
    if not found:
        raise RequestError(
            "A model of the Hub is hf://ORGANISATION/MODEL or "
            f"hf://ORGANISATION/MODEL@REVISION. Received: {address!r}"
        )
    return found[1], found[2]


def fetch(address: str) -> tuple[pathlib.Path, Facts | None]:
    """Returns the path of a model's weights, and what is known of them.

    Of our own that is None: their file says it.

    Raises:
        RequestError: There is no such model, it cannot be fetched, or
            `huggingface_hub` is not there.
    """
    name, revision = parse(address)
    path = _download(name, WEIGHTS, revision)
    try:
        config = _read_config(_download(name, CONFIG, revision))
    except RequestError:
        # Not every model has one.
        config = {}
    ours = config.get("library_name") == LIBRARY
    return path, None if ours else describe(name, config)


def describe(name: str, config: dict) -> Facts:
    """Returns what the id and the configuration of a model say.

    Args:
        name: Such as `"timm/tf_efficientnet_b0.aa_in1k"`.
        config: The contents of `config.json`; empty where there is none.
    """
    library, _, model = name.partition("/")
    known = config.get("pretrained_cfg")
    known = known if isinstance(known, dict) else {}
    thousand = config.get("num_classes", known.get("num_classes")) == 1000
    return Facts(
        canonical(name) if library == "timm" else None,
        _preprocessing(known),
        imagenet_names() if thousand and model.endswith("in1k") else None,
    )


def _preprocessing(known: dict) -> Preprocessing | None:
    """timm's record: mean and std in 0…1, sizes as (channels, h, w)."""
    try:
        interpolation = known.get("interpolation", "bicubic")
        if interpolation not in INTERPOLATIONS:
            interpolation = "bicubic"
        tested = known.get("test_input_size")
        cropped = known.get("test_crop_pct")
        return Preprocessing(
            int(known["input_size"][1]),
            tuple(round(255 * value, 4) for value in known["mean"]),
            tuple(round(255 * value, 4) for value in known["std"]),
            float(known["crop_pct"]),
            interpolation,
            _GEOMETRIES.get(known.get("crop_mode"), "timm"),
            int(tested[1]) if tested else None,
            float(cropped) if tested and cropped else None,
        )
    except (LookupError, TypeError, ValueError):
        return None


def _read_config(path) -> dict:
    try:
        if path.stat().st_size > _MAX_CONFIG:
            return {}
        config = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return {}
    return config if isinstance(config, dict) else {}


def _download(name: str, file: str, revision: str | None) -> pathlib.Path:
    try:
        from huggingface_hub import hf_hub_download
    except ImportError as error:
        raise RequestError(
            f"hf://{name} is fetched by huggingface_hub, which is not there. "
            f"Expected: {installing('hub')}"
        ) from error
    try:
        path = hf_hub_download(
            name, file, revision=revision, local_files_only=is_offline()
        )
    except (OSError, ValueError, RuntimeError) as error:
        # Its errors are of many classes, all of them one of these.
        reason = " ".join(str(error).split())[:300].rstrip(".")
        raise RequestError(
            f"{file} of hf://{name} cannot be fetched: {reason}. By hand: "
            f"fetch https://huggingface.co/{name}/resolve/"
            f"{revision or 'main'}/{file} and give its path as `weights`."
        ) from error
    return pathlib.Path(path)
