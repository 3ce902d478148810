"""What loggers have stored, read by the formats of their stores alone."""

import csv
import json
import os
import struct
import time

from tensorboard.backend.event_processing import plugin_event_accumulator
from tensorboard.util import tensor_util

from pipelines.training.loggers.csv_log import CURVES

# As LevelDB's log format has them: blocks, and headers of 4 + 2 + 1 bytes.
_BLOCK, _HEADER = 2**15, 7
_FULL, _FIRST, _LAST = 1, 2, 4


def in_events(folder):
    """Returns the curves of TensorBoard's files, `{name: [(step, value)]}`."""
    found = {}
    for part in ("", "train", "validation"):
        events = plugin_event_accumulator.EventAccumulator(
            str(folder / part),
            plugin_event_accumulator.STORE_EVERYTHING_SIZE_GUIDANCE,
        ).Reload()
        for tag in events.Tags()["tensors"]:
            points = [
                (point.step, tensor_util.make_ndarray(point.tensor_proto))
                for point in events.Tensors(tag)
            ]
            if all(
                value.dtype == "float32" and not value.ndim
                for _, value in points
            ):
                found["/".join(filter(None, (part, tag)))] = [
                    (step, float(value)) for step, value in points
                ]
    return found


def in_csv(folder):
    found = {}
    with open(folder / CURVES, newline="") as file:
        for row in csv.DictReader(file):
            part = row["curve"].startswith(("train/", "validation/"))
            assert row["counts"] == ("epoch" if part else "global_step")
            point = int(row["at"]), float(row["value"])
            found.setdefault(row["curve"], []).append(point)
    return found


def in_mlflow(folder):
    from mlflow import MlflowClient

    client = MlflowClient()
    experiment = client.get_experiment_by_name("keras-zoo")
    (run,) = client.search_runs([experiment.experiment_id])
    assert run.data.params == {"seed": "3", "weights": "none"}
    assert run.info.run_name == folder.name
    return {
        name: [
            (point.step, point.value)
            for point in client.get_metric_history(run.info.run_id, name)
        ]
        for name in run.data.metrics
    }


def in_wandb(folder):
    """Reads all files of one run, in the order in which they were begun."""
    from wandb.proto.wandb_internal_pb2 import Record

    found, names = {}, set()
    for path in sorted(folder.glob("wandb/offline-run-*/run-*.wandb")):
        names.add(path.name)
        for record in _whole(path, Record):
            items = record.history.item
            values = {
                item.key or "/".join(item.nested_key): json.loads(
                    item.value_json
                )
                for item in items
            }
            step = values.pop("epoch", values.pop("global_step", None))
            for name, value in values.items():
                if not name.startswith("_"):
                    found.setdefault(name, []).append((step, value))
    assert len(names) == 1
    return found


def _whole(path, kind):
    """Returns the records of a file, once what writes it has come to the end.

    That is a process of its own, which may take its time.
    """
    for _ in range(600):
        records = [kind.FromString(d) for d in _records(path.read_bytes())]
        if records and records[-1].HasField("exit"):
            return records
        time.sleep(0.05)
    raise TimeoutError(path)


def _records(data):
    """Yields the records of a log, whose file has a header of its own."""
    place, parts = _HEADER, []
    while place + _HEADER <= len(data):
        left = _BLOCK - place % _BLOCK
        if left < _HEADER:
            place += left
            continue
        _, length, kind = struct.unpack_from("<IHB", data, place)
        place += _HEADER
        parts.append(data[place : place + length])
        place += length
        if kind in (_FULL, _LAST):
            yield b"".join(parts)
        if kind in (_FULL, _LAST, 0):
            parts = []


READERS = {"csv": in_csv, "mlflow": in_mlflow, "wandb": in_wandb}


def keep_offline(folder, monkeypatch):
    """Has stores be files in a folder, and nothing be asked of a network."""
    monkeypatch.setenv("WANDB_MODE", "offline")
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{folder}/runs.db")
    for name in ("WANDB_PROJECT", "WANDB_DIR", "MLFLOW_EXPERIMENT_NAME"):
        monkeypatch.delenv(name, raising=False)
    assert os.path.isdir(folder)
