"""Our own names of a ResNet's layers, taken apart."""

import re

_BLOCK = re.compile(r"stage(\d+)_block(\d+)_(\w+)")
_POST = re.compile(r"stage\d+_(post_\w+)")


def split_layer(layer: str) -> tuple[tuple[int, int] | None, str]:
    """Returns the numbers of stage and block, and the part of the block.

    Outside of the blocks there are no numbers, and the part is the layer;
    `stage4_post_bn`, after the last block, is `post_bn`.

    Example:

    ```python
    from zoo.weights.translation.resnet_names import split_layer
    assert split_layer("stage2_block3_conv1_bn") == ((2, 3), "conv1_bn")
    assert split_layer("stem_conv") == (None, "stem_conv")
    ```
    """
    block = _BLOCK.fullmatch(layer)
    if block:
        stage, number, part = block.groups()
        return (int(stage), int(number)), part
    post = _POST.fullmatch(layer)
    return None, post[1] if post else layer
