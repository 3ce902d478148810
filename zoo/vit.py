"""The Vision Transformer, small and base, with patches of 16 x 16 pixels.

Dosovitskiy et al., "An Image is Worth 16x16 Words: Transformers for Image
Recognition at Scale", 2020, table 1 (base); the small one from Touvron et
al., "Training data-efficient image transformers", 2020. Takes RGB pixels,
0…255, and returns float32 logits.

| variant   | channels | blocks | heads | MLP  |
|-----------|----------|--------|-------|------|
| `vit_s16` | 384      | 12     | 6     | 1536 |
| `vit_b16` | 768      | 12     | 12    | 3072 |

The stem cuts patches, puts a class token before them and adds the learned
position of each; `stage1` to `stage12` are one block each, and the last norm
belongs to `stage12`; the head sees the class token alone. As in the paper's
code: LayerNorm before each branch, with epsilon 1e-6; biases everywhere; the
exact GELU; pixels are scaled to x / 127.5 − 1. The code starts the head at
zero; here it starts at random, so that every weight learns from the first
step.
"""

import dataclasses
import functools
from typing import Unpack

import keras

from zoo import maps
from zoo.assembling import assemble
from zoo.building import ModelOptions
from zoo.building import builder
from zoo.compound_scaling import check_drop_path_rate
from zoo.errors import RequestError
from zoo.layers import ClassToken
from zoo.layers import DropPath
from zoo.layers import Logits
from zoo.layers import PatchTokens
from zoo.layers import SelfAttention
from zoo.preprocessing import PLUS_MINUS_ONE
from zoo.preprocessing import Preprocessing
from zoo.variants import find_variant
from zoo.weights.origins import Origin
from zoo.weights.position_embeddings import resample_position_embeddings

__all__ = [
    "VARIANTS",
    "ViT",
    "ViTSpec",
    "plan_blocks",
    "resample_position_embeddings",
]


@dataclasses.dataclass(frozen=True)
class ViTSpec:
    """One row of the paper's table 1.

    Args:
        name: The variant's name.
        channels: Width of a token.
        blocks: Their number.
        heads: Heads of each attention; divides the channels.
        mlp_ratio: How many times wider an MLP is inside.
        patch_size: Side of a patch, in pixels.
        image_size: The side of the pictures it is meant for, in pixels.
        classes: The number of classes it was published with.
    """

    name: str
    channels: int
    blocks: int
    heads: int
    mlp_ratio: int = 4
    patch_size: int = 16
    image_size: int = 224
    classes: int = 1000

    @property
    def preprocessing(self) -> Preprocessing:
        return Preprocessing(
            self.image_size,
            **PLUS_MINUS_ONE,
            crop_fraction=0.9,
            interpolation="bicubic",
        )


VARIANTS = {
    spec.name: spec
    for spec in (
        ViTSpec("vit_s16", channels=384, blocks=12, heads=6),
        ViTSpec("vit_b16", channels=768, blocks=12, heads=12),
    )
}


@dataclasses.dataclass(frozen=True)
class EncoderSpec:
    """One block, fully resolved: what the builder needs."""

    name: str
    channels: int
    heads: int
    hidden: int
    drop_path_rate: float


def plan_blocks(
    spec: ViTSpec, drop_path_rate: float = 0.0
) -> tuple[EncoderSpec, ...]:
    """Resolves a variant into its blocks, in order, without Keras.

    Args:
        spec: The variant.
        drop_path_rate: The rate of the last block; the first has 0.

    Raises:
        RequestError: `drop_path_rate` is not in [0, 1).

    Example:

    ```python
    from zoo.vit import VARIANTS, plan_blocks
    blocks = plan_blocks(VARIANTS["vit_b16"], drop_path_rate=0.1)
    assert blocks[-1].name == "stage12" and blocks[-1].hidden == 3072
    assert (blocks[0].drop_path_rate, blocks[-1].drop_path_rate) == (0, 0.1)
    ```
    """
    check_drop_path_rate(drop_path_rate)
    last = max(1, spec.blocks - 1)
    return tuple(
        EncoderSpec(
            f"stage{index + 1}",
            spec.channels,
            spec.heads,
            spec.channels * spec.mlp_ratio,
            drop_path_rate * (index / last),
        )
        for index in range(spec.blocks)
    )


@builder
def ViT(
    variant: str | ViTSpec = "vit_s16",
    *,
    drop_path_rate: float = 0.0,
    **options: Unpack[ModelOptions],
) -> keras.Model:
    """Builds a Vision Transformer.

    Both sides of `input_shape` are multiples of the patch's.

    Args:
        variant: A name out of `VARIANTS`, or a row of one's own.
        drop_path_rate: What the rate of stochastic depth grows to in the last
            block, in [0, 1).
        **options: See `zoo.building.ModelOptions`.

    Returns:
        A flat functional model: RGB 0…255 in, float32 logits out; without
        `include_top` the last block's tokens, the class token first.

    Example:

    ```python
    import numpy as np
    from zoo.vit import ViT, ViTSpec
    spec = ViTSpec("tiny", channels=32, blocks=2, heads=2, patch_size=8)
    model = ViT(spec, classes=5, input_shape=(32, 48, 3))
    assert model(np.zeros((1, 32, 48, 3), "uint8")).shape == (1, 5)
    ```
    """
    body = functools.partial(_body, drop_path_rate=drop_path_rate)
    return assemble(find_variant(VARIANTS, variant), body, _head, options)


def _body(x, spec: ViTSpec, origin: Origin, *, drop_path_rate: float):
    _check_sides(x.shape[1:3], spec.patch_size)
    x = maps.Conv2D(
        spec.channels,
        spec.patch_size,
        strides=spec.patch_size,
        kernel_initializer="lecun_normal",
        name="stem_patches",
    )(x)
    x = PatchTokens(name="stem_tokens")(x)
    blocks = plan_blocks(spec, drop_path_rate)
    for block in blocks:
        x = _mlp(_attention(x, block), block)
    return _norm(x, blocks[-1].name)


def _head(x, spec: ViTSpec, classes: int, activation):
    x = ClassToken(name="head_token")(x)
    return Logits(classes, activation=activation, name="head_logits")(x)


def _check_sides(sides, patch_size: int) -> None:
    if any(side is None or side % patch_size for side in sides):
        raise RequestError(
            f"A picture is cut into patches of {patch_size} pixels: expected "
            f"fixed sides that are multiples of {patch_size}. Received: "
            f"`input_shape={(*sides, 3)}`"
        )


def _norm(x, name):
    return keras.layers.LayerNormalization(epsilon=1e-6, name=f"{name}_norm")(x)


def _attention(x, block: EncoderSpec):
    name = f"{block.name}_attention"
    y = _norm(x, name)
    # Queries, keys and values start as three Glorot-uniform matrices.
    start = keras.initializers.VarianceScaling(2.0, "fan_avg", "uniform")
    y = keras.layers.Dense(
        3 * block.channels, kernel_initializer=start, name=f"{name}_qkv"
    )(y)
    y = SelfAttention(block.heads, name=f"{name}_heads")(y)
    y = keras.layers.Dense(block.channels, name=f"{name}_project")(y)
    return _add(x, y, block, name)


def _mlp(x, block: EncoderSpec):
    name = f"{block.name}_mlp"
    y = _norm(x, name)
    y = keras.layers.Dense(block.hidden, name=f"{name}_expand")(y)
    # "gelu" is the exact one, by the error function.
    y = keras.layers.Activation("gelu", name=f"{name}_gelu")(y)
    y = keras.layers.Dense(block.channels, name=f"{name}_project")(y)
    return _add(x, y, block, name)


def _add(x, y, block: EncoderSpec, name):
    if block.drop_path_rate:
        y = DropPath(block.drop_path_rate, name=f"{name}_drop_path")(y)
    return keras.layers.Add(name=f"{name}_add")([x, y])
