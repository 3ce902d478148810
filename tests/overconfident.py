"""A finished run whose logits are twice as large as they should be."""

import numpy as np
import pytest
from PIL import Image

TEMPERATURE = 2.0
NAMES = ("blue", "green")


def network():
    """A small classifier of the zoo."""
    import keras

    import zoo
    from zoo.resnet import ResNet
    from zoo.resnet import ResNetSpec

    keras.utils.set_random_seed(5)
    spec = ResNetSpec(
        "tiny",
        repeats=(1, 1),
        bottleneck=False,
        stem="cifar",
        shortcut="pad",
        widths=(8, 16),
        image_size=16,
        classes=len(NAMES),
    )
    model = ResNet(spec)
    zoo.set_class_names(model, NAMES)
    return model


def draw_pictures(folder, count):
    """Pictures that have no class yet."""
    random = np.random.default_rng(count)
    folder.mkdir(parents=True)
    for name in range(count):
        pixels = random.integers(0, 256, (4, 4, 3), "uint8")
        picture = Image.fromarray(pixels).resize((16, 16))
        picture.save(folder / f"{name}.png")


def logits_of_folder(model, folder):
    """Paths of all pictures below a folder, and their logits."""
    from pipelines.data.sources.opening import open_splits
    from pipelines.evaluation.trust.running import logits_of

    examples = open_splits(str(folder), seed=None, least_classes=1).train
    return list(examples.names), logits_of(model, examples)


def spread(model, logits) -> None:
    """Makes both classes alike, and their logits some units apart."""
    gap = logits[:, 1] - logits[:, 0]
    head = model.get_layer("head_logits")
    scale = 4 / gap.std()
    head.kernel.assign(head.kernel * scale)
    head.bias.assign([0, -scale * gap.mean()])


def draw_classes(model, folder):
    """Moves each picture to a class, as often as it should be in it."""
    names, logits = logits_of_folder(model, folder)
    gap = (logits[:, 1] - logits[:, 0]) / TEMPERATURE
    random = np.random.default_rng(len(names))
    drawn = random.random(len(names)) < 1 / (1 + np.exp(-gap))
    for name, second in zip(names, drawn, strict=True):
        path = folder / NAMES[int(second)] / name.rpartition("/")[2]
        path.parent.mkdir(exist_ok=True)
        (folder / "all" / path.name).rename(path)
    (folder / "all").rmdir()


@pytest.fixture(scope="session")
def too_sure(tmp_path_factory):
    """A run's folder and its data: 40 pictures learned, 400 held out."""
    from pipelines.data.sources.opening import open_splits
    from pipelines.evaluation.judged_files import write_csv
    from pipelines.runs.run_folder import RunFolder
    from pipelines.runs.split_list import write_split
    from pipelines.tasks.table import task_of_model

    root = tmp_path_factory.mktemp("too_sure")
    model, data = network(), root / "photos"
    for part, count in (("train", 40), ("val", 400)):
        draw_pictures(data / part / "all", count)
        if part == "train":
            spread(model, logits_of_folder(model, data / part)[1])
        draw_classes(model, data / part)
    splits = open_splits(str(data))
    with RunFolder(root / "run") as run:
        run.write_config({"model": "tiny", "data": str(data), "epochs": 1})
        write_split(run.path, splits)
        run.save_model(model)
        _, logits = logits_of_folder(model, data / "val")
        rows = task_of_model(model).table(logits, splits.validation)
        write_csv(run.path / "predictions.csv", rows)
        run.write_json("metrics.json", {})
    return root / "run", data
