"""Checkpoints: the last, the best, and never a broken one."""

import pytest

import zoo
from pipelines.training.callbacks import Checkpoints
from zoo.weights.files import read_metadata

NAN = float("nan")


@pytest.fixture
def epochs(tiny, tmp_path):
    """Returns a function: epochs of made-up logs, and what is left of them.

    The head's bias says in which epoch a file was written.
    """
    model = tiny()
    folder = tmp_path / "deep" / "checkpoints"

    def run(*logs, **options):
        callback = Checkpoints(folder, **{"seconds": 0, **options})
        callback.set_model(model)
        for epoch, each in enumerate(logs):
            model.get_layer("head_logits").bias.assign([epoch + 1] * 2)
            callback.on_epoch_end(epoch, each)
        return callback, folder

    return run


def written_in(path, tiny):
    model = tiny()
    report = zoo.load_weights(model, path)
    assert not report.skipped and not report.initial
    return int(model.get_layer("head_logits").bias.numpy()[0])


@pytest.mark.parametrize(
    ("values", "best"),
    [
        ([0.1, 0.5, 0.3], 2),
        ([0.5, 0.5, 0.5], 1),
        ([NAN, 0.2, 0.4], 3),
        ([NAN, 0.4, NAN], 2),
        ([0.0, NAN, 0.0], 1),
    ],
)
def test_the_last_and_the_best(epochs, tiny, values, best):
    logs = [{"loss": 1.0, "val_top1": value} for value in values]
    callback, folder = epochs(*logs)
    assert {path.name for path in folder.iterdir()} == {
        "last.safetensors",
        "best.safetensors",
    }
    assert written_in(folder / "last.safetensors", tiny) == 3
    assert written_in(folder / "best.safetensors", tiny) == best
    assert callback.best_epoch == best and callback.best == values[best - 1]
    assert read_metadata(folder / "last.safetensors")["epoch"] == "3"
    found = read_metadata(folder / "best.safetensors")
    assert found["epoch"] == str(best)
    assert found["val_top1"] == str(values[best - 1])


def test_a_file_holds_every_weight(epochs, tiny):
    _, folder = epochs({"loss": 1.0})
    other = tiny()
    report = zoo.load_weights(other, folder / "last.safetensors")
    assert len(report.matched) == len(other.weights) == 27


@pytest.mark.parametrize("loss", [NAN, float("inf"), None])
def test_nothing_is_written_for_a_broken_epoch(epochs, tiny, loss):
    good = {"loss": 1.0, "val_top1": 0.1}
    bad = {"val_top1": 0.9} | ({} if loss is None else {"loss": loss})
    callback, folder = epochs(good, bad)
    assert written_in(folder / "last.safetensors", tiny) == 1
    assert written_in(folder / "best.safetensors", tiny) == 1
    assert callback.best == 0.1


def test_without_validation_there_is_no_best(epochs):
    callback, folder = epochs({"loss": 1.0}, {"loss": 0.5})
    assert [path.name for path in folder.iterdir()] == ["last.safetensors"]
    assert callback.best_epoch is None


def test_another_number_may_decide(epochs, tiny):
    logs = [{"loss": 1.0, "val_top1": 1 - x, "top1": x} for x in (0.2, 0.9)]
    _, folder = epochs(*logs, monitor="top1")
    assert written_in(folder / "best.safetensors", tiny) == 2


def test_quick_epochs_are_written_once(epochs, tiny):
    values = (0.1, 0.6, 0.3)
    logs = [{"loss": 1.0, "val_top1": value} for value in values]
    callback, folder = epochs(*logs, seconds=1000)
    # The first epoch is written at once, the others wait.
    assert written_in(folder / "last.safetensors", tiny) == 1
    assert written_in(folder / "best.safetensors", tiny) == 1
    callback.on_train_end()
    assert written_in(folder / "last.safetensors", tiny) == 3
    assert written_in(folder / "best.safetensors", tiny) == 2


def test_an_end_without_epochs_writes_nothing(epochs):
    callback, folder = epochs()
    callback.on_train_end()
    assert not folder.exists()
