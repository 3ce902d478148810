"""Steps carried out: each picture by its own, wherever it lies."""

import importlib.util
import pathlib
import subprocess
import sys

import numpy as np
import pytest

from pipelines.batches import applying
from pipelines.batches.applying import apply
from pipelines.batches.augmentation import AUGMENTATIONS
from pipelines.batches.augmentation import all_steps
from pipelines.batches.transforms.augmix import ADD_TO_SUM
from pipelines.batches.transforms.augmix import BEGIN_SUM
from pipelines.batches.transforms.augmix import END_SUM
from pipelines.batches.transforms.chance import Chance
from pipelines.batches.transforms.lighting import ADD
from pipelines.batches.transforms.posterize import POSTERIZE
from pipelines.batches.transforms.solarize import SOLARIZE
from pipelines.batches.transforms.steps import column
from pipelines.batches.transforms.steps import in_turn
from pipelines.batches.transforms.steps import where


def view(pixels, start=0):
    height, width, _ = pixels.shape
    return [start, 3 * width, height, width]


def test_pictures_lie_in_one_array_or_in_their_own(noise):
    pictures = [noise(9, 12), noise(20, 7), noise(8, 8)]
    mirrored = np.array([False, True, True])
    nothing = np.zeros((3, 0, 7))
    flat = [each.reshape(-1) for each in pictures]
    own = np.array([view(each) for each in pictures])
    apart = apply(flat, own, mirrored, nothing, 8)
    starts = np.cumsum([0, flat[0].size, flat[1].size])
    views = own + np.pad(starts[:, None], [(0, 0), (0, 3)])
    joined = apply([np.concatenate(flat)], views, mirrored, nothing, 8)
    np.testing.assert_array_equal(joined, apart)
    np.testing.assert_array_equal(apart[2], pictures[2][:, ::-1])
    assert apart.ctypes.data % 64 == 0


def test_steps_are_taken_in_turn_and_by_their_picture(noise):
    pixels = noise(6, 6)
    table = in_turn(
        column([POSTERIZE.code, SOLARIZE.code], [1, 0]),
        where(
            np.array([False, True]),
            ADD(np.full(2, 10), 0, 0),
        ),
    )
    views = np.array([view(pixels)] * 2)
    one, two = apply([pixels.reshape(-1)], views, np.zeros(2, bool), table, 6)
    np.testing.assert_array_equal(one, pixels & 128)
    expected = np.minimum(255 - pixels.astype(int) + [10, 0, 0], 255)
    np.testing.assert_array_equal(two, expected)


def test_a_sum_of_pictures(noise):
    pixels = noise(6, 6)
    table = in_turn(
        BEGIN_SUM(0.5),
        SOLARIZE(0),
        ADD_TO_SUM(0.25),
        POSTERIZE(1),
        ADD_TO_SUM(0.25),
        END_SUM(),
    )
    views, mirrored = np.array([view(pixels)]), np.zeros(1, bool)
    (found,) = apply([pixels.reshape(-1)], views, mirrored, table, 6)
    x = pixels.astype(int)
    expected = x / 2 + (255 - x) / 4 + (x & 128) / 4
    np.testing.assert_array_equal(found, np.floor(expected + 0.5))


@pytest.mark.parametrize(
    "wrong",
    [
        (-1, 18, 6, 6),
        (1, 18, 6, 6),
        (0, 18, 7, 6),
        (0, 18, 0, 6),
        (0, 15, 6, 6),
    ],
)
def test_a_part_outside_of_its_picture_is_refused(noise, wrong):
    pixels = noise(6, 6).reshape(-1)
    with pytest.raises(ValueError, match="reaches out of its picture"):
        apply(
            [pixels],
            np.array([wrong]),
            np.zeros(1, bool),
            np.zeros((1, 0, 7)),
            4,
        )


def test_what_is_kept_depends_on_all_sources(tmp_path, monkeypatch):
    before = applying._sources()
    assert before == applying._sources()
    for name in ("augmentation.py", "applying.py"):
        (tmp_path / name).write_text("")
    monkeypatch.setattr(applying, "__file__", str(tmp_path / "applying.py"))
    assert applying._sources() != before


@pytest.mark.parametrize("name", AUGMENTATIONS)
def test_simple_augmentations_wait_for_no_other(name, noise, monkeypatch):
    """They are compiled without the operations that some choose among."""
    calls = []
    monkeypatch.setattr(
        applying, "_change_simply", lambda *_: calls.append("simple")
    )
    monkeypatch.setattr(applying, "_change", lambda *_: calls.append("all"))
    pixels, steps = noise(6, 6), AUGMENTATIONS[name].steps
    views, mirrored = np.array([view(pixels)]), np.zeros(1, bool)
    table = np.zeros((1, 0, 7))
    apply([pixels.reshape(-1)], views, mirrored, table, 6, steps)
    chosen = "randaugment", "randaugment_6_of_10", "trivialaugment", "augmix"
    assert calls == ["all" if name in chosen else "simple"]


@pytest.mark.parametrize("name", ["shift", "gentle", "alexnet", "gridmask"])
def test_compiled_apart_they_are_the_same_to_the_bit(name, noise):
    chance, pixels = Chance(3, np.arange(8)), noise(30, 41)
    table = AUGMENTATIONS[name].draw(chance, 24)
    views = np.repeat([view(pixels)], 8, axis=0)
    mirrored = np.arange(8) % 2 == 0
    one = [pixels.reshape(-1)], views, mirrored, table, 24
    assert (apply(*one, AUGMENTATIONS[name].steps) == apply(*one)).all()
    assert applying._change_simply is not applying._change


def test_every_step_has_its_own_code():
    codes = [step.code for step in all_steps()]
    assert codes == list(range(1, 17))


def test_a_step_of_no_augmentation_is_refused(noise):
    pixels = noise(6, 6)
    views, mirrored = np.array([view(pixels)]), np.zeros(1, bool)
    with pytest.raises(ValueError, match=r"no augmentation .* 17\.0"):
        apply([pixels.reshape(-1)], views, mirrored, column([17]), 6)


def test_what_cannot_be_kept_is_compiled_all_the_same():
    # As where neither the sources' folder nor the home can be written.
    program = (
        "import numba.core.caching as caching, numpy as np\n"
        "for kind in caching.CacheImpl._locator_classes:\n"
        "    kind.from_function = classmethod(lambda *_: None)\n"
        "from pipelines.batches.transforms import compiling\n"
        "a, b = np.arange(3.0), np.zeros(3)\n"
        "compiling.copy(a, b)\n"
        "stats = compiling.copy.dispatcher.stats\n"
        "assert (a == b).all() and stats.cache_path is None\n"
    )
    found = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True
    )
    assert found.returncode == 0, found.stderr


def test_sources_are_hashed_once_at_import(monkeypatch):
    reads, read = [], pathlib.Path.read_bytes

    def counted(path):
        reads.append(path)
        return read(path)

    monkeypatch.setattr(pathlib.Path, "read_bytes", counted)
    place = importlib.util.spec_from_file_location("again", applying.__file__)
    module = importlib.util.module_from_spec(place)
    monkeypatch.setitem(sys.modules, "again", module)
    place.loader.exec_module(module)
    assert len(reads) == len(set(reads)) > 5
