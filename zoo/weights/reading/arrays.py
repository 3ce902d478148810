"""Numbers out of a stream into arrays, with no second copy of them."""

import numpy as np

BFLOAT16 = "bfloat16"
_WIDENED = (BFLOAT16, "float16")
_PIECE = 1 << 20


def item_size(kind: str) -> int:
    """Returns the bytes of one number in the file."""
    return 2 if kind == BFLOAT16 else np.dtype(kind).itemsize


def dtype_as_read(kind: str) -> np.dtype:
    """Returns what a kind becomes: 16-bit floats become float32."""
    return np.dtype("float32" if kind in _WIDENED else kind)


def bytes_as_read(kind: str, count: int) -> int:
    """Returns what `count` numbers take in memory."""
    return dtype_as_read(kind).itemsize * count


def widen_bfloat16(values: np.ndarray) -> np.ndarray:
    """Returns the float32 values of bfloat16 given as uint16.

    ```python
    import numpy as np
    from zoo.weights.reading.arrays import widen_bfloat16

    one = widen_bfloat16(np.array([0x3F80], "uint16"))
    assert one == 1 and one.dtype == "float32"
    ```
    """
    return (values.astype("uint32") << 16).view("float32")


def read_array(stream, kind: str, count: int) -> np.ndarray:
    """Reads `count` little-endian numbers, in one dimension.

    Args:
        stream: Has `readinto`.
        kind: A dtype's name, or "bfloat16".
        count: Checked by the caller against what the file holds.

    Raises:
        EOFError: The stream ends before that.
    """
    values = np.empty(count, dtype_as_read(kind))
    if kind not in _WIDENED:
        stored = values.view(values.dtype.newbyteorder("<"))
        _fill(stream, stored.view("uint8"))
        if kind == "bool":
            # A byte of 2 is no bool that NumPy knows how to treat.
            np.minimum(values.view("uint8"), 1, out=values.view("uint8"))
        elif not stored.dtype.isnative:
            values[:] = stored
        return values
    piece = np.empty(min(count, _PIECE), "<u2")
    for start in range(0, count, _PIECE):
        part = piece[: count - start]
        _fill(stream, part.view("uint8"))
        values[start : start + len(part)] = (
            widen_bfloat16(part) if kind == BFLOAT16 else part.view("<f2")
        )
    return values


def _fill(stream, octets: np.ndarray) -> None:
    done = 0
    while done < len(octets):
        read = stream.readinto(octets[done : done + _PIECE].data)
        if not read:
            missing = len(octets) - done
            raise EOFError(f"{missing:,} bytes of a tensor are missing")
        done += read
