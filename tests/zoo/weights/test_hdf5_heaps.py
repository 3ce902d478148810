"""HDF5's heaps of strings, looked through before HDF5 does."""

import io

import pytest

from zoo.errors import IntegrityError
from zoo.weights.reading import hdf5_heaps


def test_a_heap_between_two_pieces_is_found(tmp_path):
    stream = io.BytesIO(bytes((1 << 20) - 3) + b"GCOL\x01\0\0\0" + bytes(40))
    with pytest.raises(IntegrityError, match="its heap at 1,048,573 is cut"):
        hdf5_heaps.check_heaps(stream, "w.h5")
