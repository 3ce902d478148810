"""Writes what networks of torchvision and timm compute from random weights.

    python tests/parity/export.py --output=DIR --models='resnet*,timm:vit*'
    pytest tests/parity -m parity --parity_files=DIR

The first command runs under an interpreter that has PyTorch (`pip install
torch torchvision timm safetensors efficientnet_lite_pytorch`), the second
under this project's. For each case (see `cases.py`) the folder gets the
weights as `.safetensors` and as `.pth`, and `index.json` gets the logits of
two pictures.

    python tests/parity/export.py --golden

writes the logits of the few cases that always run to `golden.json`; their
weights and pictures are made anew, see `random_tensors.py`.
"""

import argparse
import dataclasses
import importlib.metadata
import json
import pathlib

import timm
import torch
import torchvision
from cases import CASES
from cases import CLASSES
from cases import SEED
from cases import Case
from cases import find_cases
from random_tensors import random_pixels
from random_tensors import random_tensors
from references import BVLCAlexNet
from references import CifarResNet
from safetensors.torch import save_file

_IMAGENET = ((123.675, 116.28, 103.53), (58.395, 57.12, 57.375))
_GOLDEN = pathlib.Path(__file__).with_name("golden.json")


@dataclasses.dataclass(frozen=True)
class Reference:
    """A network of another library.

    Args:
        network: The module.
        version: Of what it was taken from.
        mean: Of R, G and B, 0…255, that the library subtracts.
        std: Likewise, what it divides by.
        is_bgr: Whether it takes the channels the other way round.
    """

    network: torch.nn.Module
    version: str
    mean: tuple
    std: tuple
    is_bgr: bool = False


def _torchvision(case: Case) -> Reference:
    network = torchvision.models.get_model(case.theirs, num_classes=CLASSES)
    weights = torchvision.models.get_model_weights(case.theirs).DEFAULT
    transform = weights.transforms()
    mean, std = ([255 * x for x in v] for v in (transform.mean, transform.std))
    return Reference(network, torchvision.__version__, mean, std)


def _timm(case: Case) -> Reference:
    network = timm.create_model(case.theirs, num_classes=CLASSES)
    known = network.pretrained_cfg
    mean, std = ([255 * x for x in known[key]] for key in ("mean", "std"))
    return Reference(network, timm.__version__, mean, std)


def _lite(case: Case) -> Reference:
    # Only for these cases: it is a package that hardly anybody has.
    from efficientnet_lite_pytorch import EfficientNet

    network = EfficientNet.from_name(
        case.theirs, num_classes=CLASSES, image_size=case.side
    )
    version = importlib.metadata.version("efficientnet_lite_pytorch")
    return Reference(network, version, (127.0,) * 3, (128.0,) * 3)


def _rebuilt(case: Case) -> Reference:
    version = f"rebuilt in torch {torch.__version__}"
    if case.origin == "bvlc":
        means = (123.68, 116.779, 103.939)
        return Reference(
            BVLCAlexNet(CLASSES), version, means, (1.0,) * 3, is_bgr=True
        )
    depth = int(case.theirs.removeprefix("resnet"))
    return Reference(CifarResNet(depth, CLASSES), version, *_IMAGENET)


_LIBRARIES = {
    "torchvision": _torchvision,
    "timm": _timm,
    "bvlc": _rebuilt,
    "akamaster": _rebuilt,
    "efficientnet_lite_pytorch": _lite,
}


def _randomise(network, gain: float, pixel_scale: float) -> None:
    state = network.state_dict()
    shapes = {name: tuple(value.shape) for name, value in state.items()}
    values = random_tensors(shapes, SEED, gain, pixel_scale)
    for name, value in state.items():
        if name in values:
            value.copy_(torch.from_numpy(values[name]))


def _logits(reference: Reference, side: int) -> list:
    pixels = torch.from_numpy(random_pixels(side, SEED)).float()
    x = (pixels - torch.tensor(reference.mean)) / torch.tensor(reference.std)
    if reference.is_bgr:
        x = x.flip(-1)
    with torch.inference_mode():
        logits = reference.network.eval()(x.permute(0, 3, 1, 2).contiguous())
    return logits.numpy().tolist()


def _export(case: Case, folder: pathlib.Path | None) -> dict:
    reference = _LIBRARIES[case.origin.partition("/")[0]](case)
    _randomise(reference.network, case.gain, case.pixel_scale)
    if folder:
        state = reference.network.state_dict()
        save_file(state, folder / f"{case.name}.safetensors")
        torch.save(state, folder / f"{case.name}.pth")
    return {
        **dataclasses.asdict(case),
        "version": reference.version,
        "logits": _logits(reference, case.side),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--output", type=pathlib.Path)
    parser.add_argument("--models", default="*")
    parser.add_argument("--golden", action="store_true")
    arguments = parser.parse_args()
    if bool(arguments.output) == arguments.golden:
        parser.error("say either --output=DIR or --golden")
    cases = find_cases(arguments.models)
    if arguments.golden:
        cases = [case for case in CASES if case.always]
    else:
        arguments.output.mkdir(parents=True, exist_ok=True)
    rows = []
    for case in cases:
        if case.origin.partition("/")[0] in _LIBRARIES:
            print(f"{case.origin}: {case.theirs}", flush=True)
            rows.append(_export(case, arguments.output))
    index = arguments.output / "index.json" if arguments.output else _GOLDEN
    index.write_text(json.dumps(rows, indent=1) + "\n")


if __name__ == "__main__":
    main()
