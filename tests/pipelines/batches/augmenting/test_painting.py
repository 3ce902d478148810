"""Painting: each picture by its own steps, wherever it lies."""

import subprocess
import sys

import numpy as np
import pytest

from pipelines.batches.transforms import painting
from pipelines.batches.transforms import steps
from pipelines.batches.transforms.painting import paint


def view(pixels, start=0):
    height, width, _ = pixels.shape
    return [start, 3 * width, height, width]


def test_pictures_lie_in_one_array_or_in_their_own(noise):
    pictures = [noise(9, 12), noise(20, 7), noise(8, 8)]
    mirrored = np.array([False, True, True])
    nothing = np.zeros((3, 0, 7))
    flat = [each.reshape(-1) for each in pictures]
    own = np.array([view(each) for each in pictures])
    apart = paint(flat, own, mirrored, nothing, 8)
    starts = np.cumsum([0, flat[0].size, flat[1].size])
    views = own + np.pad(starts[:, None], [(0, 0), (0, 3)])
    joined = paint([np.concatenate(flat)], views, mirrored, nothing, 8)
    np.testing.assert_array_equal(joined, apart)
    np.testing.assert_array_equal(apart[2], pictures[2][:, ::-1])
    assert apart.ctypes.data % 64 == 0


def test_steps_are_taken_in_turn_and_by_their_picture(noise):
    pixels = noise(6, 6)
    table = steps.in_turn(
        steps.step([steps.POSTERIZE, steps.SOLARIZE], [1, 0]),
        steps.where(
            np.array([False, True]),
            steps.step(np.full(2, steps.ADD), 10, 0, 0),
        ),
    )
    views = np.array([view(pixels)] * 2)
    one, two = paint([pixels.reshape(-1)], views, np.zeros(2, bool), table, 6)
    np.testing.assert_array_equal(one, pixels & 128)
    expected = np.minimum(255 - pixels.astype(int) + [10, 0, 0], 255)
    np.testing.assert_array_equal(two, expected)


def test_a_sum_of_pictures(noise):
    pixels = noise(6, 6)
    table = steps.in_turn(
        steps.step([steps.BEGIN_SUM], 0.5),
        steps.step([steps.SOLARIZE], 0),
        steps.step([steps.ADD_TO_SUM], 0.25),
        steps.step([steps.POSTERIZE], 1),
        steps.step([steps.ADD_TO_SUM], 0.25),
        steps.step([steps.END_SUM]),
    )
    views, mirrored = np.array([view(pixels)]), np.zeros(1, bool)
    (found,) = paint([pixels.reshape(-1)], views, mirrored, table, 6)
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
        paint(
            [pixels],
            np.array([wrong]),
            np.zeros(1, bool),
            np.zeros((1, 0, 7)),
            4,
        )


def test_what_is_kept_depends_on_all_sources(tmp_path, monkeypatch):
    before = painting._sources()
    assert before == painting._sources()
    (tmp_path / "painting.py").write_text("")
    monkeypatch.setattr(painting, "__file__", str(tmp_path / "painting.py"))
    assert painting._sources() != before


def test_what_cannot_be_kept_is_compiled_all_the_same():
    # As where neither the sources' folder nor the home can be written.
    program = (
        "import numba.core.caching as caching, numpy as np\n"
        "for kind in caching.CacheImpl._locator_classes:\n"
        "    kind.from_function = classmethod(lambda *_: None)\n"
        "from pipelines.batches.transforms import compiling\n"
        "a, b = np.arange(3.0), np.zeros(3)\n"
        "compiling.copy(a, b)\n"
        "assert (a == b).all() and compiling.copy.stats.cache_path is None\n"
    )
    found = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True
    )
    assert found.returncode == 0, found.stderr
