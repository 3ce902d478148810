"""A small data set to audit."""

import pytest


@pytest.fixture
def folder(tmp_path, photo, saved):
    """Two parts of two classes of four pictures, all of them different."""
    seed = 0
    for part in ("train", "val"):
        for name in ("ant", "bee"):
            place = tmp_path / "set" / part / name
            place.mkdir(parents=True)
            for i in range(4):
                seed += 1
                picture = saved(photo(seed, (64, 48)), "JPEG", quality=95)
                (place / f"{i}.jpg").write_bytes(picture)
    return tmp_path / "set"


@pytest.fixture
def out(tmp_path):
    return tmp_path / "out"
