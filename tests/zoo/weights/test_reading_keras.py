"""Keras's files: their numbers, and everything HDF5 can do but must not."""

import json
import zipfile
import zlib

import h5py
import keras
import numpy as np
import pytest

from zoo.errors import IntegrityError
from zoo.weights import reading


@pytest.fixture(scope="module")
def model():
    """Layers whose names Keras 3 does not use, one inside of another."""
    inputs = keras.Input((6, 4))
    x = keras.layers.Dense(4, name="first")(inputs)
    x = keras.layers.BatchNormalization(name="norm")(x)
    x = keras.layers.Dropout(0.5, name="drop")(x)
    x = keras.layers.MultiHeadAttention(2, 3, name="look")(x, x)
    x = keras.layers.Dense(2, name="last", dtype="bfloat16")(x)
    model = keras.Model(inputs, x)
    generator = np.random.default_rng(0)
    for variable in model.weights:
        variable.assign(generator.uniform(-1, 1, variable.shape))
    model.compile("adam", "mse")
    model.optimizer.build(model.trainable_variables)
    return model


def _assert_same(found, model):
    """Compares by layer and position."""
    expected = {
        (layer.name, np.asarray(variable).astype("float32").tobytes())
        for layer in model.layers
        for variable in layer.weights
    }
    received = {
        (name.split("/")[0], values.tobytes()) for name, values in found.items()
    }
    assert {values.dtype for values in found.values()} == {np.dtype("f4")}
    assert received == expected
    assert len(found) == 16


@pytest.mark.parametrize("suffix", [".weights.h5", ".keras"])
def test_files_of_keras_3(model, tmp_path, suffix):
    path = tmp_path / f"m{suffix}"
    (model.save if suffix == ".keras" else model.save_weights)(path)
    found = reading.read(path)
    _assert_same(found, model)
    first = model.get_layer("first")
    assert np.array_equal(found["first/0"], first.kernel)
    assert np.array_equal(found["first/1"], first.bias)
    assert "look/query_dense/0" in found
    assert np.array_equal(found["norm/3"], model.get_layer("norm").weights[3])


def test_files_before_keras_3(model, tmp_path):
    path = tmp_path / "m.h5"
    with h5py.File(path, "w") as file:
        file.attrs["layer_names"] = [layer.name for layer in model.layers]
        for layer in model.layers:
            group = file.create_group(layer.name)
            paths = [f"{variable.path}:0" for variable in layer.weights]
            group.attrs["weight_names"] = paths
            for name, variable in zip(paths, layer.weights, strict=True):
                values = np.asarray(variable).astype("float32")
                group[name] = values
    found = reading.read(path)
    _assert_same(found, model)
    assert {"first/kernel", "norm/moving_mean", "look/key/bias"} <= set(found)
    whole = tmp_path / "whole.h5"
    with h5py.File(path) as old, h5py.File(whole, "w") as new:
        old.copy(old["/"], new, "model_weights")
        new["optimizer_weights/adam/first_momentum:0"] = np.zeros(9)
        new.attrs["model_config"] = "never read"
    again = reading.read(whole)
    assert set(again) == set(found)


@pytest.mark.parametrize("packing", [None, "gzip"])
@pytest.mark.parametrize("dtype", ["<f4", ">f4", "f8", "f2", "i8", "bool"])
def test_chunks_and_kinds(tmp_path, packing, dtype):
    generator = np.random.default_rng(0)
    values = (generator.uniform(-9, 9, (70, 33)) * 10).astype(dtype)
    with h5py.File(tmp_path / "w.h5", "w") as file:
        group = file.create_group("layer")
        group.create_dataset("kernel:0", data=values)
        group.create_dataset(
            "chunked:0", data=values, chunks=(16, 10), compression=packing
        )
        group.create_dataset(
            "none:0", data=values[:0], chunks=(16, 10), maxshape=(None, 33)
        )
    found = reading.read(tmp_path / "w.h5")
    for name in ("layer/kernel", "layer/chunked"):
        assert np.array_equal(found[name], values)
        wide = "float32" if dtype == "f2" else np.dtype(dtype).newbyteorder("=")
        assert found[name].dtype == wide
    assert found["layer/none"].shape == (0, 33)


def _external_link(file, folder):
    with h5py.File(folder / "other.h5", "w") as other:
        other["secret"] = np.ones(3)
    file["layer/kernel"] = h5py.ExternalLink("other.h5", "/secret")


def _soft_link(file, folder):
    file["layer/bias"] = np.ones(3)
    file["layer/kernel"] = h5py.SoftLink("/layer/bias")


def _circle(file, folder):
    file["layer/kernel"] = np.ones(3)
    file["layer/again"] = file["/"]


def _virtual(file, folder):
    with h5py.File(folder / "other.h5", "w") as other:
        other["secret"] = np.ones(3)
    layout = h5py.VirtualLayout((3,), "f8")
    layout[:] = h5py.VirtualSource(folder / "other.h5", "secret", (3,))
    file.create_virtual_dataset("kernel", layout)


def _external_storage(file, folder):
    (folder / "secret").write_bytes(bytes(24))
    file.create_dataset(
        "kernel", (3,), "f8", external=[(str(folder / "secret"), 0, 24)]
    )


def _other_filter(file, folder):
    file.create_dataset("kernel", data=np.ones((64, 64)), compression="lzf")


def _shuffled(file, folder):
    file.create_dataset(
        "kernel", data=np.ones((64, 64)), compression="gzip", shuffle=True
    )


def _text(file, folder):
    file["kernel"] = "text"


def _type(file, folder):
    file["kernel"] = np.dtype("f4")


def _nothing(file, folder):
    file["kernel"] = h5py.Empty("f4")


def _declared(file, folder):
    file.create_dataset("kernel", (1_000_000_000,), "f4")


def _declared_in_chunks(file, folder):
    file.create_dataset("kernel", (950_000_000,), "f4", compression="gzip")


def _partly_written(file, folder):
    made = file.create_dataset(
        "kernel", (10**6,), "f4", chunks=(10**5,), compression="gzip"
    )
    made[: 5 * 10**5] = np.random.default_rng(0).normal(size=5 * 10**5)


def _large_chunk(file, folder):
    made = file.create_dataset(
        "kernel",
        (4,),
        "f4",
        maxshape=(None,),
        chunks=(10**9,),
        compression="gzip",
    )
    assert made.chunks == (10**9,)


@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (_external_link, "a link .ExternalLink"),
        (_soft_link, "a link .SoftLink"),
        (_circle, "there twice"),
        (_virtual, "in other files"),
        (_external_storage, "in other files"),
        (_other_filter, "packed by b'lzf'"),
        (_shuffled, "packed by b'shuffle'"),
        (_text, "no numbers"),
        (_type, "no array"),
        (_nothing, "no shape"),
        (_declared, "declares 4,000,000,000 bytes and holds 0"),
        (_declared_in_chunks, "declares 3,800,000,000 bytes and holds 0"),
        (_partly_written, "lacks numbers"),
        (_large_chunk, "chunks of 4,000,000,000 bytes"),
    ],
)
def test_what_hdf5_can_do_and_must_not(tmp_path, make, reason):
    path = tmp_path / "w.h5"
    with h5py.File(path, "w") as file:
        make(file, tmp_path)
    with pytest.raises(IntegrityError, match=reason) as caught:
        reading.read(path)
    assert str(path) in str(caught.value)
    assert str(caught.value).isprintable()


def test_a_chunk_that_unpacks_to_more_is_cut_off(tmp_path):
    path = tmp_path / "w.h5"
    with h5py.File(path, "w") as file:
        made = file.create_dataset(
            "kernel", (1000,), "f4", chunks=(1000,), compression="gzip"
        )
        made.id.write_direct_chunk((0,), zlib.compress(bytes(3_000_000)))
    assert not reading.read(path)["kernel"].any()
    with h5py.File(path, "a") as file:
        file["kernel"].id.write_direct_chunk((0,), b"no deflate")
    with pytest.raises(IntegrityError, match="lacks numbers"):
        reading.read(path)
    with h5py.File(path, "a") as file:
        file["kernel"].id.write_direct_chunk((0,), zlib.compress(bytes(80)))
    with pytest.raises(IntegrityError, match="lacks numbers"):
        reading.read(path)


def test_too_many_bytes_for_the_model(tmp_path):
    path = tmp_path / "w.h5"
    with h5py.File(path, "w") as file:
        file["layer/kernel"] = np.ones(1000, "float32")
    assert reading.read(path, expected_bytes=3900)
    with pytest.raises(IntegrityError, match="4,000 bytes, expected at most"):
        reading.read(path, expected_bytes=3700)


def test_cut_and_empty_files(model, tmp_path):
    path = tmp_path / "m.weights.h5"
    model.save_weights(path)
    whole = path.read_bytes()
    for keep in (8, 100, len(whole) // 2, len(whole) - 1):
        path.write_bytes(whole[:keep])
        with pytest.raises(IntegrityError):
            reading.read(path)
    with h5py.File(path, "w") as file:
        file.create_group("layers/dense/vars")
    with pytest.raises(IntegrityError, match="no weights"):
        reading.read(path)


def test_archives_are_read_without_their_config(model, tmp_path):
    path, bad = tmp_path / "m.keras", tmp_path / "bad.keras"
    model.save(path)
    with zipfile.ZipFile(path) as archive:
        weights = archive.read("model.weights.h5")
    lambda_layer = json.dumps({"class_name": "Lambda", "module": "os"})
    for name, content in (
        ("config.json", lambda_layer),
        ("config.json", bytes(20_000_000)),
        ("../../outside", b"x"),
    ):
        with zipfile.ZipFile(bad, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr(name, content)
            archive.writestr("model.weights.h5", weights, 0)
        _assert_same(reading.read(bad), model)
    with zipfile.ZipFile(bad, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("model.weights.h5", bytes(20_000_000))
    with pytest.raises(IntegrityError, match="compressed"):
        reading.read(bad)
    data = bytearray(path.read_bytes())
    data[data.index(weights) + len(weights) // 2] ^= 1
    path.write_bytes(data)
    with pytest.raises(IntegrityError, match="Bad CRC-32"):
        reading.read(path)


@pytest.mark.parametrize("at", [8, 24])
@pytest.mark.parametrize("value", [0, 1, 2**63, 2**64 - 16])
def test_damaged_heaps_of_strings_are_found(model, tmp_path, at, value):
    # HDF5 itself loops for ever in some of them.
    path = tmp_path / "m.weights.h5"
    model.save_weights(path)
    data = bytearray(path.read_bytes())
    heap = data.index(b"GCOL")
    data[heap + at : heap + at + 8] = value.to_bytes(8, "little")
    path.write_bytes(data)
    with pytest.raises(IntegrityError, match=f"its heap at {heap:,}"):
        reading.read(path)
