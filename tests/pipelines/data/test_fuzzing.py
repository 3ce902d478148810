"""Pictures with flipped bits and other bytes: refused or decoded.

Never a crash or a hang, and whatever a check accepts, TensorFlow decodes.

In a process of its own, which may die or grow. By itself a few hundred of
them; `ZOO_FUZZ=10000` asks for more.
"""

import json
import os
import pathlib
import subprocess
import sys

import pytest

ROOT = pathlib.Path(__file__).parents[3]
COUNT = int(os.environ.get("ZOO_FUZZ", "350"))
# Far above what any of them takes: a hang, not a slow machine.
_SECONDS = 5.0
_MEGABYTES = 256

_FUZZ = """
import io, json, struct, sys, time, warnings, zlib
import numpy as np
import tensorflow as tf
from PIL import Image
from pipelines.data import images
from pipelines.data.encoded_picture import EncodedPicture
from pipelines.data.checks import inspect
from pipelines.data.inspection.classification import classify

warnings.simplefilter("ignore")
random = np.random.default_rng(0)
grain = random.integers(0, 256, (6, 8, 3), "uint8")
picture = Image.fromarray(grain).resize((64, 48), Image.Resampling.BICUBIC)

def saved(picture, kind, **options):
    file = io.BytesIO()
    picture.save(file, kind, **options)
    return file.getvalue()

GOOD = {
    "jpeg": saved(picture, "JPEG"),
    "progressive": saved(picture, "JPEG", progressive=True),
    "cmyk": saved(picture.convert("CMYK"), "JPEG"),
    "png": saved(picture, "PNG"),
    "gif": saved(picture, "GIF"),
    "bmp": saved(picture, "BMP"),
    "webp": saved(picture, "WEBP"),
    "tiff": saved(picture, "TIFF"),
    "restarts": saved(picture, "JPEG", restart_marker_blocks=3),
    "sixteen": saved(Image.fromarray(np.outer(
        np.arange(40), np.arange(48)).astype("uint16") * 30), "PNG"),
    "palette": saved(picture.quantize(8), "PNG"),
    "lossless": saved(picture, "WEBP", lossless=True),
}

def peak():
    with open("/proc/self/status") as file:
        status = dict(line.split(":", 1) for line in file)
    return int(status["VmHWM"].split()[0]) / 1024

def flip(encoded):
    data = np.frombuffer(encoded, "uint8").copy()
    # Half of them in the header, where sizes are.
    end = 64 if random.integers(2) else len(data)
    for _ in range(random.integers(1, 5)):
        data[random.integers(min(end, len(data)))] ^= 1 << random.integers(8)
    return data.tobytes()

def put(encoded):
    "Other bytes in place of one to three; a PNG's checksums are right again."
    data = bytearray(encoded)
    for _ in range(random.integers(1, 4)):
        value = 255 if random.integers(2) else random.integers(256)
        data[random.integers(len(data))] = value
    if encoded[:4] == b"\\x89PNG" and random.integers(2):
        place = 8
        while place + 12 <= len(data):
            (length,) = struct.unpack_from(">I", encoded, place)
            end = place + 8 + length
            data[end : end + 4] = struct.pack(
                ">I", zlib.crc32(data[place + 4 : end])
            )
            place = end + 4
    return bytes(data)

def part(data):
    picture = EncodedPicture(tf.constant(data))
    side = tf.minimum(picture.shape[0], picture.shape[1])
    return picture.cut(tf.stack([0, 0, side, side]), 16)

WAYS = {
    "checked": lambda data: inspect(data)[1] == "",
    "audited": lambda data: classify(data).problem == "",
    "header": lambda data: inspect(data, decode=False)[1] == "",
    "whole": lambda data: images.decode(tf.constant(data)),
    "part": part,
}

def can(way, data):
    try:
        result = WAYS[way](data)
    except tf.errors.InvalidArgumentError:
        return False
    return result if isinstance(result, bool) else True

for data in GOOD.values():
    assert all(can(way, data) for way in WAYS)
before, slowest = peak(), (0.0, "")
passed = dict.fromkeys(WAYS, 0)
undecodable, unlooked, apart = [], [], []
for number in range(int(sys.argv[1])):
    kind = list(GOOD)[number % len(GOOD)]
    data = (flip, put, put)[number // len(GOOD) % 3](GOOD[kind])
    answers = {}
    for way in WAYS:
        started = time.perf_counter()
        answers[way] = can(way, data)
        took = time.perf_counter() - started
        slowest = max(slowest, (took, f"{way} {kind} {data.hex()[:200]}"))
        passed[way] += answers[way]
    decoded = answers["whole"] and answers["part"]
    if answers["checked"] and not decoded:
        undecodable.append(f"{kind} {data.hex()}")
    if answers["checked"] != answers["audited"]:
        apart.append(f"{kind} {data.hex()}")
    if "cannot be looked at" in inspect(data)[1] + classify(data).detail:
        unlooked.append(f"{kind} {data.hex()}")
print(json.dumps({
    "passed": passed,
    "undecodable": undecodable,
    "apart": apart,
    "unlooked": unlooked,
    "grown": peak() - before,
    "slowest": slowest,
}))
"""


@pytest.fixture(scope="module")
def fuzzed():
    process = subprocess.run(
        [sys.executable, "-X", "faulthandler", "-c", _FUZZ, str(COUNT)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60 + COUNT / 10,
    )
    assert process.returncode == 0, process.stderr[-2000:]
    return json.loads(process.stdout)


def test_flipped_bits_neither_crash_nor_hang(fuzzed):
    seconds, which = fuzzed["slowest"]
    assert seconds < _SECONDS, which
    assert fuzzed["grown"] < _MEGABYTES
    # Some are refused, and some only look a little different.
    for passed in fuzzed["passed"].values():
        assert COUNT / 20 < passed < COUNT


def test_what_the_check_lets_pass_can_be_decoded(fuzzed):
    assert fuzzed["undecodable"] == []


def test_every_file_is_looked_at(fuzzed):
    assert fuzzed["unlooked"] == []


def test_training_and_the_audit_say_the_same(fuzzed):
    assert len(fuzzed["apart"]) <= COUNT / 1000
