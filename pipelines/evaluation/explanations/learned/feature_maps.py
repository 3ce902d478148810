"""What each stage of a network makes of a picture, as pictures."""

import keras
import numpy as np

from pipelines.evaluation.explanations.stages import mapped_stages

# Of each stage, those whose maps differ most from place to place.
CHANNELS = 8


def feature_maps(
    model, picture: np.ndarray
) -> dict[str, list[tuple[int, np.ndarray]]]:
    """Returns the liveliest maps of every stage.

    Args:
        model: A model of the zoo.
        picture: `(height, width, 3)`, RGB, 0…255.

    Returns:
        By the stage's name: numbers of channels, and their maps as uint8
            `(map height, map width)`, each from its least to its most; the
            channel whose map varies most first.

    Raises:
        RequestError: The model has no stage with a map.

    Example:

    ```python
    import numpy as np, zoo
    from pipelines.evaluation.explanations.learned.feature_maps import (
        feature_maps)
    found = feature_maps(
        zoo.create_model("resnet20"), np.zeros((32, 32, 3), "uint8"))
    assert list(found) == ["stem", "stage1", "stage2", "stage3"]
    ```
    """
    stages = mapped_stages(model)
    part = keras.Model(model.input, [stage.output for stage in stages])
    # Once, which is not worth compiling it.
    outputs = part(picture[np.newaxis], training=False)
    found = {}
    for stage, output in zip(stages, outputs, strict=True):
        features = keras.ops.convert_to_numpy(output).astype("float32")
        maps = stage.as_map(features)[0]
        liveliest = np.argsort(-maps.std(axis=(0, 1)), kind="stable")
        found[stage.name] = [
            (channel, _grey(maps[..., channel]))
            for channel in liveliest[:CHANNELS].tolist()
        ]
    return found


def _grey(values: np.ndarray) -> np.ndarray:
    least, most = values.min(), values.max()
    scaled = (values - least) / (most - least) if most > least else 0 * values
    return (255 * scaled).round().astype("uint8")
