"""How long the checks of pictures take, here and in another checkout.

    git worktree add --detach /tmp/before COMMIT
    .venv/bin/python tests/paired_checks.py /tmp/before

Processor time, in turns of 100 pictures with the other checkout, each in a
process of its own: what else the machine does counts for both. Prints
microseconds a picture, least of all turns, and the ratio of the medians, that
of the middle round.
"""

import argparse
import io
import pathlib
import statistics
import subprocess
import sys
import tempfile

import numpy as np
from PIL import Image

HERE = pathlib.Path(__file__).parents[1]
WAYS = ("training", "header", "audit")
COUNT, TURN, ROUNDS = 2_000, 100, 5
# Side in pixels, of a grain of how many, the format, whether EXIF is in it.
KINDS = {
    "JPEG of 2 kB": (64, 6, "JPEG", False),
    "JPEG of 2 kB with EXIF": (64, 6, "JPEG", True),
    "JPEG of 25 kB": (256, 5, "JPEG", False),
    "PNG of 32 px": (32, 2, "PNG", False),
    "PNG of 224 px": (224, 8, "PNG", False),
    "WebP of 32 px": (32, 2, "WEBP", False),
    "GIF of 64 px": (64, 6, "GIF", False),
    "BMP of 64 px": (64, 6, "BMP", False),
}

_WORKER = """
import gc, pathlib, sys, time, warnings
answers, sys.stdout = sys.stdout, sys.stderr
from pipelines.audit.one_file import see
from pipelines.data.checks import inspect
from pipelines.data.inspection.classification import Limits

ways = {
    "training": lambda encoded, path: inspect(encoded),
    "header": lambda encoded, path: see(path, decode=False, limits=Limits()),
    "audit": lambda encoded, path: see(path, decode=True, limits=Limits()),
}
warnings.simplefilter("ignore")
# Garbage is not collected while time is taken, and cheaply in between.
gc.collect()
gc.freeze()
gc.disable()
for line in sys.stdin:
    way, *paths = line.split()
    files = [(pathlib.Path(path).read_bytes(), path) for path in paths]
    started = time.process_time()
    for encoded, path in files:
        ways[way](encoded, path)
    took = (time.process_time() - started) / len(files)
    print(took, file=answers, flush=True)
    gc.collect()
"""


class Checkout:
    """A process that looks at pictures by the code of one checkout."""

    def __init__(self, root):
        self._process = subprocess.Popen(
            [sys.executable, "-c", _WORKER],
            cwd=root,
            env={"PYTHONPATH": str(root), "TF_CPP_MIN_LOG_LEVEL": "3"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )

    def time(self, way, paths) -> float:
        self._process.stdin.write(" ".join([way, *paths]) + "\n")
        self._process.stdin.flush()
        return float(self._process.stdout.readline())

    def end(self):
        self._process.communicate()


def write(folder, side, grain, kind, noted):
    """Writes smooth pictures, and returns their paths."""
    random = np.random.default_rng(0)
    exif = Image.Exif()
    exif[0x010F] = "A phone"
    options = {"exif": exif} if noted else {}
    paths = []
    for number in range(COUNT):
        coarse = random.integers(0, 256, (side // grain,) * 2 + (3,), "uint8")
        picture = Image.fromarray(coarse).resize((side, side))
        file = io.BytesIO()
        picture.save(file, kind, **options)
        path = folder / f"{number}.{kind.lower()}"
        path.write_bytes(file.getvalue())
        paths.append(str(path))
    return paths


def compare(checkouts, way, paths):
    """Returns the least times of both, and the ratio of the middle round."""
    rounds, least = [], [np.inf, np.inf]
    for number in range(ROUNDS):
        times = ([], [])
        for start in range(0, len(paths), TURN):
            order = (0, 1) if (start // TURN + number) % 2 else (1, 0)
            for each in order:
                some = paths[start : start + TURN]
                times[each].append(checkouts[each].time(way, some))
        before, now = map(statistics.median, times)
        rounds.append(now / before)
        least = [min(a, *b) for a, b in zip(least, times, strict=True)]
    return *least, statistics.median(rounds)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("before", type=pathlib.Path, help="another checkout")
    parser.add_argument("--kinds", default="", help="only kinds with this")
    asked = parser.parse_args()
    checkouts = [Checkout(root) for root in (asked.before.resolve(), HERE)]
    for name, kind in KINDS.items():
        if asked.kinds not in name:
            continue
        with tempfile.TemporaryDirectory() as folder:
            paths = write(pathlib.Path(folder), *kind)
            for way in WAYS:
                for each in checkouts:
                    each.time(way, paths[:TURN])
                before, now, ratio = compare(checkouts, way, paths)
                print(
                    f"{name:24}{way:10}{1e6 * before:8.1f} µs before, "
                    f"{1e6 * now:8.1f} now: {ratio:.2f}",
                    flush=True,
                )
    for each in checkouts:
        each.end()


if __name__ == "__main__":
    main()
