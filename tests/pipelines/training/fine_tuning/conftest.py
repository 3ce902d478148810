"""A run that is prepared and has taken no step."""

import pytest

from pipelines.training.config import FinetuneConfig
from pipelines.training.preparation import prepare


@pytest.fixture
def prepared(picture_folder, tmp_path):
    """A fine-tuning of a ResNet-20 of CIFAR-10, and what it says (`said`)."""
    said = []
    config = FinetuneConfig(
        data=str(picture_folder),
        model="resnet20",
        output=str(tmp_path / "run"),
        weights="cifar10",
        global_batch_size=4,
        image_size=16,
        precision="float32",
    )
    run = prepare(config, say=said.append)
    with run.folder:
        run.said = said
        said.clear()
        yield run
