"""The pickles inside PyTorch's files, read as data and never run.

Pickle is a small machine. This one knows the instructions that `torch.save`
writes for tensors in dicts, and nothing that imports, calls or builds
anything else: the few names a file may mention stand for functions of this
package. `pickle.Unpickler` would allocate what a file says (one instruction
of five bytes asks for 32 GB) and hash whatever it is given as a key.
"""

import pickletools

from zoo.weights.reading import limits
from zoo.weights.reading.torch_steps import STEPS
from zoo.weights.reading.torch_steps import Machine
from zoo.weights.reading.torch_views import Storage
from zoo.weights.reading.torch_views import Wrong

_FORM = "PyTorch"
_MAX_PICKLE = 4 << 20
# 24 a tensor.
_MAX_STEPS = 24 * limits.MAX_TENSORS


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
            raise Wrong(f"its pickle has more than {_MAX_PICKLE:,} bytes")
        return self._take(self._stream.read(size))

    def readline(self) -> bytes:
        return self._take(self._stream.readline(min(self._left, 1000)))


def interpret(stream, path):
    """Reads one pickle from where the stream stands.

    Args:
        stream: A binary file; afterwards it stands behind the pickle.
        path: For messages.

    Returns:
        What the pickle describes, with a `TensorView` for each tensor.

    Raises:
        IntegrityError: The pickle is damaged, or has something in it other
            than tensors, numbers, strings and containers of them.

    Example:

    ```python
    import io, pickle
    from zoo.weights.reading.torch_pickle import interpret

    data = pickle.dumps({"epoch": 3}, protocol=2)
    assert interpret(io.BytesIO(data), "example.pth") == {"epoch": 3}
    ```
    """
    return interpret_all(stream, path)[0]


def interpret_all(stream, path) -> tuple[object, dict[str, Storage]]:
    """Reads as `interpret` does; returns all storages that occur as well.

    Raises:
        IntegrityError: As for `interpret`.
    """
    machine = Machine()
    try:
        steps = pickletools.genops(_Bounded(stream))
        for number, (opcode, argument, _) in enumerate(steps):
            if number > _MAX_STEPS:
                raise Wrong(f"its pickle has more than {_MAX_STEPS:,} steps")
            if opcode.name == "STOP":
                return machine.pop(), machine.storages
            step = STEPS.get(opcode.name)
            if step is None:
                raise Wrong(machine.describe(opcode.name, argument))
            step(machine, argument)
    except Wrong as error:
        raise limits.refused(path, str(error)) from None
    except (ValueError, LookupError, TypeError, OverflowError) as error:
        raise limits.damaged(path, str(error)[:200], _FORM) from error
    raise limits.damaged(path, "its pickle does not end", _FORM)
