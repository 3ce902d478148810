"""Snapshots: whole files, of what is judged."""

import contextlib

import keras
import pytest

from pipelines.training.callbacks import Snapshots


@pytest.fixture
def steps(tiny, tmp_path):
    """Returns a function: the biases of the heads that were written."""

    def take(count, **options):
        model = tiny()
        head = model.get_layer("head_logits")
        callback = Snapshots(tmp_path / "snapshots", (2, 5), **options)
        callback.set_model(model)
        for step in range(1, count + 1):
            head.bias.assign([step] * 2)
            callback.on_train_batch_end(0)
        assert head.bias.numpy().tolist() == [count] * 2
        return {
            path.name: keras.models.load_model(path)
            .get_layer("head_logits")
            .bias.numpy()[0]
            for path in (tmp_path / "snapshots").iterdir()
        }

    return take


def test_the_ends_of_cycles(steps):
    assert steps(4) == {"cycle-1.keras": 2}


def test_where_a_running_mean_is_judged_it_is_saved(steps, tiny, monkeypatch):
    seen = []

    @contextlib.contextmanager
    def judged():
        head = seen[-1].get_layer("head_logits")
        held = head.bias.numpy()
        head.bias.assign(held + 0.5)
        yield
        head.bias.assign(held)

    monkeypatch.setattr(Snapshots, "set_model", _remember(seen))
    assert steps(5, judged=judged) == {
        "cycle-1.keras": 2.5,
        "cycle-2.keras": 5.5,
    }


def _remember(seen):
    plain = keras.callbacks.Callback.set_model

    def set_model(self, model):
        seen.append(model)
        plain(self, model)

    return set_model


def test_nothing_is_left_where_there_is_no_room(steps, tmp_path, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("zoo.weights.atomic.os.fsync", full)
    with pytest.raises(OSError, match="No space left"):
        steps(2)
    assert list((tmp_path / "snapshots").iterdir()) == []
