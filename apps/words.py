"""The words of a command line, understood as people write them.

`--image-size`, `--img_size` and `--imageSize` are all `--image_size`. What is
no flag, but what others call one, is answered by what to do instead.
"""

import difflib
import re
from collections.abc import Iterable

from zoo.errors import RequestError

# What other programs call a flag, by our name for it.
ALIASES = {
    "arch": "model",
    "architecture": "model",
    "backbone": "model",
    "net": "model",
    "network": "model",
    "batch": "global_batch_size",
    "batch_size": "global_batch_size",
    "bs": "global_batch_size",
    "lr": "learning_rate",
    "epoch": "epochs",
    "num_epochs": "epochs",
    "img_size": "image_size",
    "imgsz": "image_size",
    "input_size": "image_size",
    "resolution": "image_size",
    "data_dir": "data",
    "data_path": "data",
    "dataset": "data",
    "out": "output",
    "output_dir": "output",
    "out_dir": "output",
    "save_dir": "output",
    "opt": "optimizer",
    "wd": "weight_decay",
    "scheduler": "schedule",
    "lr_scheduler": "schedule",
    "warmup_epochs": "warmup",
    "smoothing": "label_smoothing",
    "aug": "augmentation",
    "augment": "augmentation",
    "ema_decay": "ema",
    "grad_accum": "accumulate",
    "accumulation_steps": "accumulate",
    "early_stopping": "patience",
    "checkpoint": "weights",
    "random_seed": "seed",
    # A word of Python's own, which no setting can be called.
    "class": "class_name",
}
_CLASSES = (
    "the classes are those of the pictures, a sub-folder each. Leave it out."
)
_DEVICES = (
    "all GPUs that can be seen are used; CUDA_VISIBLE_DEVICES says which can."
)
_CORES = "all cores are used by themselves. Leave it out."
# What others have a flag for, and what to do here.
ADVICE = {
    "num_classes": _CLASSES,
    "n_classes": _CLASSES,
    "classes": _CLASSES,
    "pretrained": "give the weights' name, such as `weights=imagenet`; "
    "finetune starts from pretrained weights by itself.",
    "device": _DEVICES,
    "gpu": _DEVICES,
    "gpus": _DEVICES,
    "num_workers": _CORES,
    "workers": _CORES,
    "amp": "give `precision=bfloat16` or `precision=float16`; auto chooses.",
    "fp16": "give `precision=float16`.",
    "bf16": "give `precision=bfloat16`.",
    "val_data": "put train/ and val/ into one folder, and give that.",
    "val_dir": "put train/ and val/ into one folder, and give that.",
}
_FLAG = re.compile(r"--?([A-Za-z][\w-]*)(?==|$)")


def understood(
    words: Iterable[str], names: Iterable[str], switches: Iterable[str]
) -> list[str]:
    """Returns the words of a command line with its flags as we spell them.

    Args:
        words: As they were given.
        names: The flags of the command.
        switches: Those of them that stand alone, as `--name` or `--noname`.

    Raises:
        RequestError: A flag has no meaning here, or no value where it needs
            one; says what has.

    Example:

    ```python
    from apps.words import understood
    words = ["--img-size=64", "--no-cache", "photos/"]
    assert understood(words, ["image_size", "cache"], ["cache"]) == [
        "--image_size=64", "--nocache", "photos/"]
    ```
    """
    names, switches = set(names), set(switches)
    spelt = _spellings(names, switches)
    found, words = [], list(words)
    while words:
        word = words.pop(0)
        match = _FLAG.match(word)
        if word == "--":
            return [*found, word, *words]
        if not match:
            found.append(word)
            continue
        name = spelt.get(_squashed(match[1]))
        if name is None:
            raise RequestError(_no_such_flag(match[1], names))
        found.append(f"--{name}{word[match.end() :]}")
        if name in names - switches and "=" not in word and words:
            _check_value(name, words[0])
            found.append(words.pop(0))
    return found


def _check_value(name: str, word: str) -> None:
    """Refuses another flag, however it is spelt, where a value should stand."""
    if word.startswith("--") and _FLAG.match(word):
        raise RequestError(
            f"--{name} has no value: {word} behind it is a flag of its own. "
            f"Write --{name}=…"
        )


def _squashed(name: str) -> str:
    return name.replace("-", "").replace("_", "").lower()


def _spellings(names: set, switches: set) -> dict[str, str]:
    """All ways to write a flag, squashed, and the flag."""
    aliases = {
        _squashed(alias): name
        for alias, name in ALIASES.items()
        if name in names
    }
    off = {_squashed(f"no{name}"): f"no{name}" for name in switches}
    return aliases | off | {_squashed(name): name for name in names}


def _no_such_flag(name: str, names: set) -> str:
    advice = ADVICE.get(name.replace("-", "_").lower())
    if advice:
        return f"there is no flag --{name}: {advice}"
    near = close(name.replace("-", "_"), names)
    return f"there is no flag --{name}. " + (
        f"Nearest: {', '.join(f'--{each}' for each in near)}."
        if near
        else "--help lists them."
    )


def close(name: str, known: Iterable[str]) -> list[str]:
    """Returns the known names that are like `name`, the best first."""
    return difflib.get_close_matches(name.lower(), sorted(known), 3, 0.6)
