"""What the tests of weights build on: files of others, made by hand."""

import pickle
import struct
import types
import zipfile

import numpy as np
import pytest
import safetensors.numpy

from zoo import efficientnet
from zoo import resnet
from zoo.weights import translation
from zoo.weights.files import variable_names

MAGIC = 0x1950A86A20F9469CFC6C


def _word(text):
    data = text.encode()
    return b"X" + struct.pack("<I", len(data)) + data


def _number(value):
    return pickle.dumps(value, 2)[2:-1]


def _tuple(*parts):
    return b"(" + b"".join(parts) + b"t"


def _name(module, name):
    return f"c{module}\n{name}\n".encode()


def _storage(key, count, kind="Float"):
    return (
        _tuple(
            _word("storage"),
            _name("torch", f"{kind}Storage"),
            _word(key),
            _word("cpu"),
            _number(count),
        )
        + b"Q"
    )


def _tensor(storage, offset, shape, strides):
    return (
        _name("torch._utils", "_rebuild_tensor_v2")
        + _tuple(
            storage,
            _number(offset),
            _tuple(*map(_number, shape)),
            _tuple(*map(_number, strides)),
            b"\x89",
            _name("collections", "OrderedDict") + b")R",
        )
        + b"R"
    )


def _dict(**parts):
    """An OrderedDict with attributes, as `state_dict()` returns it."""
    items = b"".join(_word(name) + part for name, part in parts.items())
    version = _dict_of(_word("version") + _number(1))
    metadata = b"}" + _word("_metadata") + version + b"sb"
    return (
        _name("collections", "OrderedDict") + b")R(" + items + b"u" + metadata
    )


def _dict_of(items):
    return b"}(" + items + b"u"


def _zip(path, body, storages=(), extra=(), packed=()):
    """Writes the format since 1.6; `body` is the pickle without its end."""
    with zipfile.ZipFile(path, "w") as archive:
        members = {
            "data.pkl": b"\x80\x02" + body + b".",
            "byteorder": b"little",
            **{f"data/{key}": data for key, data in dict(storages).items()},
            **dict(extra),
        }
        for name, data in members.items():
            way = zipfile.ZIP_DEFLATED if name in packed else 0
            archive.writestr(f"net/{name}", data, compress_type=way)
    return path


def _legacy(path, body, storages=(), item=4):
    """Writes the format before 1.6."""
    system = {"protocol_version": 1001, "little_endian": True}
    with open(path, "wb") as file:
        for value in (MAGIC, 1001, system):
            pickle.dump(value, file, 2)
        file.write(b"\x80\x02" + body + b".")
        pickle.dump(list(dict(storages)), file, 2)
        for data in dict(storages).values():
            file.write(struct.pack("<q", len(data) // item) + data)
    return path


def _write(layout, path, body, storages=()):
    return {"zip": _zip, "legacy": _legacy}[layout](path, body, storages)


@pytest.fixture(scope="session")
def by_hand():
    """The parts of a pickle, and the two kinds of files around them."""
    return types.SimpleNamespace(
        word=_word,
        number=_number,
        tuple=_tuple,
        name=_name,
        storage=_storage,
        tensor=_tensor,
        dict=_dict,
        zip=_zip,
        legacy=_legacy,
        write=_write,
    )


_BASIC = resnet.ResNetSpec(
    "resnet18",
    repeats=(1, 1, 1, 1),
    bottleneck=False,
    widths=(4, 4, 8, 8),
    image_size=32,
    classes=5,
)


def _fill(model, seed=0):
    """Gives every weight a value, also BatchNorm's variances."""
    generator = np.random.default_rng(seed)
    for variable in variable_names(model).values():
        variable.assign(generator.uniform(0.5, 1.5, variable.shape))
    return model


def _values(model):
    return {
        key: np.array(variable)
        for key, variable in variable_names(model).items()
    }


def _unchanged(model, before):
    return all(
        np.array_equal(before[key], value)
        for key, value in _values(model).items()
    )


def _as_theirs(model, family, library):
    """The model's tensors under another library's names."""
    table = next(
        table
        for table in translation.TABLES
        if (table.family, table.library) == (family, library)
    )
    return {
        name: np.ascontiguousarray(tensor)
        for name, tensor in translation.to_theirs(table, _values(model)).items()
    }


@pytest.fixture(scope="session")
def fill():
    return _fill


@pytest.fixture(scope="session")
def values():
    return _values


@pytest.fixture(scope="session")
def unchanged():
    return _unchanged


@pytest.fixture(scope="session")
def as_theirs():
    return _as_theirs


@pytest.fixture
def torchvision(tmp_path):
    """A ResNet, and its file with torchvision's names."""
    model = _fill(resnet.ResNet(_BASIC))
    path = tmp_path / "net.safetensors"
    tensors = _as_theirs(model, "resnet", "torchvision")
    tensors["bn1.num_batches_tracked"] = np.asarray(7)
    safetensors.numpy.save_file(tensors, path)
    return types.SimpleNamespace(
        spec=_BASIC, model=model, path=path, tensors=tensors
    )


@pytest.fixture
def mobile(tiny):
    """Builds a small EfficientNet for an origin."""

    def build(origin=None, **arguments):
        spec = efficientnet.EfficientNetSpec(
            "efficientnet_b0", efficientnet.compound_scaling(phi=-4)
        )
        return efficientnet.EfficientNet(
            spec,
            classes=5,
            input_shape=(32, 32, 3),
            origin=origin,
            **arguments,
        )

    return build
