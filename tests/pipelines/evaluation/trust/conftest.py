"""A finished run whose logits are twice as large as they should be."""

import keras
import numpy as np
import pytest
from PIL import Image

import zoo
from pipelines.data.sources.opening import open_splits
from pipelines.evaluation.trust.running import logits_of
from pipelines.runs.places import CONFIG
from pipelines.runs.run_folder import RunFolder
from pipelines.runs.split_list import write_split
from pipelines.tasks.softmax import softmax

TEMPERATURE = 2.0
NAMES = ("blue", "green")


def _pictures(folder, names, seed):
    """Pictures without a class yet, by their paths."""
    random = np.random.default_rng(seed)
    folder.mkdir(parents=True)
    for name in names:
        pixels = random.integers(0, 256, (4, 4, 3), "uint8")
        picture = Image.fromarray(pixels).resize((16, 16))
        picture.save(folder / f"{name}.png")


def _draw_classes(model, folder, seed):
    """Moves each picture to a class that is as likely as it should be."""
    examples = open_splits(str(folder), seed=None, least_classes=1).train
    chances = softmax(logits_of(model, examples) / TEMPERATURE)
    drawn = np.random.default_rng(seed).random(len(examples)) < chances[:, 1]
    for name, second in zip(examples.names, drawn, strict=True):
        path = folder / NAMES[int(second)] / name.rpartition("/")[2]
        path.parent.mkdir(exist_ok=True)
        (folder / "all" / path.name).rename(path)
    (folder / "all").rmdir()


@pytest.fixture(scope="session")
def too_sure(tiny, tmp_path_factory):
    """A run's folder and its data: 40 pictures learned, 400 held out."""
    root = tmp_path_factory.mktemp("too_sure")
    keras.utils.set_random_seed(5)
    model = tiny(NAMES)
    data = root / "photos"
    for part, count in (("train", 40), ("val", 400)):
        folder = data / part
        _pictures(folder / "all", range(count), count)
        if part == "train":
            examples = open_splits(str(folder), seed=None, least_classes=1)
            # Both classes alike, and the logits some units apart.
            found = logits_of(model, examples.train)
            gap = found[:, 1] - found[:, 0]
            head = model.get_layer("head_logits")
            scale = 4 / gap.std()
            head.kernel.assign(head.kernel * scale)
            head.bias.assign([0, -scale * gap.mean()])
        _draw_classes(model, folder, count)
    with RunFolder(root / "run") as run:
        run.write_config({"model": "tiny", "data": str(data), "epochs": 1})
        write_split(run.path, open_splits(str(data)))
        run.save_model(model)
        run.write_json("metrics.json", {})
    assert (root / "run" / CONFIG).is_file()
    zoo.set_logit_scaling(model, None)
    return root / "run", data
