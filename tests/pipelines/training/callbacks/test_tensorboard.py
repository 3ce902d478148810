"""Event files, read back with TensorBoard's own reader."""

import io
import itertools
import time
import types

import keras
import numpy as np
import pytest
from PIL import Image
from tensorboard.backend.event_processing import event_accumulator
from tensorboard.backend.event_processing import plugin_event_accumulator
from tensorboard.plugins.hparams import metadata
from tensorboard.plugins.hparams import plugin_data_pb2
from tensorboard.summary.writer import event_file_writer
from tensorboard.util import tensor_util

from pipelines.tasks.classification import Classification
from pipelines.training.callbacks import TensorBoard
from pipelines.training.callbacks.event_files import EventFile
from pipelines.training.callbacks.stage_norms import StageNorms
from pipelines.training.callbacks.tensorboard import as_table
from pipelines.training.callbacks.tensorboard import comparable
from pipelines.training.callbacks.tensorboard import grid

TASK = Classification()
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
    events = plugin_event_accumulator.EventAccumulator(
        str(folder), plugin_event_accumulator.STORE_EVERYTHING_SIZE_GUIDANCE
    ).Reload()
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
        if tag not in ("augmented", "settings", metadata.SESSION_START_INFO_TAG)
    }


@pytest.fixture
def board(tmp_path, noise):
    pictures = np.stack([noise(6, 5, seed=i) for i in range(11)])
    callback = TensorBoard(tmp_path, TASK, pictures)
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
    callback = TensorBoard(tmp_path, TASK)
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


def batches(callback, steps, logs=LOGS, every=10):
    """Steps as the trainer takes them: logs at each tenth of an epoch."""
    for batch in range(steps):
        read_back = (batch + 1) % every == 0 or batch + 1 == steps
        callback.on_train_batch_end(batch, logs if read_back else {})


def test_curves_over_steps(tmp_path):
    callback = TensorBoard(tmp_path, TASK, scalar_steps=20)
    batches(callback, 47)
    batches(callback, 47, LOGS | {"loss": 0.5, "gradient_norm": 3.0})
    callback.close()
    found = scalars(tmp_path)
    assert found["steps/loss"] == [
        (20, 1.5),
        (40, 1.5),
        (67, 0.5),
        (87, 0.5),
    ]
    assert found["steps/gradient_norm"] == [(67, 3.0), (87, 3.0)]
    assert sorted(found) == [
        "steps/gradient_norm",
        "steps/images_per_second",
        "steps/input_wait",
        "steps/learning_rate",
        "steps/loss",
        "steps/top1",
    ]


def test_the_step_is_the_trainers_where_it_is_told(tmp_path):
    callback = TensorBoard(tmp_path, TASK, scalar_steps=5)
    callback.on_train_batch_end(0, {"loss": 1.0, "global_step": 105})
    callback.close()
    assert scalars(tmp_path) == {"steps/loss": [(105, 1.0)]}


@pytest.fixture
def clock(monkeypatch):
    """Lets files of one second have names of different seconds, in order."""
    seconds = itertools.count(int(time.time()))
    monkeypatch.setattr(
        event_file_writer,
        "time",
        types.SimpleNamespace(time=lambda: next(seconds)),
    )


def train(folder, epochs, *, steps=20, skipped=0, resumed_at=None, noise=None):
    """Epochs of some steps each, written as a run that may have been killed."""
    first = (resumed_at or 0) // steps
    pictures = None if noise is None else noise(4, 3)[np.newaxis]
    config = {"model": "resnet20", "seed": 0}
    callback = TensorBoard(
        folder,
        TASK,
        pictures,
        config=config,
        scalar_steps=5,
        resumed_at=resumed_at,
    )
    for epoch in range(first, epochs):
        callback.on_epoch_begin(epoch)
        batches(callback, steps - skipped, every=5)
        skipped = 0
        callback.on_epoch_end(epoch, LOGS)
    callback.close()


def old_reader(folder, tag):
    """The steps of a curve by the reader that scripts mostly use."""
    events = event_accumulator.EventAccumulator(
        str(folder), {event_accumulator.SCALARS: 0}
    ).Reload()
    known = tag in events.Tags()["scalars"]
    return [point.step for point in events.Scalars(tag)] if known else []


@pytest.mark.parametrize(
    ("resumed_at", "skipped"),
    [(40, 0), (50, 10), (0, 0)],
    ids=["at an epoch's end", "within an epoch", "before anything was kept"],
)
def test_nothing_is_doubled_by_a_run_that_goes_on(
    tmp_path, clock, noise, resumed_at, skipped
):
    killed, whole = tmp_path / "killed", tmp_path / "whole"
    train(whole, 6, noise=noise)
    train(killed, 4, noise=noise)
    train(killed, 6, noise=noise, resumed_at=resumed_at, skipped=skipped)
    for part in ("", "train", "validation"):
        expected, found = read(whole / part), read(killed / part)
        assert sorted(found) == sorted(expected)
        for tag, points in expected.items():
            steps = [step for step, _ in points]
            assert [step for step, _ in found[tag]] == steps, tag
            assert old_reader(killed / part, tag) in ([], steps), tag
    assert old_reader(killed, "steps/loss") == [*range(5, 125, 5)]
    assert len(read(killed / "train")["augmented"]) == 1
    assert len(read(killed)["settings"]) == 1


def test_without_the_mark_points_would_be_doubled(tmp_path, clock, monkeypatch):
    monkeypatch.setattr(EventFile, "restart", lambda self, step: None)
    train(tmp_path, 2)
    train(tmp_path, 2)
    assert len(read(tmp_path)["steps/loss"]) == 2 * 2 * 20 / 5


def test_the_settings_are_a_table(tmp_path):
    config = {"model": "resnet20", "weights": None, "fold": (0, 5), "a": "b|c"}
    callback = TensorBoard(tmp_path, TASK, config=config)
    callback.close()
    ((step, text),) = read(tmp_path)["settings"]
    assert step == 0 and text.item().decode() == as_table(config)
    assert as_table(config).splitlines() == [
        "| setting | value |",
        "|---|---|",
        "| `model` | resnet20 |",
        "| `weights` | None |",
        "| `fold` | 0, 5 |",
        "| `a` | b\\|c |",
    ]


def test_runs_can_be_compared_by_their_settings(tmp_path):
    config = {
        "model": "resnet20",
        "learning_rate": 0.1,
        "seed": 3,
        "upscale": False,
        "weights": None,
        "output": "runs/first",
        "class_names": ["a", "b"],
    }
    callback = TensorBoard(tmp_path / "first", TASK, config=config)
    callback.close()
    events = event_accumulator.EventAccumulator(str(tmp_path / "first"))
    content = events.Reload().SummaryMetadata(metadata.SESSION_START_INFO_TAG)
    info = plugin_data_pb2.HParamsPluginData.FromString(
        content.plugin_data.content
    ).session_start_info
    assert info.group_name == "first"
    assert dict(info.hparams) == {
        "model": info.hparams["model"],
        "learning_rate": info.hparams["learning_rate"],
        "seed": info.hparams["seed"],
        "upscale": info.hparams["upscale"],
        "weights": info.hparams["weights"],
    }
    assert info.hparams["model"].string_value == "resnet20"
    assert info.hparams["learning_rate"].number_value == 0.1
    assert info.hparams["seed"].number_value == 3
    assert info.hparams["upscale"].bool_value is False
    assert info.hparams["weights"].string_value == "none"
    assert comparable({"fold": (0, 5)}) == {"fold": "(0, 5)"}


def test_norms_of_each_stage(tmp_path, tiny):
    model = tiny()
    callback = TensorBoard(tmp_path, TASK)
    callback.set_model(model)
    callback.on_train_begin()
    head = model.get_layer("head_logits")
    head.kernel.assign(np.full(head.kernel.shape, 3.0))
    head.bias.assign([4.0, 4.0])
    callback.on_epoch_end(0, LOGS)
    head.kernel.assign(head.kernel + 1.0)
    model.get_layer("stem_conv_bn").moving_mean.assign_add(np.ones(8))
    callback.on_epoch_end(1, LOGS)
    # A phase of its own, which begins anew without forgetting.
    callback.on_train_begin()
    callback.on_epoch_end(2, LOGS)
    callback.close()
    found = scalars(tmp_path / "train")
    size = head.kernel.shape[0] * 2
    before, after = (np.sqrt(w * size + 16 * 2) for w in (9, 16))
    assert found["weights/head"] == [
        (1, pytest.approx(before)),
        (2, pytest.approx(after)),
        (3, pytest.approx(after)),
    ]
    moved = [value for _, value in found["updates/head"]]
    assert moved[0] > 0
    assert moved[1:] == [pytest.approx(np.sqrt(size) / after), 0]
    assert [value for _, value in found["updates/stem"]] == [0, 0, 0]
    stages = {tag.partition("/")[2] for tag in found if "weights/" in tag}
    assert stages == {"stem", "stage1", "stage2", "head"}


def test_frozen_stages_have_norms_too(tiny):
    model = tiny()
    for layer in model.layers:
        layer.trainable = layer.name.startswith("head")
    assert StageNorms(model).measure()["weights/stage1"] > 0


def test_a_model_without_stages_has_no_norms():
    model = keras.Sequential([keras.layers.Dense(1)])
    model.build((1, 2))
    assert StageNorms(model).measure() == {}


def test_a_disk_that_fails_costs_one_line(tmp_path):
    said = []
    file = EventFile(tmp_path, said.append)
    file._writer.close()
    for step in range(3):
        file.scalars(step, {"loss": 1.0})
    file.flush()
    file.close()
    assert said == [
        f"TensorBoard's events cannot be written to {tmp_path} (Writer is "
        "closed); the run goes on without them"
    ]


def test_a_folder_that_cannot_be_made(tmp_path):
    (tmp_path / "taken").write_text("a file")
    said = []
    EventFile(tmp_path / "taken", said.append).scalars(1, {"loss": 1.0})
    assert len(said) == 1


def _board(folder, model=None, **options):
    callback = TensorBoard(folder, TASK, scalar_steps=5, **options)
    if model is not None:
        callback.set_model(model)
        callback.on_train_begin()
    return callback


def test_a_point_that_was_due_before_it_went_on(tmp_path):
    """Numbers are read back behind the fifth step, where it was killed."""
    whole = _board(tmp_path / "whole")
    batches(whole, 12, every=8)
    parts = _board(tmp_path / "parts")
    for batch in range(6):
        parts.on_train_batch_end(batch, {})
    state = parts.state()
    parts.close()
    again = _board(tmp_path / "parts", resumed_at=6)
    again.restore(state)
    for batch in range(6, 12):
        again.on_train_batch_end(batch, LOGS if batch in (7, 11) else {})
    for each in (whole, again):
        each.close()
    found = scalars(tmp_path / "whole")
    assert [step for step, _ in found["steps/loss"]] == [8, 12]
    assert scalars(tmp_path / "parts") == found


def test_changes_count_from_the_epochs_start(tmp_path, tiny):
    model = tiny()
    head = model.get_layer("head_logits").kernel
    start = head.numpy()
    callback = _board(tmp_path / "first", model)
    callback.on_train_batch_end(0, {})
    head.assign(start * 2)
    state = callback.state()
    # Half of the epoch is over; it goes on with the weights of now.
    again = _board(tmp_path / "again", resumed_at=1)
    again.restore(state)
    again.set_model(model)
    again.on_train_begin()
    head.assign(start * 4)
    again.on_epoch_end(0, LOGS)
    again.close()
    ((_, moved),) = scalars(tmp_path / "again" / "train")["updates/head"]
    assert moved == pytest.approx(0.75, abs=1e-6)
    # Between two epochs there is nothing to keep.
    assert set(again.state()) == {"written"}


def test_on_the_disk_when_it_is_asked_for(tmp_path, monkeypatch):
    synced = []
    monkeypatch.setattr(
        "pipelines.training.callbacks.event_files.os.fsync", synced.append
    )
    callback = _board(tmp_path)
    batches(callback, 10, every=5)
    callback.sync()
    assert len(synced) == 3
    assert [step for step, _ in scalars(tmp_path)["steps/loss"]] == [5, 10]
    callback.close()
