"""Rates of their own for some variables."""


def with_rates(optimizer, variables, factors):
    """Builds an optimizer in which variables have rates of their own.

    The *update* is scaled, not the gradient, which Adam and its kind would
    take back by dividing by it.

    Args:
        optimizer: A Keras optimizer that is not built yet, changed in place;
            its update is proportional to the rate, as in all of Keras's and
            ours. A `LossScaleOptimizer` may be around it.
        variables: What it is built for.
        factors: What each variable's rate is multiplied by.

    Returns:
        The same optimizer.

    Example:

    ```python
    import keras
    from pipelines.training.optimizers import with_rates
    slow, fast = keras.Variable([0.0]), keras.Variable([0.0])
    adam = with_rates(keras.optimizers.Adam(0.1), [slow, fast], [0.5, 1])
    adam.apply([keras.ops.ones(1), keras.ops.ones(1)])
    assert abs(float(slow[0]) / float(fast[0]) - 0.5) < 1e-6
    ```
    """
    variables, factors = list(variables), tuple(factors)
    optimizer.build(variables)
    inner = getattr(optimizer, "inner_optimizer", optimizer)
    update_step = inner.update_step

    def scaled(gradient, variable, learning_rate):
        # As Keras's own optimizers find the slots of a variable.
        factor = factors[inner._get_variable_index(variable)]
        update_step(gradient, variable, learning_rate * factor)

    inner.update_step = scaled
    return optimizer
