"""Checkpoints: the state as often as asked, the best, nothing broken."""

import contextlib
import itertools
import json
import types

import pytest

import zoo
from pipelines.runs.checkpoints import newest
from pipelines.runs.checkpoints import steps_of
from pipelines.runs.interruption import Interrupted
from pipelines.runs.state import WEIGHTS
from pipelines.runs.state import RunState
from pipelines.tasks.classification import TOP1
from pipelines.training.averaging import WeightAverage
from pipelines.training.callbacks import Checkpoints
from pipelines.training.callbacks import checkpoints as module
from zoo.weights.files import read_metadata

NAN = float("nan")


@pytest.fixture
def watched(tiny, tmp_path):
    """Returns a function: a callback over a made-up run, and its folder.

    The head's bias says after which step or epoch a file was written.
    """

    def make(**options):
        model = tiny()
        model.compile("sgd")
        trainer = types.SimpleNamespace(
            model=model,
            optimizer=model.optimizer,
            average=None,
            global_step=0,
            asked_to_stop=False,
            is_alone=True,
            read=dict,
            progress=lambda: {"global_step": trainer.global_step},
            judged=contextlib.nullcontext,
        )
        folder = tmp_path / "deep" / "checkpoints"
        said = []
        callback = Checkpoints(folder, TOP1, say=said.append, **options)
        callback.set_model(model)
        callback.run_state = RunState(trainer, [callback])
        callback.said = said
        return callback, folder

    return make


def mark(callback, number):
    head = callback.model.get_layer("head_logits")
    head.bias.assign([number] * 2)


def step(callback, count=1):
    for _ in range(count):
        callback.run_state.trainer.global_step += 1
        mark(callback, callback.run_state.step)
        callback.on_train_batch_end(0, {})


def epochs(callback, *logs):
    for epoch, each in enumerate(logs):
        mark(callback, epoch + 1)
        callback.on_epoch_end(epoch, each)


def written_in(path, tiny):
    model = tiny()
    report = zoo.load_weights(model, path)
    assert not report.skipped and not report.initial
    return int(model.get_layer("head_logits").bias.numpy()[0])


@pytest.mark.parametrize(
    ("values", "best"),
    [
        ([0.5, 0.9, 0.7], 2),
        ([0.5, 0.5], 1),
        ([NAN, 0.1, 0.2], 3),
        ([NAN, 0.5, NAN], 2),
        ([0.3], 1),
    ],
)
def test_the_best_weights_are_kept(watched, tiny, values, best):
    callback, folder = watched()
    epochs(callback, *({"loss": 1.0, "val_top1": v} for v in values))
    callback.on_train_end()
    assert written_in(folder / "best.safetensors", tiny) == best
    assert callback.best_epoch == best
    noted = read_metadata(folder / "best.safetensors")
    assert noted["epoch"] == str(best)
    assert float(noted["val_top1"]) == values[best - 1]


@pytest.mark.parametrize("loss", [NAN, float("inf"), None])
def test_a_broken_epoch_is_not_the_best(watched, loss):
    callback, folder = watched()
    epochs(
        callback, {"val_top1": 0.9} | ({} if loss is None else {"loss": loss})
    )
    callback.on_train_end()
    assert callback.best_epoch is None
    assert not (folder / "best.safetensors").exists()


def test_quick_epochs_write_the_best_once(watched, tiny, monkeypatch):
    written = []
    monkeypatch.setattr(
        module, "write_atomically", lambda path, data: written.append(path)
    )
    callback, _ = watched()
    epochs(callback, *({"loss": 1.0, "val_top1": v / 9} for v in range(9)))
    assert len(written) == 1
    callback.on_train_end()
    assert len(written) == 2


def test_every_so_many_steps_the_last_two_are_kept(watched, tiny):
    callback, folder = watched(every_steps=3)
    step(callback, 10)
    callback.wait()
    assert steps_of(folder) == [6, 9]
    assert written_in(folder / f"{9:010d}" / WEIGHTS, tiny) == 9
    callback.on_train_end()
    assert steps_of(folder) == [9, 10]
    assert not list(folder.glob(".tmp-*"))


def test_by_the_clock(watched, monkeypatch):
    now = [0.0]
    monkeypatch.setattr(module.time, "monotonic", lambda: now[0])
    callback, folder = watched()
    for second in range(1, 200):
        now[0] = float(second)
        step(callback)
        callback.wait()
    assert steps_of(folder) == [120, 180]


def test_where_writing_takes_long_it_is_seldom(watched, monkeypatch):
    now = [0.0]
    monkeypatch.setattr(module.time, "monotonic", lambda: now[0])

    def slowly(*_):
        now[0] += 30

    monkeypatch.setattr(module, "write_checkpoint", slowly)
    callback, _ = watched()
    saved = []
    for _ in range(2000):
        now[0] += 1
        before = callback._writing
        step(callback)
        if callback._writing is not before:
            saved.append(callback.run_state.step)
            callback.wait()
    # 30 s of writing are 5 % of 600.
    assert len(saved) == 4
    assert all(b - a >= 569 for a, b in itertools.pairwise(saved))


def test_what_is_not_finite_is_never_written(watched):
    callback, folder = watched(every_steps=1)
    step(callback)
    callback.wait()
    head = callback.model.get_layer("head_logits")
    callback.run_state.trainer.global_step = 2
    head.bias.assign([NAN, 0.0])
    callback.on_train_batch_end(0, {})
    callback.wait()
    assert steps_of(folder) == [1]
    assert "model/head_logits/bias is not finite" in callback.said[0]


def test_a_full_disk_costs_a_line(watched, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(module, "write_checkpoint", full)
    monkeypatch.setattr(module, "write_atomically", full)
    callback, folder = watched(every_steps=1)
    step(callback)
    epochs(callback, {"loss": 1.0, "val_top1": 0.5})
    callback.on_train_end()
    assert not folder.exists() or steps_of(folder) == []
    # The best weights are tried once more at the end, and then given up.
    told = [line.partition(":")[2][:31].strip() for line in callback.said]
    best = "best.safetensors is not writte"
    assert told == ["no checkpoint of step 1: [Errn", best, best]
    assert all("No space left" in line for line in callback.said)


def test_a_worker_that_does_not_write_writes_nothing(watched):
    callback, folder = watched(every_steps=1, writes=False)
    epochs(callback, {"loss": 1.0, "val_top1": 0.5})
    step(callback)
    callback.on_train_end()
    assert not folder.exists()


class Stop:
    name = "SIGTERM"

    def __init__(self):
        self.on = False

    def __bool__(self):
        return self.on


def test_asked_to_stop_it_saves_first(watched):
    stop = Stop()
    callback, folder = watched(stop=stop)
    step(callback, 4)
    assert steps_of(folder) == []
    stop.on = True
    with pytest.raises(Interrupted, match="SIGTERM after step 5") as caught:
        step(callback)
    assert steps_of(folder) == [5] and caught.value.exit_code == 75


def test_of_several_workers_all_stop_together(watched):
    stop = Stop()
    stop.on = True
    callback, _ = watched(stop=stop)
    trainer = callback.run_state.trainer
    trainer.is_alone = False
    step(callback)
    trainer.asked_to_stop = True
    with pytest.raises(Interrupted):
        step(callback)


def test_what_it_remembers_goes_on(watched):
    callback, folder = watched(facts=lambda: {"more": 1})
    epochs(callback, {"loss": 1.0, "val_top1": 0.25})
    step(callback, 3)
    callback.on_train_end()
    found = newest(folder)
    assert found.facts["run"] == {"more": 1}
    held = json.loads(json.dumps(found.facts["callbacks"]["Checkpoints"]))
    again, _ = watched()
    again.restore(held)
    assert (again.best, again.best_epoch) == (0.25, 1)


def test_with_a_running_mean_that_is_the_best(watched, tiny):
    import tensorflow as tf

    callback, folder = watched()
    mark(callback, 7)
    trainer = callback.run_state.trainer
    trainer.average = WeightAverage(
        callback.model, 0.9, tf.distribute.get_strategy()
    )
    trainer.judged = trainer.average.in_place
    epochs(callback, {"loss": 1.0, "val_top1": 0.5})
    callback.on_train_end()
    assert written_in(folder / "best.safetensors", tiny) == 7
    head = callback.model.get_layer("head_logits")
    assert head.bias.numpy().tolist() == [1, 1]


def test_what_a_checkpoint_speaks_of_is_on_the_disk_first(watched, monkeypatch):
    callback, folder = watched(every_steps=1)
    order = []
    for name in ("write_atomically", "write_checkpoint"):
        plain = getattr(module, name)

        def written(*arguments, name=name, plain=plain):
            order.append(name)
            return plain(*arguments)

        monkeypatch.setattr(module, name, written)
    callback.run_state.sync = lambda: order.append("sync")
    step(callback)
    callback.wait()
    epochs(callback, {"loss": 1.0, "val_top1": 0.5})
    # A better one, a moment later: it has to wait, but not for its state.
    epochs(callback, {"loss": 1.0, "val_top1": 0.75})
    step(callback)
    callback.wait()
    assert order == [
        *("sync", "write_checkpoint"),
        "write_atomically",
        *("sync", "write_atomically", "write_checkpoint"),
    ]
    noted = read_metadata(folder / "best.safetensors")
    held = newest(folder).facts["callbacks"]["Checkpoints"]
    assert float(noted["val_top1"]) == held["best"] == 0.75


def test_best_weights_without_room_are_tried_again(watched, monkeypatch):
    callback, folder = watched(every_steps=1)
    plain = module.write_atomically

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(module, "write_atomically", full)
    monkeypatch.setattr(module, "_BEST_APART", 1e9)
    callback._best_written = 0
    epochs(callback, {"loss": 1.0, "val_top1": 0.5})
    step(callback)
    callback.wait()
    # No state says that there is a best where the disk has none.
    assert not folder.exists() or steps_of(folder) == []
    monkeypatch.setattr(module, "write_atomically", plain)
    step(callback)
    callback.wait()
    assert steps_of(folder) == [2]
    assert (folder / "best.safetensors").exists()


def test_what_was_noted_may_change_while_it_is_written(watched, monkeypatch):
    noted = {"epochs": [1]}
    callback, folder = watched(every_steps=1, facts=lambda: noted)
    plain = module.as_files

    def late(*arguments):
        noted["epochs"].append(2)
        return plain(*arguments)

    monkeypatch.setattr(module, "as_files", late)
    step(callback)
    callback.wait()
    assert newest(folder).facts["run"] == {"epochs": [1]}


def test_what_is_no_fault_of_the_disks_is_not_silent(watched, monkeypatch):
    callback, _ = watched(every_steps=1)

    def broken(*_):
        raise ValueError("our bug")

    monkeypatch.setattr(module, "write_checkpoint", broken)
    callback.run_state.trainer.global_step = 1
    callback.save()
    with pytest.raises(ValueError, match="our bug"):
        callback.wait()
    # Once.
    callback.wait()
    assert callback.said == []


def test_best_weights_that_could_not_be_written_are_not_lost(
    watched, tiny, monkeypatch
):
    callback, folder = watched()
    plain, refused = module.write_atomically, [True]

    def full(path, content):
        if refused:
            refused.pop()
            raise OSError(28, "No space left on device")
        plain(path, content)

    monkeypatch.setattr(module, "write_atomically", full)
    epochs(callback, {"loss": 1.0, "val_top1": 0.5})
    assert len(callback.said) == 1 and "is not written" in callback.said[0]
    callback.on_train_end()
    assert written_in(folder / "best.safetensors", tiny) == 1
    # Nor do they take the place of better ones.
    callback._best_weights = b"better"
    callback._give_back(b"worse")
    assert callback._take_best() == b"better"
    callback._give_back(b"worse")
    assert callback._take_best() == b"worse"
