"""Maps of the pictures that a report shows: where its answer is seen."""

import numpy as np

import zoo
from pipelines.data.examples import Examples
from pipelines.evaluation.explanations.explaining import explain
from pipelines.evaluation.explanations.network import ExplainedNetwork
from pipelines.evaluation.explanations.pictures import as_uri
from pipelines.evaluation.explanations.pictures import overlay
from pipelines.evaluation.explanations.pictures import seen_pictures
from pipelines.evaluation.explanations.targets import Target


class ReportMaps:
    """Draws the maps of some pictures, as `Judged.drawn` has it.

    They are Grad-CAM of the likeliest class, laid over what the network sees.

    Args:
        model: A model of the zoo, of one class a picture.
        examples: Pictures that can be decoded.

    Attributes:
        overlays: All that have been drawn, uint8 `(height, width, 3)`.

    Raises:
        RequestError: The model has no stage with a map.
    """

    def __init__(self, model, examples: Examples):
        self._network = ExplainedNetwork(model)
        self._examples = examples
        self.overlays: list[np.ndarray] = []

    def __call__(self, places: list[int]) -> list[str]:
        """Returns the maps of some pictures as data URIs.

        Args:
            places: Which pictures.
        """
        if not places:
            return []
        network, examples = self._network, self._examples
        record = zoo.preprocessing(network.model)
        encoded = examples.encoded(places)
        pixels = seen_pictures(encoded, record, examples.upright)
        target = Target(network.logits(pixels).argmax(axis=1))
        maps = explain(network, pixels, target)["grad_cam"]
        new = [
            overlay(picture, drawn)
            for picture, drawn in zip(pixels, maps, strict=True)
        ]
        self.overlays += new
        return [as_uri(each) for each in new]
