"""What every builder of the zoo does with its options."""

import keras

from zoo.blocks import pixel_input
from zoo.building import ModelOptions
from zoo.weights import Pretrained


def assemble(spec, body, head, options: ModelOptions) -> keras.Model:
    """Builds a model: pixels, their scaling, body, head; and loads weights.

    Args:
        spec: The variant's row, which has a `name`, the number of `classes`
            that it was published with and its `preprocessing`.
        body: From the scaled pixels, the row and the `Origin` of the weights
            to features.
        head: From features, the row, the number of classes and the name of an
            activation to logits.
        options: All of `ModelOptions`.

    Returns:
        A flat functional model: RGB 0…255 in, float32 logits out.

    Raises:
        RequestError: See `ModelOptions`.
        IntegrityError: Likewise.
    """
    pretrained = Pretrained.find(
        spec.name,
        options["weights"],
        classes=options["classes"],
        default_classes=spec.classes,
        preprocessing=spec.preprocessing,
        origin=options["origin"],
    )
    pixels, x = pixel_input(
        options["input_shape"] or pretrained.input_shape,
        options["preprocessing"] or pretrained.preprocessing,
    )
    x = body(x, spec, pretrained.origin)
    if options["include_top"]:
        activation = options["classifier_activation"]
        x = head(x, spec, pretrained.classes, activation)
    model = keras.Model(pixels, x, name=options["name"] or spec.name)
    return pretrained.load_into(model)
