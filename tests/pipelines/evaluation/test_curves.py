"""Drawing runs out of their event files."""

import numpy as np
import pytest
from PIL import Image

from pipelines.evaluation.curves import draw_runs
from pipelines.evaluation.curves import read_curve
from pipelines.tasks.classification import Classification
from pipelines.tasks.multilabel import MultiLabel
from pipelines.training.callbacks import TensorBoard
from zoo.errors import RequestError


def written(folder, task):
    """A run of three epochs that gets better."""
    board = TensorBoard(folder, task)
    for epoch, value in enumerate((0.25, 0.5, 0.875)):
        logs = {"loss": 1 - value, "val_loss": 1.5 - value}
        board.on_epoch_end(epoch, {**logs, task.decides.held_out: value})
    board.close()
    return folder


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    return written(tmp_path_factory.mktemp("run"), Classification())


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


def test_names_of_any_letters(run, tmp_path):
    runs = {"a$b$": run, "\udcff": run, "_": run}
    draw_runs(runs, tmp_path / "runs.png", "$x$ \udcff")
    with Image.open(tmp_path / "runs.png") as drawn:
        assert drawn.size == (1200, 480)


def test_a_config_that_is_broken_says_no_task(run, tmp_path):
    other = written(tmp_path / "other", Classification())
    (other / "config.json").write_text("{")
    draw_runs({"one": other}, tmp_path / "runs.png")


def test_runs_of_several_classes_a_picture(run, tmp_path):
    several = written(tmp_path / "several", MultiLabel(("a", "b")))
    (several / "config.json").write_text('{"task": "multilabel"}')
    draw_runs({"one": several}, tmp_path / "runs.png")
    with Image.open(tmp_path / "runs.png") as drawn:
        assert drawn.size == (1200, 480)
    with pytest.raises(RequestError, match="one: MultiLabel, two: Classif"):
        draw_runs({"one": several, "two": run}, tmp_path / "both.png")
