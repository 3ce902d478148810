"""Event files, read back with TensorBoard's own reader."""

import io

import numpy as np
import pytest
from PIL import Image
from tensorboard.backend.event_processing import event_accumulator
from tensorboard.util import tensor_util

from pipelines.training.callbacks import TensorBoard
from pipelines.training.callbacks.tensorboard import grid

LOGS = {
    "loss": 1.5,
    "top1": 0.25,
    "top5": 0.75,
    "learning_rate": 0.125,
    "images_per_second": 900.0,
    "input_wait": 0.0625,
    "seconds": 3.0,
    "val_loss": 2.5,
    "val_top1": 0.5,
    "val_top5": 1.0,
}


def read(folder):
    events = event_accumulator.EventAccumulator(str(folder)).Reload()
    return {
        tag: [
            (point.step, tensor_util.make_ndarray(point.tensor_proto))
            for point in events.Tensors(tag)
        ]
        for tag in events.Tags()["tensors"]
    }


def scalars(folder):
    return {
        tag: [(step, float(value)) for step, value in points]
        for tag, points in read(folder).items()
        if tag != "augmented"
    }


@pytest.fixture
def board(tmp_path, noise):
    pictures = np.stack([noise(6, 5, seed=i) for i in range(11)])
    callback = TensorBoard(tmp_path, pictures)
    yield callback, tmp_path, pictures
    callback.close()


def test_tags_and_values(board):
    callback, folder, _ = board
    callback.on_epoch_end(0, LOGS)
    callback.on_epoch_end(1, LOGS | {"loss": 1.0, "val_top1": 0.625})
    assert scalars(folder / "train") == {
        "epoch_loss": [(1, 1.5), (2, 1.0)],
        "epoch_top1": [(1, 0.25), (2, 0.25)],
        "epoch_top5": [(1, 0.75), (2, 0.75)],
        "epoch_learning_rate": [(1, 0.125), (2, 0.125)],
        "speed/images_per_second": [(1, 900.0), (2, 900.0)],
        "speed/input_wait": [(1, 0.0625), (2, 0.0625)],
    }
    assert scalars(folder / "validation") == {
        "epoch_loss": [(1, 2.5), (2, 2.5)],
        "epoch_top1": [(1, 0.5), (2, 0.625)],
        "epoch_top5": [(1, 1.0), (2, 1.0)],
    }


def test_what_is_not_in_the_logs_is_not_written(board):
    callback, folder, _ = board
    callback.on_epoch_end(4, {"loss": 0.5})
    assert scalars(folder / "train") == {"epoch_loss": [(5, 0.5)]}
    assert scalars(folder / "validation") == {}


def test_the_pictures_are_the_grid_to_the_bit(board):
    callback, folder, pictures = board
    callback.close()
    ((step, (width, height, png)),) = read(folder / "train")["augmented"]
    assert step == 0 and (int(width), int(height)) == (8 * 5, 6)
    shown = np.asarray(Image.open(io.BytesIO(png)))
    np.testing.assert_array_equal(shown, np.hstack(pictures[:8]))


def test_without_pictures(tmp_path):
    callback = TensorBoard(tmp_path)
    callback.on_epoch_end(0, LOGS)
    callback.close()
    assert "augmented" not in read(tmp_path / "train")


@pytest.mark.parametrize(
    ("count", "columns", "rows", "wide"),
    [(6, 3, 2, 3), (7, 3, 2, 3), (2, 8, 1, 2), (1, 8, 1, 1), (32, 8, 4, 8)],
)
def test_the_grid(noise, count, columns, rows, wide):
    pictures = np.stack([noise(4, 3, seed=i) for i in range(count)])
    table = grid(pictures, columns)
    assert table.shape == (rows * 4, wide * 3, 3) and table.dtype == np.uint8
    for i in range(rows * wide):
        y, x = i // wide * 4, i % wide * 3
        np.testing.assert_array_equal(table[y : y + 4, x : x + 3], pictures[i])
