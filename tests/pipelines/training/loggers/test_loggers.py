"""Loggers have what TensorBoard's files have, each point once."""

import itertools
import time
import types

import keras
import numpy as np
import pytest
import stored_curves as stored
from tensorboard.summary.writer import event_file_writer

from pipelines.runs.options import LOG_TO
from pipelines.runs.options import RunOptions
from pipelines.tasks.classification import Classification
from pipelines.training.callbacks import TensorBoard
from pipelines.training.callbacks_asked import find_callback
from pipelines.training.config import TrainConfig
from pipelines.training.from_scratch import train
from pipelines.training.loggers import LOGGERS
from pipelines.training.loggers import Opening
from pipelines.training.loggers import check_loggers
from pipelines.training.loggers import open_logger
from zoo.errors import RequestError
from zoo.extras import EXTRAS

SETTINGS = {"seed": 3, "weights": "none"}
EPOCHS, STEPS = 3, 5
NAMED = [
    "csv",
    *(pytest.param(n, marks=pytest.mark.extras) for n in ("mlflow", "wandb")),
]


def drive(folder, name, *, until, done=0):
    """Has a run log from a step on, as if it went on there."""
    board = TensorBoard(
        folder, Classification(), scalar_steps=2, resumed_at=done or None
    )
    board.also([open_logger(name, Opening(folder, SETTINGS))])
    board.set_params({"steps": STEPS})
    for step in range(done, until):
        epoch, batch = divmod(step, STEPS)
        if batch == 0 or step == done:
            board.on_epoch_begin(epoch)
        logs = {"loss": 1 / (step + 1), "top1": step / 16, "top5": 1.0}
        logs |= {"learning_rate": 0.1, "global_step": step + 1.0}
        board.on_train_batch_end(batch, logs)
        if batch == STEPS - 1:
            held_out = {"val_loss": 2 / (step + 1), "val_top1": step / 32}
            board.on_epoch_end(epoch, logs | held_out)
    board.sync()
    board.close(ended=until == EPOCHS * STEPS)


def as_float32(curves):
    return {
        name: [(step, float(np.float32(value))) for step, value in points]
        for name, points in curves.items()
    }


@pytest.fixture
def seconds(monkeypatch):
    """Each event file is of a second of its own, by which they are sorted."""
    counted = itertools.count(int(time.time()))
    monkeypatch.setattr(
        event_file_writer,
        "time",
        types.SimpleNamespace(time=lambda: next(counted)),
    )


# SQLAlchemy's word on MLflow.
@pytest.mark.filterwarnings("ignore:The ``noload`` loader")
@pytest.mark.parametrize("name", NAMED)
@pytest.mark.parametrize("done", [None, 3, 5, 7])
def test_points_are_those_of_tensorboard_each_once(
    tmp_path, monkeypatch, seconds, name, done
):
    stored.keep_offline(tmp_path, monkeypatch)
    folder = tmp_path / "a run"
    folder.mkdir()
    steps = EPOCHS * STEPS
    if done is None:
        drive(folder, name, until=steps)
    else:
        # Killed behind its last checkpoint, and gone on with from there.
        drive(folder, name, until=min(done + 3, steps))
        drive(folder, name, until=steps, done=done)
    found = as_float32(stored.READERS[name](folder))
    assert found == stored.in_events(folder)
    assert [at for at, _ in found["steps/loss"]] == [
        2, 4, 5, 6, 8, 10, 12, 14, 15
    ]  # fmt: skip
    assert [at for at, _ in found["validation/epoch_loss"]] == [1, 2, 3]


@pytest.mark.parametrize("cut", [1, 9, 30])
def test_a_row_that_a_kill_cut_off_is_written_again(tmp_path, seconds, cut):
    drive(tmp_path, "csv", until=7)
    path = tmp_path / "curves.csv"
    path.write_bytes(path.read_bytes()[:-cut])
    drive(tmp_path, "csv", until=EPOCHS * STEPS, done=5)
    assert as_float32(stored.in_csv(tmp_path)) == stored.in_events(tmp_path)


def test_a_logger_that_cannot_ends_alone(tmp_path, capsys):
    board = TensorBoard(tmp_path, Classification(), scalar_steps=1)
    logger = open_logger("csv", Opening(tmp_path, SETTINGS))
    board.also([logger])

    def full(*_):
        raise OSError(28, "No space left on device")

    logger.scalars = full
    for step in (1, 2):
        board.on_train_batch_end(0, {"loss": 1.0, "global_step": step})
    board.close()
    said = capsys.readouterr().out.splitlines()
    assert len(said) == 1 and "No space left" in said[0]
    assert len(stored.in_events(tmp_path)["steps/loss"]) == 2


def test_what_is_not_installed_is_said_with_its_command(monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    check_loggers(["csv"])
    for name in set(LOG_TO) - {"csv"}:
        with pytest.raises(RequestError) as caught:
            check_loggers(["csv", name])
        assert f"`log_to={name}`" in str(caught.value)
        assert EXTRAS[name][0].partition(">")[0] in str(caught.value)


def test_the_names_of_loggers():
    assert set(LOG_TO) == set(LOGGERS)
    assert RunOptions(log_to="csv").log_to == ("csv",)
    with pytest.raises(RequestError, match=r"Received: wand\. Nearest: wandb"):
        RunOptions(log_to=("csv", "wand"))


class Watch(keras.callbacks.Callback):
    """Ends a run after its first epoch, and counts."""

    def __init__(self, most=1):
        super().__init__()
        self.most, self.epochs, self.steps = most, 0, 0

    def on_train_batch_end(self, batch, logs=None):
        self.steps += 1

    def on_epoch_end(self, epoch, logs=None):
        assert {"loss", "val_top1"} <= logs.keys()
        self.epochs += 1
        self.model.stop_training = self.epochs == self.most


def test_any_callback_of_keras_watches_and_a_table_is_written(
    picture_folder, tmp_path
):
    watch = Watch()
    config = TrainConfig(
        str(picture_folder), "resnet20", str(tmp_path / "run"), epochs=3,
        global_batch_size=6, image_size=16, precision="float32",
    )  # fmt: skip
    options = RunOptions(log_to=["csv"], callback=[watch])
    finished = train(config, options=options, say=lambda line: None)
    assert (watch.epochs, watch.steps, len(finished.history)) == (1, 2, 1)
    folder = tmp_path / "run"
    found = as_float32(stored.in_csv(folder))
    assert found == stored.in_events(folder)
    # Fewer steps than there are between two points: there is one at the end.
    assert [at for at, _ in found["steps/loss"]] == [2]


@pytest.mark.parametrize(
    ("word", "message"),
    [
        ("watch", "`callback` is a module and a class in it"),
        (3, "Received: 3"),
        ("no_such_module:Watch", "`callback=no_such_module:Watch` is not fou"),
        ("keras:NoSuch", "`callback=keras:NoSuch` is not found"),
        ("keras:Model", "`callback=keras:Model` is no callback"),
        ("mine:Wanting", "cannot be made without arguments"),
    ],
)
def test_callbacks_that_there_are_not(tmp_path, monkeypatch, word, message):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mine.py").write_text(
        "import keras\n"
        "class Watch(keras.callbacks.Callback):\n"
        "    pass\n"
        "class Wanting(Watch):\n"
        "    def __init__(self, most):\n"
        "        super().__init__()\n"
    )
    with pytest.raises(RequestError, match=message):
        find_callback(word)
    assert type(find_callback("mine:Watch")).__name__ == "Watch"


@pytest.mark.extras
def test_no_start_writes_over_the_files_of_another(tmp_path):
    wandb_log = pytest.importorskip("pipelines.training.loggers.wandb_log")
    now = time.strftime("%Y%m%d_%H%M%S")
    taken = tmp_path / "wandb" / f"offline-run-{now}-a1b2"
    taken.mkdir(parents=True)
    wandb_log._wait_for_the_next_second(tmp_path)
    assert time.strftime("%Y%m%d_%H%M%S") > now
