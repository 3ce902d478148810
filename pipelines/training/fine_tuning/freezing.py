"""Freezing: which stages of a model learn, and at which rates.

A model is cut where learning begins: what lies below is frozen and computes
the same features for ever, what lies above learns from them.
"""

import keras

import zoo
from zoo.errors import RequestError


def freeze_below(
    model: keras.Model, stage: str, *, freeze_batch_norm: bool = False
) -> None:
    """Lets a stage and those above it learn, and nothing else.

    A frozen BatchNorm is in inference mode: neither its weights nor its
    moving statistics change. Each layer is frozen by its own flag, because
    Keras 3 overrides a `training=False` given while a model was built.

    Args:
        model: A model of the zoo.
        stage: The lowest stage that learns.
        freeze_batch_norm: Whether BatchNorm stays frozen in stages that
            learn, too. It lets very small batches learn, at rates about ten
            times lower.

    Raises:
        RequestError: The model has no such stage.
    """
    found = zoo.stages(model)
    names = [candidate.name for candidate in found]
    if stage not in names:
        raise RequestError(
            f"{model.name!r} has no stage {stage!r}. All: {', '.join(names)}."
        )
    for position, candidate in enumerate(found):
        learns = position >= names.index(stage)
        for layer in candidate.layers:
            norm = isinstance(layer, keras.layers.BatchNormalization)
            layer.trainable = learns and not (norm and freeze_batch_norm)


def stage_rates(model: keras.Model, decay: float) -> list[float]:
    """Returns what each trainable variable's rate is multiplied by.

    Layer-wise rate decay: Bao et al., "BEiT", 2021, appendix; here by stage.

    Args:
        model: A model of the zoo.
        decay: Of each stage against the one above it.
    """
    factors = {
        variable.path: decay**depth
        for depth, stage in enumerate(reversed(zoo.stages(model)))
        for layer in stage.layers
        for variable in layer.trainable_variables
    }
    return [factors[variable.path] for variable in model.trainable_variables]


def cut_at(
    model: keras.Model, stage: str, train_shape: tuple
) -> tuple[keras.Model, keras.Model, keras.Model]:
    """Cuts a model below a stage, for two sizes of pictures.

    All three share the model's layers. Call it in the strategy's scope.

    Args:
        model: A model of the zoo.
        stage: The lowest one above the cut.
        train_shape: Of the pictures to learn from.

    Returns:
        What is frozen, on pictures to learn from; what learns from its
        features; what makes logits of the features of pictures to judge by.

    Raises:
        RequestError: As `zoo.split` and `zoo.resized` say.
    """
    below, above = zoo.split(model, stage)
    frozen = zoo.resized(below, train_shape)
    return frozen, zoo.resized(above, frozen.output.shape[1:]), above
