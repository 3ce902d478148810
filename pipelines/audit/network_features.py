"""What a pretrained network of the zoo makes of pictures."""

import dataclasses

import numpy as np
import tensorflow as tf

import zoo
from pipelines.batches.evaluation_data import evaluation_data
from pipelines.data.examples import Examples
from pipelines.data.naming import naming_bad_pictures
from pipelines.evaluation.extraction import Extractor
from pipelines.features.embedding import POOLED
from pipelines.features.embedding import below
from zoo.preprocessing import Preprocessing

SIDE = 64
_BATCH = 128


@dataclasses.dataclass(frozen=True)
class Network:
    """A pretrained network of the zoo.

    Args:
        model: A name in the zoo.
        weights: Which ones.
    """

    model: str = "resnet20"
    weights: str = "cifar10"


def features_of(
    examples: Examples, network: Network, progress=None
) -> np.ndarray:
    """Runs pictures through a network up to its classifier.

    Small, and whole rather than as evaluation crops them: what is wrong with
    a picture may be at its border.

    Args:
        examples: The pictures; all of them decodable.
        network: Which one.
        progress: Called with the numbers of pictures done and in all.

    Returns:
        float32 of shape `(examples, features)`.

    Raises:
        RequestError: There is no such model, or no such weights.
        DataError: A picture cannot be decoded.
    """
    model = zoo.create_model(
        network.model, weights=network.weights, input_shape=(SIDE, SIDE, 3)
    )
    record = Preprocessing(SIDE, crop_fraction=1.0)
    data = evaluation_data(examples, record, batch_size=_BATCH)
    extractor = Extractor(
        below(model, POOLED, pool=True), tf.distribute.get_strategy()
    )
    with naming_bad_pictures(examples):
        return extractor.run(data.dataset, len(examples), progress)
