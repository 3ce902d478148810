"""How fast, how large and how true models are in other runtimes.

All of them take turns in one run with as many threads, so that each meets the
same machine; what counts are ratios.
"""

import contextlib
import importlib
import os
import pathlib
import statistics
import tempfile
import time
from collections.abc import Callable

import keras
import numpy as np
import tensorflow as tf

import zoo
from pipelines.benchmarks.names import EXPORTS
from pipelines.data.framing import middle
from pipelines.data.framing import resized
from pipelines.evaluation.held_out import ToJudge
from pipelines.evaluation.held_out import pictures_to_judge
from pipelines.evaluation.judging import match_to_model
from pipelines.export.checking import check_floats
from pipelines.export.formats import INT8
from pipelines.export.formats import PROGRAMS
from pipelines.export.paired_judging import Demands
from pipelines.export.paired_judging import check_paired
from pipelines.export.pictures import drawn_pictures
from pipelines.export.program import Program
from pipelines.export.program import make_program
from pipelines.export.quantizing import draw_calibration
from pipelines.waiting.work import work
from zoo.errors import IntegrityError

BATCHES = (1, 16)
# Whatever comes out is told.
_ALL = Demands(most_lost=100, least_agreement=0, fewest=1)
_CALLS = {1: 20, 16: 3}


@contextlib.contextmanager
def written_program(program: Program, name: str, calibration=()):
    """Writes a program while the context lasts.

    Args:
        program: What is written.
        name: Format and precision, a name of `EXPORTS`.
        calibration: Pictures, where the precision is int8.

    Yields:
        The folder, the row of the format, and the precision.
    """
    format, _, precision = name.partition("_")
    row = PROGRAMS[format]
    with tempfile.TemporaryDirectory(prefix="zoo-export-") as place:
        folder = pathlib.Path(place)
        with work(f"writing {name}"):
            if precision == INT8:
                module = importlib.import_module(row.eight_bits)
                module.write(program, folder, calibration)
            else:
                module = importlib.import_module(row.writer)
                module.write(program, folder, precision)
        yield folder, row, precision


def benchmark_export(
    model,
    *,
    data: str | None = None,
    calibration: str | None = None,
    names=EXPORTS,
    rounds: int = 10,
    say: Callable = print,
) -> list[dict]:
    """Measures one model in every format that there is.

    Args:
        model: With real weights: random ones say nothing of eight bits.
        data: What judges; only sizes and times are told where None.
        calibration: What eight bits are calibrated by; see `EightBits`.
        names: Which formats and precisions.
        rounds: Turns of each.
        say: Takes a line a format.

    Returns:
        A row a format, with milliseconds a call by batch, the ratios to Keras
        compiled and to the same runtime's float32, megabytes, and what was
        judged.
    """
    program = make_program(model)
    judging = data and pictures_to_judge(model.name, data)
    chosen = _calibration(judging, calibration, model)
    with contextlib.ExitStack() as stack:
        runtimes, rows = _keras_calls(program), {}
        for name in names:
            context = written_program(program, name, chosen)
            folder, row, _ = stack.enter_context(context)
            module = importlib.import_module(row.writer)
            # As many as TensorFlow takes; LiteRT alone would take one.
            threads = len(os.sched_getaffinity(0))
            runtimes[name] = module.open_runtime(folder, threads)
            rows[name] = {"megabytes": _megabytes(folder)}
            if judging:
                examples = match_to_model(judging.examples, model)
                rows[name] |= check_paired(
                    program, runtimes[name], examples, _ALL
                )
        times = take_turns_calling(program, runtimes, rounds)
    found = [
        {"name": name, **rows.get(name, {}), **_summary(name, times)}
        for name in runtimes
    ]
    for each in found:
        say(_line(each))
    return found


def _calibration(judging: ToJudge | None, calibration, model):
    if judging is None:
        return drawn_pictures()
    examples = match_to_model(judging.examples, model)
    return draw_calibration(calibration or judging.data, examples)


def _keras_calls(program: Program) -> dict[str, Callable]:
    """Keras as `predict` runs it, and compiled by XLA."""
    model = program.model

    def call(shown):
        return model(shown, training=False)

    return {
        "keras": tf.function(call),
        "keras_compiled": tf.function(call, jit_compile=True),
    }


def take_turns_calling(program: Program, runtimes: dict, rounds: int) -> dict:
    """Returns seconds a call: by runtime and batch, one of each round.

    Args:
        program: Says how large its pictures are.
        runtimes: Functions of pictures; Keras takes framed ones, which cost
            it nothing, and all others frame by themselves.
        rounds: How many turns each has after the first, which is not timed.
    """
    record = program.record
    pixels = resized(tf.constant(drawn_pictures()[0]), record).numpy()
    shown = middle(tf.constant(pixels), record).numpy()
    times = {name: {batch: [] for batch in BATCHES} for name in runtimes}
    with work("measuring", "round") as piece:
        for turn in range(rounds + 1):
            names = list(runtimes)
            # Who comes after whom differs, so that none has a better place.
            for name in names if turn % 2 else reversed(names):
                picture = shown if name.startswith("keras") else pixels
                for batch in BATCHES:
                    given = np.repeat(picture[np.newaxis], batch, 0)
                    taken = _seconds(runtimes[name], given, _CALLS[batch])
                    if turn:
                        times[name][batch].append(taken)
            piece.count(turn, rounds)
    return times


def _seconds(call: Callable, given, calls: int) -> float:
    """The fastest of some calls, whose answers have come."""
    least = float("inf")
    for _ in range(calls):
        started = time.perf_counter()
        np.asarray(call(given))
        least = min(least, time.perf_counter() - started)
    return least


def _summary(name: str, times: dict) -> dict:
    own = times[name]
    plain = f"{name.partition('_')[0]}_float32"
    found = {}
    for batch in BATCHES:
        found[f"ms_{batch}"] = 1e3 * statistics.median(own[batch])
        for label, other in (("keras", "keras_compiled"), ("float32", plain)):
            if other in times:
                ratios = np.divide(times[other][batch], own[batch])
                found[f"x_{label}_{batch}"] = float(np.median(ratios))
    return found


def _line(row: dict) -> str:
    def told(name, form):
        return format(row[name], form) if name in row else "-"

    return (
        f"{row['name']:18} {told('megabytes', '8.3f')} MB"
        f" top-1 {told('top1', '6.2f')} lost {told('top1_lost', '5.2f')}"
        f" same {told('agreement', '5.1f')} %"
        f"{row['ms_1']:9.2f} ms{told('x_keras_1', '6.1f')}x Keras"
        f"{told('x_float32_1', '5.1f')}x float32"
        f"{row['ms_16']:10.2f} ms{told('x_keras_16', '6.1f')}x Keras"
        f"{told('x_float32_16', '5.1f')}x float32"
    )


def _megabytes(folder: pathlib.Path) -> float:
    files = [path for path in folder.rglob("*") if path.is_file()]
    return sum(path.stat().st_size for path in files) / 1e6


def benchmark_parity(
    models, *, names=EXPORTS, say: Callable = print
) -> list[dict]:
    """Writes networks in every float format, and compares with Keras.

    Args:
        models: Their names; weights are random, from a seed.
        names: Which formats and precisions; eight bits are left out, for
            random weights say nothing of them.
        say: Takes a line of a table for each network.

    Returns:
        A row a network and format: the largest error as a part of the
        answers' standard deviation, the size as a part of the weights', or
        why it cannot be.
    """
    floats = [name for name in names if not name.endswith(INT8)]
    found = []
    say(f"| network | {' | '.join(floats)} |")
    say(f"|---|{'---|' * len(floats)}")
    for model in models:
        keras.utils.set_random_seed(0)
        program = make_program(zoo.create_model(model))
        rows = [_parity(program, name) for name in floats]
        cells = [
            row.get("refused")
            or f"{row['largest_error']:.1g}, {row['size']:.2f}x"
            for row in rows
        ]
        say(f"| {model} | {' | '.join(cells)} |")
        found += [{"model": model, **row} for row in rows]
    return found


def _parity(program: Program, name: str) -> dict:
    weights = 4 * sum(int(np.prod(w.shape)) for w in program.model.weights)
    try:
        with written_program(program, name) as (folder, row, precision):
            module = importlib.import_module(row.writer)
            answer = module.open_runtime(folder)
            pictures = drawn_pictures()
            found = check_floats(program, answer, pictures, precision)
            size = 1e6 * _megabytes(folder) / weights
    except (IntegrityError, RuntimeError, ValueError) as error:
        return {"format": name, "refused": " ".join(str(error).split())[:200]}
    return {"format": name, "size": size, **found}
