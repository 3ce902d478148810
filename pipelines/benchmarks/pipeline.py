"""Measuring input pipelines against one another, in turn, in one run.

Every subject lives in a process of its own, so that its memory is its own, and
is suspended while another one is measured.
"""

import contextlib
import json
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile

import psutil

from pipelines.benchmarks.pipeline_ours import SUBJECTS as OURS
from pipelines.benchmarks.pipeline_ours import PipelineCase
from pipelines.data.sources.opening import open_splits
from zoo.errors import RequestError

# Those of others need a folder, and torch an interpreter that has it.
OTHERS = ("keras_bare", "keras", "keras_cv", "torch")
SUBJECTS = (*OURS, *OTHERS)
_ROOT = pathlib.Path(__file__).parents[2]
_TORCH = pathlib.Path(__file__).with_name("torch_loader.py")
_LAST_WORDS = 200
# Of all subjects; the allocator is the one that our commands choose.
_ENVIRONMENT = {"TF_CPP_MIN_LOG_LEVEL": "3", "TF_CPU_ALLOCATOR_USE_BFC": "true"}


def benchmark_pipeline(
    setting: PipelineCase,
    *,
    names=SUBJECTS,
    rounds: int = 5,
    seconds: float = 3.0,
    torch_python: str = sys.executable,
    progress=None,
) -> tuple[list[dict], dict[str, str]]:
    """Runs subjects in turn, several rounds of some seconds each.

    Args:
        setting: Pictures, their size and the batch.
        names: Which of `SUBJECTS`; `limit` is always among them.
        rounds: How often each has its turn.
        seconds: How long a turn lasts.
        torch_python: The interpreter that is asked for torch.
        progress: Called with the numbers of turns done and in all.

    Returns:
        A row a subject: `name`, `images_per_second` (the median of the
        rounds), `ratio_to_limit` (the median of the ratios within a round),
        `cpu_milliseconds` a picture and `memory_mib`, of all its processes
        at the end; and for each subject that could not be run, why.

    Raises:
        RequestError: There is no such subject or data set, or the decoder
            cannot be run.
    """
    names = list(dict.fromkeys(("limit", *names)))
    if wrong := set(names) - set(SUBJECTS):
        raise RequestError(
            f"`subjects={','.join(sorted(wrong))}` is not known. Expected "
            f"some of: {', '.join(SUBJECTS)}."
        )
    # Refused here in its own words, rather than by a subject's last ones.
    open_splits(setting.data)
    workers, skipped = {}, {}
    with contextlib.ExitStack() as stack:
        for name in names:
            words = stack.enter_context(tempfile.TemporaryFile("w+"))
            workers[name] = _Worker(name, setting, torch_python, words)
            stack.callback(workers[name].stop)
        for name in names:
            if workers[name].ready():
                workers[name].pause()
            else:
                skipped[name] = workers.pop(name).problem
        if "limit" not in workers:
            raise RequestError(
                f"`data={setting.data}` cannot be decoded: {skipped['limit']}"
            )
        _take_turns(list(workers.values()), rounds, seconds, progress)
        base = workers["limit"].speeds
        return [worker.row(base) for worker in workers.values()], skipped


def _take_turns(workers, rounds, seconds, progress):
    for turn in range(rounds):
        for place, worker in enumerate(workers):
            worker.run(seconds)
            if progress:
                done = turn * len(workers) + place + 1
                progress(done, rounds * len(workers))


class _Worker:
    """A subject's process, and what it has done so far."""

    def __init__(self, name: str, setting: PipelineCase, torch_python, words):
        self._name = name
        self.problem = self._missing(setting)
        self._process = None
        self._words = words
        self.speeds: list[float] = []
        self._images = 0
        self._cpu = 0.0
        self._memory = 0
        if self.problem:
            return
        asked = {
            "name": name,
            "data": setting.data,
            "folder": setting.folder,
            "image_size": setting.image_size,
            "batch_size": setting.batch_size,
        }
        module = [sys.executable, "-m", "pipelines.benchmarks.pipeline_worker"]
        program = [torch_python, str(_TORCH)] if name == "torch" else module
        self._process = subprocess.Popen(
            [*program, json.dumps(asked)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._words,
            text=True,
            cwd=_ROOT,
            env={**os.environ, **_ENVIRONMENT},
        )

    def _missing(self, setting: PipelineCase) -> str:
        if self._name in OTHERS and setting.folder is None:
            return "needs a folder of pictures"
        if self._name == "torch" and not _TORCH.exists():
            return f"needs {_TORCH}, which only a checkout has"
        return ""

    def ready(self) -> bool:
        """Waits until the first batch is there; False if it never is."""
        if self.problem:
            return False
        if self._process.stdout.readline() == "ready\n":
            return True
        self._process.wait()
        self._words.seek(0)
        lines = self._words.read().strip().splitlines()
        self.problem = (lines or ["no word"])[-1][:_LAST_WORDS]
        return False

    def pause(self) -> None:
        """Stops its threads, which would fill buffers while others run."""
        for process in self._family():
            process.suspend()

    def run(self, seconds: float) -> None:
        for process in self._family():
            process.resume()
        before = self._used_cpu()
        print(seconds, file=self._process.stdin, flush=True)
        answer = json.loads(self._process.stdout.readline())
        self._cpu += self._used_cpu() - before
        self._images += answer["all_images"]
        self._memory = sum(p.memory_info().rss for p in self._family())
        self.speeds.append(answer["images"] / answer["seconds"])
        self.pause()

    def row(self, base: list[float]) -> dict:
        ratios = [
            own / limit for own, limit in zip(self.speeds, base, strict=True)
        ]
        return {
            "name": self._name,
            "images_per_second": statistics.median(self.speeds),
            "ratio_to_limit": statistics.median(ratios),
            "cpu_milliseconds": 1000 * self._cpu / max(1, self._images),
            "memory_mib": self._memory / 2**20,
        }

    def stop(self) -> None:
        if self._process is None:
            return
        self._process.kill()
        self._process.wait()
        self._process.stdin.close()
        self._process.stdout.close()

    def _family(self):
        process = psutil.Process(self._process.pid)
        return [process, *process.children(recursive=True)]

    def _used_cpu(self) -> float:
        times = [process.cpu_times() for process in self._family()]
        return sum(each.user + each.system for each in times)


def as_table(results: list[dict], skipped: dict[str, str]) -> str:
    """Writes what `benchmark_pipeline` returns as a table."""
    head = f"{'':16}{'images/s':>10}{'of limit':>10}{'CPU ms':>9}{'MiB':>8}"
    rows = (
        f"{each['name']:16}{each['images_per_second']:10,.0f}"
        f"{each['ratio_to_limit']:10.2f}{each['cpu_milliseconds']:9.2f}"
        f"{each['memory_mib']:8,.0f}"
        for each in results
    )
    left = (
        f"{name:16} not measured: {reason}" for name, reason in skipped.items()
    )
    return "\n".join([head, *rows, *left])
