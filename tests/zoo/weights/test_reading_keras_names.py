"""What the arrays in Keras's files are called."""

import h5py
import numpy as np
import pytest

from zoo.errors import IntegrityError
from zoo.weights import reading


def test_names_of_old_files(tmp_path):
    with h5py.File(tmp_path / "w.h5", "w") as file:
        one = np.ones(1, "float32")
        file["conv1/conv1_1/kernel:0"] = one
        file["conv1/conv1_1/bias:0"] = one
        file["look/look/query/kernel:0"] = one
        file["look/look/key/kernel:0"] = one
        file["block/norm/gamma:0"] = one
        file["plain"] = one
    assert set(reading.read(tmp_path / "w.h5")) == {
        "conv1/kernel",
        "conv1/bias",
        "look/query/kernel",
        "look/key/kernel",
        "block/gamma",
        "plain",
    }


def test_a_layers_name_that_is_no_string_is_not_read(tmp_path):
    path = tmp_path / "m.weights.h5"
    with h5py.File(path, "w") as file:
        file["layers/dense/vars/0"] = np.ones(3, "float32")
        file["layers/dense/vars"].attrs["name"] = [1, 2]
        file["layers/dense_1/vars/0"] = np.ones(3, "float32")
        file["layers/dense_1/vars"].attrs["name"] = "top"
        file["optimizer/vars/0"] = np.ones(3, "float32")
        file["layers/dropout/seed_generator/vars/0"] = np.ones(2, "uint32")
    assert set(reading.read(path)) == {"dense/0", "top/0"}
    with h5py.File(path, "a") as file:
        file["layers/dense/vars"].attrs["name"] = "top"
    with pytest.raises(IntegrityError, match="are called 'top/0'"):
        reading.read(path)
