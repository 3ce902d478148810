"""What half precision asks of an optimizer."""

import keras


def in_precision(optimizer, precision: str):
    """Returns the optimizer, with a loss scale where float16 needs one.

    Gradients below 6e-8 are 0 in float16: the loss is scaled up, and steps
    that overflow are left out while the scale falls (Micikevicius et al.,
    "Mixed Precision Training", 2017, section 3.2). bfloat16 has the range of
    float32.

    Args:
        optimizer: A Keras optimizer.
        precision: A name out of `pipelines.runs.config.PRECISIONS`.
    """
    if precision != "float16":
        return optimizer
    return keras.optimizers.LossScaleOptimizer(optimizer)
