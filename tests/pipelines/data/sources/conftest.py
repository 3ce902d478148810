"""Folders of small pictures."""

import numpy as np
import pytest


@pytest.fixture
def write(tmp_path, encode):
    """Returns a function: writes pictures by path, and gives the folder."""

    def make(*paths):
        for number, path in enumerate(paths):
            file = tmp_path / "set" / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(encode(np.full((4, 4, 3), number % 256, "uint8")))
        return tmp_path / "set"

    return make
