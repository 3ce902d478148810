"""Drawing runs out of their event files."""

import numpy as np
import pytest
from PIL import Image

from pipelines.evaluation.curves import draw_runs
from pipelines.evaluation.curves import read_curve
from pipelines.tasks.classification import Classification
from pipelines.training.callbacks import TensorBoard
from zoo.errors import RequestError


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    folder = tmp_path_factory.mktemp("run")
    board = TensorBoard(folder, Classification())
    for epoch, top1 in enumerate((0.25, 0.5, 0.875)):
        logs = {"loss": 1 - top1, "val_loss": 1.5 - top1, "val_top1": top1}
        board.on_epoch_end(epoch, logs)
    board.close()
    return folder


def test_a_curve_is_what_was_written(run):
    curve = read_curve(run, "validation", "epoch_top1")
    assert curve.epochs == (1, 2, 3) and curve.values == (0.25, 0.5, 0.875)
    assert 0 <= curve.seconds[0] <= curve.seconds[1] <= curve.seconds[2] < 60
    assert read_curve(run, "train", "epoch_loss").values == (0.75, 0.5, 0.125)


def test_there_is_no_such_curve(run, tmp_path):
    for folder, tag in ((run, "epoch_top5"), (tmp_path, "epoch_loss")):
        with pytest.raises(RequestError, match=f"has no curve '{tag}'"):
            read_curve(folder, "train", tag)


def test_the_drawing(run, tmp_path):
    draw_runs({"one": run, "two": run}, tmp_path / "runs.png", "Two runs")
    pixels = np.asarray(Image.open(tmp_path / "runs.png").convert("RGB"))
    assert pixels.shape == (480, 1200, 3)
    # Matplotlib's first two colours: blue and orange.
    for colour in ((31, 119, 180), (255, 127, 14)):
        assert (pixels == colour).all(axis=-1).sum() > 50
