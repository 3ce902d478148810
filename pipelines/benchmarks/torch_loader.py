"""PyTorch's DataLoader as a subject of the benchmark `pipeline`.

    PYTHON pipelines/benchmarks/torch_loader.py \
        '{"data": "FOLDER", "image_size": 224, …}'

Run by an interpreter that has torch and Pillow, and takes torchvision's
transforms where they are; it speaks as pipelines/benchmarks/pipeline_worker.py
does. Here because no package of this project imports torch.
"""

import json
import math
import os
import pathlib
import random
import sys

import numpy as np
import torch
from PIL import Image

sys.path.insert(0, str(pathlib.Path(__file__).parents[2]))

from pipelines.benchmarks.pipeline_worker import serve

AREA, ASPECT = (0.08, 1.0), (3 / 4, 4 / 3)


def pillow_transform(size):
    """Torchvision's RandomResizedCrop and flip, on Pillow alone."""

    def transform(image):
        width, height = image.size
        for _ in range(10):
            area = width * height * random.uniform(*AREA)
            ratio = math.exp(random.uniform(*map(math.log, ASPECT)))
            w = round(math.sqrt(area * ratio))
            h = round(math.sqrt(area / ratio))
            if 0 < w <= width and 0 < h <= height:
                left = random.randint(0, width - w)
                top = random.randint(0, height - h)
                break
        else:
            left, top, w, h = 0, 0, width, height
        image = image.crop((left, top, left + w, top + h))
        image = image.resize((size, size), Image.Resampling.BILINEAR)
        if random.random() < 0.5:
            image = image.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
        return torch.from_numpy(np.asarray(image).copy()).permute(2, 0, 1)

    return transform


def torchvision_transform(size):
    from torchvision import transforms

    return transforms.Compose(
        [
            transforms.RandomResizedCrop(size, scale=AREA, ratio=ASPECT),
            transforms.RandomHorizontalFlip(),
            transforms.PILToTensor(),
        ]
    )


class Folder(torch.utils.data.Dataset):
    """Pictures of a folder with one sub-folder a class."""

    def __init__(self, folder, transform):
        classes = sorted(
            entry.name for entry in os.scandir(folder) if entry.is_dir()
        )
        self.files = [
            (os.path.join(folder, name, file), label)
            for label, name in enumerate(classes)
            for file in sorted(os.listdir(os.path.join(folder, name)))
        ]
        self.transform = transform

    def __len__(self):
        return len(self.files)

    def __getitem__(self, index):
        path, label = self.files[index]
        with Image.open(path) as image:
            return self.transform(image.convert("RGB")), label


def batches(asked):
    try:
        transform = torchvision_transform(asked["image_size"])
    except (ImportError, RuntimeError):
        # Not there, or built for another torch.
        transform = pillow_transform(asked["image_size"])
    loader = torch.utils.data.DataLoader(
        Folder(asked["folder"], transform),
        batch_size=asked["batch_size"],
        shuffle=True,
        num_workers=len(os.sched_getaffinity(0)),
        drop_last=True,
        persistent_workers=True,
    )
    while True:
        yield from loader


if __name__ == "__main__":
    request = json.loads(sys.argv[1])
    endless = batches(request)
    serve(lambda: next(endless), request["batch_size"], sys.stdin, sys.stdout)
