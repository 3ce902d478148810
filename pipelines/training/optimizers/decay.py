"""Which variables weight decay is for."""


def decays(variable) -> bool:
    """Whether weight decay is for this variable: kernels, and only them.

    Biases and the scales and offsets of norms have one axis.
    """
    return len(variable.shape) > 1
