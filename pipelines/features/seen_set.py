"""A data set as a network sees it: what excites it, what is alike.

One pass over the pictures gives the vectors in front of the classifier and the
largest activation of each channel of a stage, under every backend that
`pipelines.evaluation.explanations` runs under.
"""

import dataclasses

import keras
import numpy as np
from keras import ops

import zoo
from pipelines.batches.evaluation_data import evaluation_data
from pipelines.data.examples import Examples
from pipelines.data.naming import naming_bad_pictures
from pipelines.evaluation.explanations.gradients import compiled
from pipelines.evaluation.explanations.stages import MappedStage
from pipelines.features.embedding import POOLED
from pipelines.features.embedding import below
from pipelines.features.neighbours import exact_neighbours
from pipelines.waiting.work import work

_BATCH = 64


@dataclasses.dataclass(frozen=True, eq=False)
class SeenSet:
    """Pictures, and what a network makes of them.

    Args:
        examples: The pictures.
        vectors: float32 `(pictures, width)`, in front of the classifier.
        peaks: float32 `(pictures, channels)`: the largest activation of each
            channel of a stage.
        stage: The name of that stage.
    """

    examples: Examples
    vectors: np.ndarray
    peaks: np.ndarray
    stage: str

    def exciting(self, channels: int, top: int) -> dict[int, np.ndarray]:
        """Returns which pictures excite a channel most.

        Args:
            channels: How many, those that differ most between pictures.
            top: How many pictures of each, the most exciting first.

        Returns:
            Places of pictures by the channel's number.
        """
        liveliest = np.argsort(-self.peaks.std(axis=0), kind="stable")
        return {
            channel: np.argsort(-self.peaks[:, channel], kind="stable")[:top]
            for channel in liveliest[:channels].tolist()
        }

    def nearest(self, vectors: np.ndarray, top: int) -> np.ndarray:
        """Returns the places of the pictures nearest to each of some vectors.

        Args:
            vectors: As the seen_set's own.
            top: How many, the nearest first.
        """
        return exact_neighbours(self.vectors, vectors, top).places


class Viewer:
    """Runs a network over pictures; it is compiled once.

    Args:
        model: A model of the zoo.
        stage: Whose channels are looked at.
    """

    def __init__(self, model, stage: MappedStage):
        self._record = zoo.preprocessing(model)
        self._stage = stage.name
        between = tuple(range(1, len(stage.output.shape) - 1))
        peaks = ops.max(ops.cast(stage.output, "float32"), axis=between)
        pooled = ops.cast(below(model, POOLED, True).output, "float32")
        part = keras.Model(model.input, [pooled, peaks])
        self._see = compiled(lambda pixels: part(pixels, training=False))

    def vectors(self, pixels: np.ndarray) -> np.ndarray:
        """Returns what it makes of pixels: float32 `(pictures, width)`."""
        return self._see(pixels)[0]

    @work("looking through the set", "picture")
    def seen_set(self, examples: Examples, progress=None) -> SeenSet:
        """Returns what it makes of a data set.

        Args:
            examples: Pictures that can be decoded.
            progress: Called with the numbers of pictures done and in all.

        Raises:
            DataError: A picture cannot be decoded; it is named.
        """
        size, count = min(_BATCH, len(examples)), len(examples)
        data = evaluation_data(examples, self._record, batch_size=size)
        parts = []
        with naming_bad_pictures(examples):
            for pixels, *_ in data.dataset:
                parts.append(self._see(pixels.numpy()))
                if progress:
                    progress(min(len(parts) * size, count), count)
        vectors, peaks = (
            np.concatenate(each)[:count] for each in zip(*parts, strict=True)
        )
        return SeenSet(examples, vectors, peaks, self._stage)
