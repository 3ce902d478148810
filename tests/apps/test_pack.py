"""Packing on the command line, and training data out of what it wrote."""

import io
import json

import numpy as np
import pytest
from PIL import Image

from apps import pack
from pipelines.data.sources.opening import open_splits


@pytest.mark.parametrize("kind", ["tfrecord", "arrayrecord"])
def test_a_folder_becomes_shards(command, photos, tmp_path, kind):
    output = tmp_path / "packed"
    answer = command(
        pack,
        f"--data={photos}",
        f"--output={output}",
        f"--format={kind}",
        "--shard_mb=0.004",
    )
    assert (answer.code, answer.err) == (0, "")
    shards = sorted(path.name for path in output.glob("train-*"))
    assert len(shards) > 1 and shards[0] == f"train-00000.{kind}"
    assert f"train: 24 pictures in {len(shards)} shards, " in answer.out
    packed, folder = open_splits(str(output)), open_splits(str(photos))
    for part in ("train", "validation"):
        found, expected = getattr(packed, part), getattr(folder, part)
        every = [*range(len(expected))]
        assert found.encoded(every) == expected.encoded(every)
        np.testing.assert_array_equal(found.labels, expected.labels)


def test_pictures_are_made_smaller(command, photos, tmp_path):
    output = tmp_path / "packed"
    answer = command(
        pack,
        f"--data={photos}",
        f"--output={output}",
        "--max_side=12",
        "--quality=80",
    )
    assert answer.code == 0
    (first,) = open_splits(str(output)).train.encoded([0])
    assert Image.open(io.BytesIO(first)).size == (12, 10)
    manifest = json.loads((output / "manifest.json").read_text())
    assert (manifest["max_side"], manifest["quality"]) == (12, 80)


def test_a_second_time_is_refused(command, photos, tmp_path):
    words = (f"--data={photos}", f"--output={tmp_path / 'packed'}")
    assert command(pack, *words).code == 0
    answer = command(pack, *words)
    assert answer.code == 2
    assert "holds finished shards. Give another folder" in answer.err
    answer = command(pack, f"--data={photos}", f"--output={photos}")
    assert answer.code == 2 and "was not begun by this command" in answer.err


def test_a_picture_that_cannot_be_made_smaller(command, photos, tmp_path):
    bad = photos / "train/blue/train3.jpg"
    bad.write_bytes(bad.read_bytes()[:200])
    answer = command(
        pack, f"--data={photos}", f"--output={tmp_path / 'o'}", "--max_side=12"
    )
    assert answer.code == 3
    assert answer.err.startswith(f"error: {bad} cannot be decoded (")
    assert len(answer.err.splitlines()) == 1
