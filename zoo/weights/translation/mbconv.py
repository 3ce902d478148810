"""How the three families of `zoo.mbconv` are called elsewhere.

A block's convolutions are named by what they do here; elsewhere by their
place in the block, and the block by its place in the network. So a row can
only be written down when all names of the model are known.
"""

import dataclasses
import re
from collections.abc import Callable
from collections.abc import Mapping
from collections.abc import Sequence

from zoo.weights.translation.names import name_variables
from zoo.weights.translation.names import torch_row
from zoo.weights.translation.tables import CONV
from zoo.weights.translation.tables import DENSE
from zoo.weights.translation.tables import DEPTHWISE
from zoo.weights.translation.tables import Row
from zoo.weights.translation.tables import Table
from zoo.weights.translation.tables import Tensors

_BLOCK = re.compile(r"(stage(\d+)_block(\d+))_(\w+)")
_AFTER = re.compile(r"stage(\d+)_(\w+)")
_ORDER = ("conv", "expand", "depthwise", "se_reduce", "se_expand", "project")


@dataclasses.dataclass(frozen=True)
class Block:
    """One inverted bottleneck, as far as names tell of it.

    Args:
        stage: Counted from 1.
        number: In its stage, counted from 1.
        index: In the network, counted from 0.
        parts: Its convolutions, in order.
    """

    stage: int
    number: int
    index: int
    parts: tuple[str, ...]


def find_blocks(names: Sequence[str]) -> dict[str, Block]:
    """Returns the blocks that tensors of these names make up, by name."""
    parts = {}
    for name in names:
        found = _BLOCK.fullmatch(name.partition("/")[0])
        if found:
            block, stage, number, part = found.groups()
            parts.setdefault((int(stage), int(number), block), set()).add(part)
    return {
        block: Block(
            stage, number, index, tuple(part for part in _ORDER if part in own)
        )
        for index, ((stage, number, block), own) in enumerate(
            sorted(parts.items())
        )
    }


def make_rows(
    around: Mapping[str, str],
    inside: Callable[[Block, str], str],
    row: Callable[[str, str, str], Row],
):
    """Makes a table's `rows`.

    Args:
        around: What the layers outside of the blocks are called there. The
            layers after the last block are `after1_…` and so on here;
            `{stages}` and `{blocks}` stand for the number of them, and
            `{next_stage}` and `{next_block}` for one more.
        inside: From a block, and the name of a layer of it such as
            `expand_bn`, to their name of the layer.
        row: From our name of a tensor, their name of the layer, and our
            name of it as above, to the row.
    """

    def rows(names):
        blocks = find_blocks(names)
        stages = max((block.stage for block in blocks.values()), default=0)
        counts = {
            "stages": stages,
            "blocks": len(blocks),
            "next_stage": stages + 1,
            "next_block": len(blocks) + 1,
        }
        found = []
        for name in names:
            layer = name.rpartition("/")[0]
            in_block = _BLOCK.fullmatch(layer)
            if in_block:
                layer = in_block[4]
                theirs = inside(blocks[in_block[1]], layer)
            else:
                layer = _relative(layer, stages)
                theirs = around.get(layer, layer).format(**counts)
            found.append(row(name, theirs, layer))
        return found

    return rows


def _relative(layer: str, stages: int) -> str:
    found = _AFTER.fullmatch(layer)
    return f"after{int(found[1]) - stages}_{found[2]}" if found else layer


_TORCH_KERNELS = {"depthwise": DEPTHWISE, "head_logits": DENSE}


def torch_tensor(name: str, theirs: str, layer: str) -> Row:
    """The row of a tensor for PyTorch's libraries."""
    return torch_row(name, theirs, _TORCH_KERNELS.get(layer, CONV))


def keras_tensor(name: str, theirs: str, layer: str) -> Row:
    """The row of a tensor for Keras."""
    return Row(name, f"{theirs}/{name.rpartition('/')[2]}")


def keras_names(tensors: Tensors) -> Tensors:
    """Calls variables as Keras 3 does; Keras 2 has `depthwise_kernel`."""
    return {
        name.replace("/depthwise_kernel", "/kernel"): tensor
        for name, tensor in name_variables(tensors).items()
    }


# By the convolutions of a block, without squeeze-and-excitation.
_TIMM = {
    ("conv",): ("conv",),
    ("expand", "project"): ("conv_exp", "conv_pwl"),
    ("depthwise", "project"): ("conv_dw", "conv_pw"),
    ("expand", "depthwise", "project"): ("conv_pw", "conv_dw", "conv_pwl"),
}
_SE = {"se_reduce": "conv_reduce", "se_expand": "conv_expand"}


def _timm_name(block: Block, layer: str) -> str:
    """The name of a block's layer in timm."""
    name = f"blocks.{block.stage - 1}.{block.number - 1}"
    if layer in _SE:
        return f"{name}.se.{_SE[layer]}"
    parts = tuple(part for part in block.parts if part not in _SE)
    place = parts.index(layer.removesuffix("_bn"))
    if layer.endswith("_bn"):
        return f"{name}.bn{place + 1}"
    return f"{name}.{_TIMM[parts][place]}"


def timm_table(
    family: str, marks: tuple[str, ...], around: Mapping[str, str]
) -> Table:
    """The table of a family in timm, which names all blocks alike.

    Args:
        family: Such as `"mobilenetv3"`.
        marks: As those of a `Table`.
        around: As for `make_rows`.
    """
    rows = make_rows(around, _timm_name, torch_tensor)
    return Table(family, "timm", marks, rows)


def torchvision_part(block: Block, layer: str) -> str:
    """The name of a block's layer in torchvision, without the block's."""
    # Squeeze-and-excitation is one module there.
    parts = [part for part in block.parts if part != "se_expand"]
    if layer in _SE:
        number = 1 if layer == "se_reduce" else 2
        return f"block.{parts.index('se_reduce')}.fc{number}"
    part = layer.removesuffix("_bn")
    return f"block.{parts.index(part)}.{int(part != layer)}"
