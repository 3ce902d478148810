"""PyTorch's tensors: which numbers of which storage they are."""

import dataclasses
import math

import numpy as np

from zoo.weights.reading import arrays
from zoo.weights.reading import limits

_FORM = "PyTorch"
_MAX_DIMENSIONS = 32
# What training scripts call the entry that holds the weights, in the order
# in which they are looked for.
_WRAPPERS = ("state_dict", "model_state_dict", "model", "module")


class Wrong(ValueError):
    """A reason to turn a file down, still without the file's name."""


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
class TensorView:
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


def are_sizes(values) -> bool:
    """Whether it is a tuple of whole numbers from 0 to what an array has."""
    return type(values) is tuple and all(
        type(value) is int and 0 <= value < 1 << 48 for value in values
    )


def rebuild_tensor(storage, offset, shape, strides, *_) -> TensorView:
    """Returns the view, if it stays inside of its storage.

    What follows the strides (requires_grad, hooks, metadata) is training's.

    Raises:
        Wrong: It does not, or is no tensor at all.
    """
    if not isinstance(storage, Storage):
        raise Wrong("a tensor has no storage")
    if not (are_sizes((offset,)) and are_sizes(shape)):
        raise Wrong("a tensor has an impossible offset or shape")
    if not are_sizes(strides) or len(strides) != len(shape):
        raise Wrong("a tensor has an impossible or negative stride")
    if (
        len(shape) > _MAX_DIMENSIONS
        or math.prod(max(side, 1) for side in shape) >> 48
    ):
        raise Wrong(f"a tensor has an impossible shape of {len(shape)} sides")
    count = math.prod(shape)
    if count > storage.count:
        raise Wrong(
            f"a tensor of {count:,} numbers is to come from a storage of "
            f"{storage.count:,}"
        )
    reach = sum(
        (side - 1) * step for side, step in zip(shape, strides, strict=True)
    )
    if offset + (reach + 1 if count else 0) > storage.count:
        raise Wrong("a tensor reaches beyond the end of its storage")
    return TensorView(storage, offset, shape, strides)


def rebuild_parameter(view, *_) -> TensorView:
    """Returns the view that a parameter is.

    Raises:
        Wrong: It is something else.
    """
    if not isinstance(view, TensorView):
        raise Wrong("a parameter has no tensor")
    return view


def find_state(root, path) -> dict[str, TensorView]:
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
            if isinstance(name, str) and isinstance(value, TensorView)
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


def _strided(flat: np.ndarray, view: TensorView) -> np.ndarray:
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
