"""The instructions of pickle that `torch.save` writes, and what they do here.

None of them imports, calls or builds anything but what stands in this file.
"""

import copyreg
import dataclasses

from zoo.weights.reading import arrays
from zoo.weights.reading.torch_views import Storage
from zoo.weights.reading.torch_views import Wrong
from zoo.weights.reading.torch_views import are_sizes
from zoo.weights.reading.torch_views import rebuild_parameter
from zoo.weights.reading.torch_views import rebuild_tensor

_MARK = object()
_MAX_INDEX = 1 << 20


@dataclasses.dataclass(frozen=True, slots=True)
class _StorageType:
    kind: str


@dataclasses.dataclass(frozen=True, slots=True)
class _Function:
    call: object


class Machine:
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
            raise Wrong("its pickle is out of step")
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
        raise Wrong("its pickle is out of step")
    machine.push(machine.memo[argument])


def _extend(machine, values):
    target = machine.stack[-1]
    if not isinstance(target, list):
        raise Wrong("its pickle appends to something that is no list")
    target.extend(values)


def _set_items(machine, values):
    target = machine.stack[-1]
    if not isinstance(target, dict):
        raise Wrong("its pickle fills something that is no dict")
    _fill(target, values[::2], values[1::2])


def _fill(target, keys, values):
    for key, value in zip(keys, values, strict=True):
        # Hashing nested tuples can take for ever, and numbers can be chosen
        # so that they all meet in one place of a dict.
        if type(key) is not str and not _is_index(key):
            raise Wrong("its pickle has a key that is no name or number")
        target[key] = value


def _is_index(key) -> bool:
    """Whether it is a small whole number, as an optimizer counts tensors."""
    return type(key) is int and 0 <= key < _MAX_INDEX


def _global(machine, argument):
    value = _GLOBALS.get(argument)
    if value is None:
        name = str(argument)[:200].replace(" ", ".")
        raise Wrong(f"its pickle names the global {name}")
    machine.push(value)


def _reduce(machine, argument):
    arguments, function = machine.pop(), machine.pop()
    if not isinstance(function, _Function) or type(arguments) is not tuple:
        raise Wrong(
            "its pickle calls something of type "
            f"{type(function).__name__.strip('_')}"
        )
    machine.push(function.call(*arguments))


def _build(machine, argument):
    machine.pop()
    # An OrderedDict's own attributes: torch keeps version numbers in them.
    if not isinstance(machine.stack[-1], dict):
        raise Wrong("its pickle changes the attributes of an object")


def _persistent(machine, argument):
    given = machine.pop()
    if type(given) is not tuple or not 5 <= len(given) <= 6:
        raise Wrong("its pickle refers to something that is no storage")
    tag, form, key, _, count, *shared = given
    if (
        tag != "storage"
        or not isinstance(form, _StorageType)
        or not isinstance(key, str)
        or shared not in ([], [None])
        or not are_sizes((count,))
    ):
        raise Wrong("its pickle refers to something that is no storage")
    storage = Storage(key, form.kind, count)
    if machine.storages.setdefault(key, storage) != storage:
        raise Wrong(f"storage {key[:50]!r} is described in two ways")
    machine.push(storage)


def _ordered_dict(items=()):
    target = {}
    if type(items) not in (list, tuple) or not all(
        type(item) in (list, tuple) and len(item) == 2 for item in items
    ):
        raise Wrong("its pickle has an OrderedDict of something else")
    _fill(target, [key for key, _ in items], [value for _, value in items])
    return target


_GLOBALS = {
    "collections OrderedDict": _Function(_ordered_dict),
    "torch._utils _rebuild_tensor": _Function(rebuild_tensor),
    "torch._utils _rebuild_tensor_v2": _Function(rebuild_tensor),
    "torch._utils _rebuild_parameter": _Function(rebuild_parameter),
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

STEPS = {
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
