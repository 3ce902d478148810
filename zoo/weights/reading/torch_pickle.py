"""The pickles inside PyTorch's files, read as data and never run.

Pickle is a small machine. This one knows the instructions that `torch.save`
writes for tensors in dicts, and nothing that imports, calls or builds
anything else: the few names a file may mention stand for functions of this
module. `pickle.Unpickler` would allocate what a file says (one instruction
of five bytes asks for 32 GB) and hash whatever it is given as a key.
"""

import copyreg
import dataclasses
import math
import pickletools

import numpy as np

from zoo.weights.reading import arrays
from zoo.weights.reading import limits

_FORM = "PyTorch"
_MAX_PICKLE = 8 << 20
_MAX_STEPS = 500_000
_MAX_DIMENSIONS = 32
# What training scripts call the entry that holds the weights, in the order
# in which they are looked for.
_WRAPPERS = ("state_dict", "model_state_dict", "model", "module")
_MARK = object()


@dataclasses.dataclass(frozen=True, slots=True)
class Storage:
    """Numbers in a row, somewhere else in the file.

    Args:
        key: What the file calls it.
        kind: A dtype's name, or "bfloat16".
        count: How many numbers.
    """

    key: str
    kind: str
    count: int


@dataclasses.dataclass(frozen=True, slots=True)
class View:
    """A tensor: which numbers of a storage, in which order.

    Args:
        storage: Where the numbers are.
        offset: Of the first, in numbers.
        shape: Of the tensor.
        strides: In numbers, none negative.
    """

    storage: Storage
    offset: int
    shape: tuple[int, ...]
    strides: tuple[int, ...]


@dataclasses.dataclass(frozen=True, slots=True)
class _StorageType:
    kind: str


@dataclasses.dataclass(frozen=True, slots=True)
class _Function:
    call: object


class _Wrong(ValueError):
    """A reason to turn the file down, still without its name."""


class _Bounded:
    """What `pickletools` reads from, cut off after some bytes."""

    def __init__(self, stream):
        self._stream = stream
        self._left = _MAX_PICKLE

    def _take(self, data: bytes) -> bytes:
        self._left -= len(data)
        return data

    def read(self, size: int) -> bytes:
        if size > self._left:
            raise _Wrong(f"its pickle has more than {_MAX_PICKLE:,} bytes")
        return self._take(self._stream.read(size))

    def readline(self) -> bytes:
        return self._take(self._stream.readline(min(self._left, 1000)))


def load(stream, path):
    """Reads one pickle from where the stream stands.

    Args:
        stream: A binary file; afterwards it stands behind the pickle.
        path: For messages.

    Returns:
        What the pickle describes, with a `View` for each tensor.

    Raises:
        IntegrityError: The pickle is damaged, or has something in it other
            than tensors, numbers, strings and containers of them.

    Example:

    ```python
    import io, pickle
    from zoo.weights.reading.torch_pickle import load

    data = pickle.dumps({"epoch": 3}, protocol=2)
    assert load(io.BytesIO(data), "example.pth") == {"epoch": 3}
    ```
    """
    return load_with_storages(stream, path)[0]


def load_with_storages(stream, path) -> tuple[object, dict[str, Storage]]:
    """Reads as `load` does; returns all storages that occur as well.

    Raises:
        IntegrityError: As for `load`.
    """
    machine = _Machine()
    try:
        steps = pickletools.genops(_Bounded(stream))
        for number, (opcode, argument, _) in enumerate(steps):
            if number > _MAX_STEPS:
                raise _Wrong(f"its pickle has more than {_MAX_STEPS:,} steps")
            if opcode.name == "STOP":
                return machine.pop(), machine.storages
            step = _STEPS.get(opcode.name)
            if step is None:
                raise _Wrong(machine.describe(opcode.name, argument))
            step(machine, argument)
    except _Wrong as error:
        raise limits.refused(path, str(error)) from None
    except (ValueError, LookupError, TypeError, OverflowError) as error:
        raise limits.damaged(path, str(error)[:200], _FORM) from error
    raise limits.damaged(path, "its pickle does not end", _FORM)


class _Machine:
    """The state between two instructions."""

    def __init__(self):
        self.stack = []
        self.memo = {}
        self.storages = {}

    def push(self, value):
        self.stack.append(value)

    def pop(self):
        value = self.stack.pop()
        if value is _MARK:
            raise _Wrong("its pickle is out of step")
        return value

    def pop_to_mark(self) -> list:
        values = []
        while self.stack[-1] is not _MARK:
            values.append(self.stack.pop())
        self.stack.pop()
        return values[::-1]

    def describe(self, name: str, argument) -> str:
        """Says what an unknown instruction wanted."""
        wanted = ""
        if name == "STACK_GLOBAL":
            words = [word for word in self.stack if isinstance(word, str)]
            wanted = ".".join(word[:100] for word in words[-2:])
        elif name == "INST":
            wanted = str(argument)[:200].replace(" ", ".")
        elif name.startswith("EXT"):
            # The only table of these is Python's own.
            table = getattr(copyreg, "_inverted_registry", {})
            known = table.get(argument, ("extension", str(argument)))
            wanted = ".".join(known)
        wanted = f" (global {wanted})" if wanted else ""
        return (
            f"its pickle has the instruction {name}{wanted}, expected those "
            "of protocol 2, which torch.save writes"
        )


def _ignore(machine, argument):
    pass


def _mark(machine, argument):
    machine.push(_MARK)


def _constant(value):
    return lambda machine, argument: machine.push(value)


def _literal(machine, argument):
    machine.push(argument)


def _tuple(size: int):
    def step(machine, argument):
        values = [machine.pop() for _ in range(size)]
        machine.push(tuple(values[::-1]))

    return step


def _put(machine, argument):
    machine.memo[argument] = machine.stack[-1]


def _get(machine, argument):
    if argument not in machine.memo:
        raise _Wrong("its pickle is out of step")
    machine.push(machine.memo[argument])


def _extend(machine, values):
    target = machine.stack[-1]
    if not isinstance(target, list):
        raise _Wrong("its pickle appends to something that is no list")
    target.extend(values)


def _set_items(machine, values):
    target = machine.stack[-1]
    if not isinstance(target, dict):
        raise _Wrong("its pickle fills something that is no dict")
    _fill(target, values[::2], values[1::2])


def _fill(target, keys, values):
    for key, value in zip(keys, values, strict=True):
        # Hashing nested tuples can take for ever.
        if not isinstance(key, (str, int, float, type(None))):
            raise _Wrong("its pickle has a key that is no name or number")
        target[key] = value


def _global(machine, argument):
    value = _GLOBALS.get(argument)
    if value is None:
        name = str(argument)[:200].replace(" ", ".")
        raise _Wrong(f"its pickle names the global {name}")
    machine.push(value)


def _reduce(machine, argument):
    arguments, function = machine.pop(), machine.pop()
    if not isinstance(function, _Function) or type(arguments) is not tuple:
        raise _Wrong(
            "its pickle calls something of type "
            f"{type(function).__name__.strip('_')}"
        )
    machine.push(function.call(*arguments))


def _build(machine, argument):
    machine.pop()
    # An OrderedDict's own attributes: torch keeps version numbers in them.
    if not isinstance(machine.stack[-1], dict):
        raise _Wrong("its pickle changes the attributes of an object")


def _persistent(machine, argument):
    given = machine.pop()
    if type(given) is not tuple or not 5 <= len(given) <= 6:
        raise _Wrong("its pickle refers to something that is no storage")
    tag, form, key, _, count, *shared = given
    if (
        tag != "storage"
        or not isinstance(form, _StorageType)
        or not isinstance(key, str)
        or shared not in ([], [None])
        or not _are_sizes((count,))
    ):
        raise _Wrong("its pickle refers to something that is no storage")
    storage = Storage(key, form.kind, count)
    if machine.storages.setdefault(key, storage) != storage:
        raise _Wrong(f"storage {key[:50]!r} is described in two ways")
    machine.push(storage)


def _are_sizes(values) -> bool:
    return type(values) is tuple and all(
        type(value) is int and 0 <= value < 1 << 48 for value in values
    )


def _ordered_dict(items=()):
    target = {}
    if type(items) not in (list, tuple) or not all(
        type(item) in (list, tuple) and len(item) == 2 for item in items
    ):
        raise _Wrong("its pickle has an OrderedDict of something else")
    _fill(target, [key for key, _ in items], [value for _, value in items])
    return target


def _rebuild_tensor(storage, offset, shape, strides, *_) -> View:
    """Returns the view, if it stays inside of its storage.

    What follows the strides (requires_grad, hooks, metadata) is training's.
    """
    if not isinstance(storage, Storage):
        raise _Wrong("a tensor has no storage")
    if not (_are_sizes((offset,)) and _are_sizes(shape)):
        raise _Wrong("a tensor has an impossible offset or shape")
    if not _are_sizes(strides) or len(strides) != len(shape):
        raise _Wrong("a tensor has an impossible or negative stride")
    if (
        len(shape) > _MAX_DIMENSIONS
        or math.prod(max(side, 1) for side in shape) >> 48
    ):
        raise _Wrong(f"a tensor has an impossible shape of {len(shape)} sides")
    count = math.prod(shape)
    if count > storage.count:
        raise _Wrong(
            f"a tensor of {count:,} numbers is to come from a storage of "
            f"{storage.count:,}"
        )
    reach = sum(
        (side - 1) * step for side, step in zip(shape, strides, strict=True)
    )
    if offset + (reach + 1 if count else 0) > storage.count:
        raise _Wrong("a tensor reaches beyond the end of its storage")
    return View(storage, offset, shape, strides)


def _rebuild_parameter(view, *_) -> View:
    if not isinstance(view, View):
        raise _Wrong("a parameter has no tensor")
    return view


_GLOBALS = {
    "collections OrderedDict": _Function(_ordered_dict),
    "torch._utils _rebuild_tensor": _Function(_rebuild_tensor),
    "torch._utils _rebuild_tensor_v2": _Function(_rebuild_tensor),
    "torch._utils _rebuild_parameter": _Function(_rebuild_parameter),
    "torch BoolStorage": _StorageType("bool"),
    "torch ByteStorage": _StorageType("uint8"),
    "torch CharStorage": _StorageType("int8"),
    "torch ShortStorage": _StorageType("int16"),
    "torch IntStorage": _StorageType("int32"),
    "torch LongStorage": _StorageType("int64"),
    "torch HalfStorage": _StorageType("float16"),
    "torch BFloat16Storage": _StorageType(arrays.BFLOAT16),
    "torch FloatStorage": _StorageType("float32"),
    "torch DoubleStorage": _StorageType("float64"),
}

_STEPS = {
    "PROTO": _ignore,
    "MARK": _mark,
    "NONE": _constant(None),
    "NEWTRUE": _constant(True),
    "NEWFALSE": _constant(False),
    "EMPTY_TUPLE": _constant(()),
    "EMPTY_LIST": lambda machine, argument: machine.push([]),
    "EMPTY_DICT": lambda machine, argument: machine.push({}),
    "BININT": _literal,
    "BININT1": _literal,
    "BININT2": _literal,
    "LONG1": _literal,
    "BINFLOAT": _literal,
    "BINUNICODE": _literal,
    # Of protocol 4, to get as far as naming what it would import.
    "FRAME": _ignore,
    "SHORT_BINUNICODE": _literal,
    "MEMOIZE": lambda machine, argument: _put(machine, len(machine.memo)),
    # Strings of Python 2.
    "BINSTRING": _literal,
    "SHORT_BINSTRING": _literal,
    "TUPLE": lambda machine, argument: machine.push(
        tuple(machine.pop_to_mark())
    ),
    "TUPLE1": _tuple(1),
    "TUPLE2": _tuple(2),
    "TUPLE3": _tuple(3),
    "BINPUT": _put,
    "LONG_BINPUT": _put,
    "BINGET": _get,
    "LONG_BINGET": _get,
    "APPEND": lambda machine, argument: _extend(machine, [machine.pop()]),
    "APPENDS": lambda machine, argument: _extend(
        machine, machine.pop_to_mark()
    ),
    "SETITEM": lambda machine, argument: _set_items(
        machine, [machine.pop(), machine.pop()][::-1]
    ),
    "SETITEMS": lambda machine, argument: _set_items(
        machine, machine.pop_to_mark()
    ),
    "GLOBAL": _global,
    "REDUCE": _reduce,
    "BUILD": _build,
    "BINPERSID": _persistent,
}


def find_state(root, path) -> dict[str, View]:
    """Returns the tensors by name, out of whatever they are wrapped in.

    While the dict has an entry `state_dict`, `model_state_dict`, `model` or
    `module` that is a dict itself, that one is taken instead. What is no
    tensor there, such as an epoch or another dict, is left out.

    Raises:
        IntegrityError: No tensor is left.
    """
    for _ in range(len(_WRAPPERS)):
        if not isinstance(root, dict):
            break
        inner = [
            root[name] for name in _WRAPPERS if isinstance(root.get(name), dict)
        ]
        if not inner:
            break
        root = inner[0]
    views = {}
    if isinstance(root, dict):
        views = {
            name: value
            for name, value in root.items()
            if isinstance(name, str) and isinstance(value, View)
        }
    if not views:
        wrappers = ", ".join(_WRAPPERS)
        raise limits.damaged(
            path,
            "it has no dict of tensors, neither by itself nor under one of "
            + wrappers,
            _FORM,
        )
    return views


def read_views(views, read_storage, path, limit: int):
    """Reads the storages that are needed and returns the arrays by name.

    Tensors that share a storage in the file share memory here.

    Args:
        views: From `find_state`.
        read_storage: Returns the numbers of a `Storage`, in one dimension.
        path: For messages.
        limit: Of the bytes of all tensors and of all their storages.

    Raises:
        IntegrityError: They take more.
    """
    storages = {view.storage.key: view.storage for view in views.values()}
    for total in (
        sum(
            arrays.bytes_as_read(view.storage.kind, math.prod(view.shape))
            for view in views.values()
        ),
        sum(
            arrays.bytes_as_read(storage.kind, storage.count)
            for storage in storages.values()
        ),
    ):
        limits.check_total(path, total, limit)
    flat = {key: read_storage(storage) for key, storage in storages.items()}
    return {
        name: _strided(flat[view.storage.key], view)
        for name, view in views.items()
    }


def _strided(flat: np.ndarray, view: View) -> np.ndarray:
    count = math.prod(view.shape)
    if not count:
        return np.empty(view.shape, flat.dtype)
    # A stride along a side of one is never taken and may be anything.
    strides = [
        step * flat.itemsize if side > 1 else 0
        for side, step in zip(view.shape, view.strides, strict=True)
    ]
    values = np.lib.stride_tricks.as_strided(
        flat[view.offset :], view.shape, strides
    )
    if values.size == flat.size or values.flags.c_contiguous:
        return values
    # Loose numbers out of a large storage.
    return np.ascontiguousarray(values)
