"""Writes the maps that grad-cam and captum draw of networks of torch.

    python tests/parity/export_maps.py

It runs under an interpreter that has PyTorch (`pip install torch torchvision
grad-cam captum safetensors`) and writes `maps.json`, which `test_maps.py`
reads; weights and pictures are made anew by either, see `random_tensors.py`.
Maps are as the libraries compute them before they enlarge and scale them.

The enlarging of Score-CAM's masks is PyTorch's without aligned corners, as
that of all our maps.
"""

import json
import pathlib

import captum
import captum.attr
import numpy as np
import pytorch_grad_cam
import torch
import torchvision
from cases import CLASSES
from cases import SEED
from map_cases import CLASSES_ASKED
from map_cases import MAP_CASES
from map_cases import WINDOWS
from map_cases import MapCase
from pytorch_grad_cam.metrics.road import NoisyLinearImputer
from pytorch_grad_cam.utils.model_targets import ClassifierOutputTarget
from random_tensors import picture
from random_tensors import random_pixels
from random_tensors import random_tensors
from references import CifarResNet

_FILE = pathlib.Path(__file__).with_name("maps.json")
_MEAN, _STD = (123.675, 116.28, 103.53), (58.395, 57.12, 57.375)
_CAMS = {
    "grad_cam": pytorch_grad_cam.GradCAM,
    "hires_cam": pytorch_grad_cam.HiResCAM,
    "grad_cam_plus_plus": pytorch_grad_cam.GradCAMPlusPlus,
    "layer_cam": pytorch_grad_cam.LayerCAM,
    "eigen_cam": pytorch_grad_cam.EigenCAM,
    "score_cam": pytorch_grad_cam.ScoreCAM,
}


class _Bilinear(torch.nn.Upsample):
    def __init__(self, size):
        super().__init__(size=tuple(size), mode="bilinear")


def _network(case: MapCase):
    if case.origin == "akamaster":
        network = CifarResNet(20, CLASSES)
    else:
        network = torchvision.models.get_model(case.model, num_classes=CLASSES)
    state = network.state_dict()
    shapes = {name: tuple(value.shape) for name, value in state.items()}
    values = random_tensors(shapes, SEED, case.gain)
    for name, value in state.items():
        if name in values:
            value.copy_(torch.from_numpy(values[name]))
    return network.eval()


def _scaled(pixels):
    x = torch.from_numpy(pixels).float() - torch.tensor(_MEAN)
    return (x / torch.tensor(_STD)).permute(0, 3, 1, 2).contiguous()


def _cams(case: MapCase, network, x) -> dict:
    """Runs each as its own `forward` does, up to its enlarging."""
    layer = network.get_submodule(case.layer)
    targets = [ClassifierOutputTarget(number) for number in CLASSES_ASKED]
    found = {}
    for name, kind in _CAMS.items():
        if name in case.left_out:
            continue
        with kind(network, [layer]) as cam:
            outputs = cam.activations_and_grads(x)
            network.zero_grad()
            pairs = zip(targets, outputs, strict=True)
            sum(target(each) for target, each in pairs).backward()
            held = cam.activations_and_grads
            gradients = [each.numpy() for each in held.gradients]
            activations = held.activations[0].numpy()
            found[name] = cam.get_cam_image(
                x, layer, targets, activations, gradients[0], False
            )
    return found


def _attributions(case: MapCase, network, x) -> dict:
    targets = list(CLASSES_ASKED)
    gradients = captum.attr.IntegratedGradients(network).attribute(
        x, baselines=0, target=targets, n_steps=32
    )
    side = x.shape[-1] // WINDOWS
    with torch.no_grad():
        covered = captum.attr.Occlusion(network).attribute(
            x,
            sliding_window_shapes=(3, side, side),
            strides=(3, side, side),
            baselines=0,
            target=targets,
        )
    return {
        "integrated_gradients": gradients.detach().numpy().sum(axis=1),
        "occlusion": covered.numpy()[:, 0],
    }


def _imputed() -> dict:
    """The imputation of ROAD without noise, of a picture with a hole."""
    pixels = picture(24, 24)
    y, x = np.mgrid[:24, :24]
    there = ~((y - 12) ** 2 + (x - 8) ** 2 < 49)
    tensor = torch.from_numpy(pixels).permute(2, 0, 1).float() / 255
    mask = torch.from_numpy(there).float()
    found = NoisyLinearImputer(noise=0.0)(tensor, mask)
    return {
        "radius_squared": 49,
        "pixels": (255 * found).permute(1, 2, 0).numpy().round(4).tolist(),
    }


def _export(case: MapCase) -> dict:
    network = _network(case)
    x = _scaled(random_pixels(case.side, SEED))
    maps = _cams(case, network, x) | _attributions(case, network, x)
    every = case.every
    return {
        "model": case.model,
        "version": f"torch {torch.__version__}, captum {captum.__version__}",
        # A part of the pixels of large maps is enough to tell them apart.
        "maps": {
            name: _rounded(
                each if each.shape[1] < case.side else each[:, ::every, ::every]
            )
            for name, each in maps.items()
        },
    }


def _rounded(values) -> list:
    """Six figures of each number: a hundredth of what is compared."""
    return [
        [[float(f"{x:.6g}") for x in row] for row in each]
        for each in np.asarray(values, "float64")
    ]


def main() -> None:
    torch.nn.UpsamplingBilinear2d = _Bilinear
    rows = [_export(case) for case in MAP_CASES]
    held = {"maps": rows, "imputed": _imputed()}
    _FILE.write_text(json.dumps(held) + "\n")


if __name__ == "__main__":
    main()
