"""Writes what torchvision and timm show their networks of some pictures.

    python tests/parity/export_pictures.py --output=DIR
    pytest tests/parity -m parity --parity_pictures=DIR

The first command runs under an interpreter that has PyTorch, torchvision and
timm, and asks the libraries what they do with the pictures of each set of
weights in our table; sets of which they do the same are there once. The folder
gets the pixels as `.npz`, and `index.json` says which are whose. The pictures
are made up, or `--pictures='photos/*.jpg'`.

    python tests/parity/export_pictures.py --golden

writes the sides after resizing and where the crop begins to `geometry.json`,
which the tests that always run read.
"""

import argparse
import glob
import json
import pathlib

import numpy as np
import timm
import timm.data
import torchvision
from PIL import Image
from random_tensors import picture

_HERE = pathlib.Path(__file__).resolve().parent
_TABLE = _HERE.parents[1] / "zoo" / "weights" / "data" / "published.json"
_GOLDEN = _HERE / "geometry.json"
# Height and width: of photos, of odd rests on either side, tiny, narrow, and
# such as need no resizing.
SIZES = (
    *((375, 500), (500, 375), (333, 499), (427, 641), (1, 1), (5, 3)),
    *((17, 230), (224, 224), (256, 341), (480, 480), (289, 288)),
)


def _of_timm(row: dict, side: int):
    """timm's own transformation of a set, up to bytes, and what decides it."""
    name = row["hub_id"].removeprefix("timm/")
    known = timm.models.get_pretrained_cfg(name).to_dict()
    # The size that it was trained at, or that it is tested at.
    config = next(
        config
        for tested in (False, True)
        for config in [timm.data.resolve_data_config({}, known, None, tested)]
        if config["input_size"][1] == side
    )
    transform = timm.data.create_transform(**config, normalize=False)
    key = [config[part] for part in ("crop_pct", "crop_mode", "interpolation")]
    return lambda image: transform(image).numpy(), key


def _of_torchvision(row: dict, side: int):
    """Likewise torchvision's, whose pixels are turned back into bytes."""
    file = row["url"].rpartition("/")[2]
    preset = next(
        weights.transforms()
        for name in torchvision.models.list_models(module=torchvision.models)
        for weights in torchvision.models.get_model_weights(name)
        if weights.url.endswith(file)
    )
    mean, std = (
        np.reshape(values, (3, 1, 1)) for values in (preset.mean, preset.std)
    )

    def transform(image):
        return np.rint(255 * (preset(image).numpy() * std + mean))

    return transform, [preset.resize_size, preset.interpolation.value]


_LIBRARIES = {"torchvision": _of_torchvision, "timm": _of_timm}


def _sets():
    """Yields sets of which the libraries do something different, and how."""
    seen = []
    for row in json.loads(_TABLE.read_text()):
        library = row["origin"].partition("/")[0]
        if library not in _LIBRARIES:
            continue
        for tested, part in enumerate(("image_size", "test_size")):
            side = row["preprocessing"].get(part)
            if side is None:
                continue
            transform, how = _LIBRARIES[library](row, side)
            key = [library, side, tested, *how]
            if key not in seen:
                seen.append(key)
                about = {"model": row["model"], "weights": row["name"]}
                yield {**about, "tested": bool(tested)}, transform


def _watched(transform, image) -> tuple[list, list]:
    """Height and width after resizing, and top and left of the crop."""
    resized, start = [*image.size[::-1]], [0, 0]
    resize, crop = Image.Image.resize, Image.Image.crop

    def watched_resize(self, size, *arguments, **options):
        resized[:] = size[::-1]
        return resize(self, size, *arguments, **options)

    def watched_crop(self, box=None):
        start[:] = box[1::-1]
        return crop(self, box)

    Image.Image.resize, Image.Image.crop = watched_resize, watched_crop
    try:
        transform(image)
    finally:
        Image.Image.resize, Image.Image.crop = resize, crop
    return resized, start


def _write_golden() -> None:
    lines = []
    for about, transform in _sets():
        found = []
        for height, width in SIZES:
            image = Image.new("RGB", (width, height))
            resized, start = _watched(transform, image)
            found.append([[height, width], resized, start])
        lines.append(json.dumps({**about, "pictures": found}))
    _GOLDEN.write_text("[\n" + ",\n".join(lines) + "\n]\n")


def _pictures(pattern: str | None):
    """Yields the pictures by name."""
    if pattern is None:
        for height, width in SIZES:
            yield f"{height}x{width}", Image.fromarray(picture(height, width))
    for path in sorted(glob.glob(pattern or "")):
        yield pathlib.Path(path).name, Image.open(path).convert("RGB")


def _write_pixels(folder: pathlib.Path, pattern: str | None) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    rows = []
    for number, (about, transform) in enumerate(_sets()):
        arrays = {}
        for name, image in _pictures(pattern):
            arrays[f"{name} given"] = np.asarray(image)
            shown = transform(image).transpose(1, 2, 0)
            arrays[f"{name} shown"] = shown.astype("uint8")
        file = f"{number}.npz"
        np.savez_compressed(folder / file, **arrays)
        rows.append({**about, "file": file})
        print(*about.values(), flush=True)
    index = json.dumps(rows, indent=1) + "\n"
    (folder / "index.json").write_text(index)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--output", type=pathlib.Path)
    parser.add_argument("--pictures")
    parser.add_argument("--golden", action="store_true")
    arguments = parser.parse_args()
    if bool(arguments.output) == arguments.golden:
        parser.error("say either --output=DIR or --golden")
    if arguments.golden:
        _write_golden()
    else:
        _write_pixels(arguments.output, arguments.pictures)


if __name__ == "__main__":
    main()
