"""Checks that train: each in a process of its own."""

import json
import math
import os
import pathlib
import signal
import subprocess
import sys

import numpy as np

from pipelines.doctor.findings import Finding
from pipelines.waiting.durations import duration

_ROOT = pathlib.Path(__file__).parents[2]
_GIB = 2**30
# Of the loss, over some steps: only the order of sums differs.
_TOLERANCE = 1e-4
# After which nobody would wait for a step.
_PATIENCE = 900
_LAST_WORDS = 200


class Trouble(Exception):
    """A trial has given no answer; says why."""


def ask(task: str, **options) -> dict:
    """Runs a task of `probe`, and returns what it has found.

    Raises:
        Trouble: It failed, was ended or took too long; `memory` where there
            was not enough of it.
    """
    asked = json.dumps({"task": task, **options})
    words = [sys.executable, "-m", "pipelines.doctor.probe", asked]
    done = run_to_its_end(words, _PATIENCE)
    if done.returncode < 0:
        # The kernel ends who asks for too much.
        raise Trouble("memory")
    if done.returncode:
        lines = done.stderr.strip().splitlines() or ["no word"]
        raise Trouble(lines[-1][:_LAST_WORDS])
    found = json.loads(done.stdout.strip().splitlines()[-1])
    if "problem" in found:
        raise Trouble(found["problem"])
    return found


def run_to_its_end(
    words: list[str], patience: float
) -> subprocess.CompletedProcess:
    """Runs a program, and ends it and what it has started where it hangs.

    Args:
        words: Of its command.
        patience: Seconds that it may take.

    Raises:
        Trouble: It took longer.
    """
    with subprocess.Popen(
        words,
        cwd=_ROOT,
        env={**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as process:
        try:
            said = process.communicate(timeout=patience)
        except BaseException as error:
            # Not it alone: its own children would hold the pipes open. While
            # it is not waited for the number is still its own.
            if process.returncode is None:
                os.killpg(process.pid, signal.SIGKILL)
            if not isinstance(error, subprocess.TimeoutExpired):
                raise
            raise Trouble(f"no answer within {duration(patience)}") from None
    return subprocess.CompletedProcess(words, process.returncode, *said)


def check_devices() -> Finding:
    """Compares the losses of one device with those of several."""
    name = "devices"
    try:
        found = ask("devices")
    except Trouble as trouble:
        return _not_run(name, trouble)
    # As numpy's: of NaN and a number, Python's `max` may return the number.
    apart = float(np.max(np.abs(np.subtract(found["one"], found["several"]))))
    text = (
        f"losses of one and of {found['devices']} {found['kind']} devices "
        f"are {apart:.1g} apart"
    )
    # Not "apart > …", which NaN would pass.
    ok = apart <= _TOLERANCE
    if not ok:
        text += (
            f", more than {_TOLERANCE:.0e}: train on one device "
            "(CUDA_VISIBLE_DEVICES=0) and look at the driver"
        )
    return Finding(name, text, ok, {**found, "apart": apart})


def check_finite() -> Finding:
    """Looks for losses that are no finite numbers, in each precision."""
    name = "precisions"
    try:
        found = ask("finite")
    except Trouble as trouble:
        return _not_run(name, trouble)
    wrong = [
        precision
        for precision, losses in found.items()
        if not all(map(math.isfinite, losses))
    ]
    text = f"losses stay finite in {', '.join(found)}"
    if wrong:
        text = (
            f"losses are not finite in {', '.join(wrong)}: give another "
            "`precision`"
        )
    return Finding(name, text, not wrong, found)


def check_model(
    model: str,
    image_size: int,
    batch_size: int,
    precision: str,
    examples: int | None = None,
) -> Finding:
    """Takes some real steps of a model.

    Args:
        model: One of `zoo.list_models()`.
        image_size: In pixels.
        batch_size: Of a global batch.
        precision: Out of `PRECISIONS`.
        examples: Pictures of an epoch, to say how long it will take.
    """
    asked = f"{model} at {image_size} px, batch {batch_size}, {precision}"
    try:
        found = ask(
            "model",
            model=model,
            image_size=image_size,
            batch_size=batch_size,
            precision=precision,
        )
    except Trouble as trouble:
        if str(trouble) != "memory":
            return _not_run("model", f"{asked}: {trouble}")
        return Finding("model", f"{asked}: {_smaller(batch_size)}", ok=False)
    speed = batch_size / found["seconds_a_step"]
    found |= {"images_per_second": speed}
    text = (
        f"{asked}: {speed:,.1f} images/s, "
        f"first step after {duration(found['seconds_first_step'])}, "
        f"peak memory {found['peak_bytes'] / _GIB:.1f} GiB"
    )
    if found["peak_gpu_bytes"] is not None:
        text += f", GPU {found['peak_gpu_bytes'] / _GIB:.1f} GiB"
    if examples:
        found["seconds_an_epoch"] = examples / speed
        text += (
            f"; an epoch of {examples:,} pictures takes "
            f"{duration(examples / speed)} or more"
        )
    return Finding("model", text, values=found)


def _smaller(batch_size: int) -> str:
    least = "not enough memory for one step"
    if batch_size > 1:
        return f"{least}: try `global_batch_size={batch_size // 2}`"
    return f"{least}: try a smaller `image_size` or `model`"


def _not_run(name: str, trouble) -> Finding:
    reason = str(trouble)
    if reason == "memory":
        reason = "not enough memory, or the process was ended from outside"
    return Finding(name, f"the trial failed: {reason}", ok=False)
